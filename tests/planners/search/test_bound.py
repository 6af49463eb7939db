"""The bound, and the plans below it, against every order that there is."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planners import greedy, optimal
from planners.problem.build import build_problem
from planners.search.bound import expected_bound, upper_bound
from planners.skymaps.circles import circle_skymap
from telescopes import ZTF
from tests.planners.cases import (
    NIGHTS,
    few_fields,
    request_for,
    requests,
    skymaps,
    whole_sky,
)
from tests.planners.checker import _turn


def overhead(telescope, before, after, coord):
    """Between two (field, filter), by the checker's rules."""
    facts = telescope.overheads
    east = abs((coord[before[0]].ra.deg - coord[after[0]].ra.deg + 180) % 360 - 180)
    north = abs(coord[before[0]].dec.deg - coord[after[0]].dec.deg)
    slew = float(max(_turn(facts.hour_angle_axis, east), _turn(facts.declination_axis, north)))
    slew += facts.mount_settle.to_value(u.s) if slew > 0 else 0
    need = max(facts.readout.to_value(u.s), slew)
    return need + (facts.filter_exchange.to_value(u.s) if before[1] != after[1] else 0)


def finished_sets(telescope, coord, request):
    """Every set of fields that some order of exposures finishes within the window."""
    length = (request.end - request.start).to_value(u.s)
    gap = request.minimum_gap.to_value(u.s)
    exposing = {name: t.to_value(u.s) for name, t in request.exposure_time.items()}
    visits = [(field, k) for field in range(len(coord)) for k in range(len(request.filters))]
    step = {
        (a, b): overhead(telescope, a, b, coord)
        for a in itertools.product(range(len(coord)), request.filters)
        for b in itertools.product(range(len(coord)), request.filters)
    }
    nights = set()

    def go_on(end, last, started):
        nights.add(
            frozenset(
                field
                for field in range(len(coord))
                if all((field, k) in started for k in range(len(request.filters)))
            )
        )
        for visit in visits:
            if visit in started:
                continue
            field, name = visit[0], request.filters[visit[1]]
            ready = 0.0 if last is None else end + step[last, (field, name)]
            own = [start for (other, _), start in started.items() if other == field]
            start = max([ready, *(earlier + gap for earlier in own)])
            if start + exposing[name] <= length:
                go_on(start + exposing[name], (field, name), {**started, visit: start})

    go_on(0.0, None, {})
    return nights


@given(
    seed=st.integers(0, 10**6),
    minutes=st.floats(2, 14),
    gap=st.sampled_from((0, 3, 6)),
    filters=st.sampled_from((("r",), ("g", "r"), ("r", "r"))),
    exposure=st.sampled_from((30, 90)),
)
@settings(max_examples=40, derandomize=True)
def test_no_order_covers_more_than_the_bound(seed, minutes, gap, filters, exposure):
    # At two hours past midnight in winter, the middle of the map stands near the zenith.
    start = NIGHTS[1] + 7.5 * u.hour
    random = np.random.default_rng(seed)
    grid = ZTF.read_grid()
    center = SkyCoord(120 * u.deg, 33 * u.deg)
    near = np.flatnonzero(grid.coord.separation(center) < 12 * u.deg)
    chosen = random.choice(near, 4 if len(filters) == 1 else 3, replace=False)
    telescope = few_fields(ZTF, grid.field_id[chosen])
    middle = telescope.read_grid().coord[0]
    skymap = circle_skymap(middle.ra, middle.dec, random.uniform(2, 10) * u.deg, 0.9)
    request = request_for(start, minutes / 60, filters, exposure, minimum_gap=gap * u.min)
    problem = build_problem(skymap, telescope, request)
    place = {int(field): i for i, field in enumerate(problem.field_id)}
    coord = telescope.read_grid().coord
    index = [place.get(int(field), -1) for field in telescope.read_grid().field_id]
    best = 0.0
    for finished in finished_sets(telescope, coord, request):
        fields = np.array([index[k] for k in finished if index[k] >= 0], dtype=np.int64)
        covered = problem.atoms.covered(fields)
        best = max(best, float(problem.atoms.probability[covered].sum()))
    bound = upper_bound(problem)
    assert bound >= best - 1e-6
    # The same if some fields are known by nothing but what they could cover at the most.
    kept = telescope.read_grid().field_id[: 1 + seed % 2]
    some = build_problem(skymap, few_fields(ZTF, kept), request)
    others = ~np.isin(problem.field_id, kept)
    neglected = np.sort(problem.atoms.field_probability[others])[::-1]
    assert upper_bound(replace(some, neglected=neglected)) >= best - 1e-6
    plans = [planner.plan(skymap, telescope, request) for planner in (optimal, greedy)]
    reached = [plan.statistics["probability_all_filters"] for plan in plans]
    assert reached[0] <= best + 1e-4
    assert reached[0] >= reached[1] - 1e-9


@settings(max_examples=25, derandomize=True, suppress_health_check=list(HealthCheck))
@given(skymap=skymaps(), request=requests(longest=3.0), few=st.integers(1, 40))
def test_it_does_not_matter_with_which_programs_the_bound_begins(skymap, request, few):
    problem = build_problem(skymap, ZTF, request)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("planners.search.bound._FIRST", few)
        begun_with_few = upper_bound(problem)
        patch.setattr("planners.search.bound._FIRST", 10**6)
        begun_with_all = upper_bound(problem)
    # Atoms of less than 1e-7 count as covered where a program that is looked at covers them.
    assert begun_with_few == pytest.approx(begun_with_all, abs=2e-4)


def test_what_is_left_out_takes_time_from_the_others():
    problem = build_problem(whole_sky(), ZTF, request_for(NIGHTS[1], 12))
    bound = upper_bound(problem)
    little = np.full(200, 0.2 * bound / 200)
    with_little = upper_bound(replace(problem, neglected=little))
    assert bound - 1e-9 <= with_little < bound + 0.5 * little.sum()
    much = np.full(200, 2 * bound / 200)
    assert upper_bound(replace(problem, neglected=much)) > 1.2 * bound


def test_the_bound_is_no_more_than_is_up():
    skymap = circle_skymap(120 * u.deg, -80 * u.deg, 5 * u.deg, 0.9)
    problem = build_problem(skymap, ZTF, request_for(NIGHTS[1], 12))
    assert upper_bound(problem) < 1e-5


def test_no_time_for_the_exchange_is_time_for_nothing():
    request = request_for(NIGHTS[0] + 2 * u.hour, 1 / 60, minimum_gap=0 * u.min)
    plan = optimal.plan(whole_sky(), ZTF, request)
    assert plan.statistics["probability_all_filters"] == 0
    assert plan.statistics["upper_bound"] < 1e-5


@settings(max_examples=15, derandomize=True, suppress_health_check=list(HealthCheck))
@given(skymap=skymaps(), request=requests(longest=3.0))
def test_no_plan_is_expected_to_cover_more_than_its_bound(skymap, request):
    problem = build_problem(skymap, ZTF, request)
    limit = expected_bound(problem, 8)
    for planner in (optimal, greedy):
        figures = planner.plan(skymap, ZTF, request).statistics
        assert figures["expected_probability"] <= limit + 1e-9
    assert limit <= upper_bound(problem) + 1e-9
    # The finer the steps, the closer.
    assert expected_bound(problem, 16) <= limit + 1e-9


def test_where_nothing_interrupts_a_night_what_is_expected_is_what_is_covered():
    skymap = circle_skymap(120 * u.deg, 33 * u.deg, 9 * u.deg, 0.9)
    problem = build_problem(skymap, ZTF, request_for(NIGHTS[1], 12, interruption_rate=0 / u.h))
    assert expected_bound(problem, 4) == pytest.approx(upper_bound(problem))
