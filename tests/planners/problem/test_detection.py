"""Plans to detect a source: known answers, drawn sources, and what they fall back to."""

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
from planners.detection import DustMap, source_model
from planners.detection.dust import DustLayer
from planners.geometry.directions import sky_coord
from planners.geometry.polygons import cell_centers
from planners.geometry.ranges import Ranges, hpx29
from planners.problem.build import build_problem
from planners.problem.detected import as_fields, detection_probability
from planners.problem.requests import RequestInvalid
from planners.problem.scheduler import ExposureScheduler, RobotState
from planners.registry import PLANNERS
from planners.search.bound import CoverageBound
from planners.skymaps.skymap import SkyMap
from telescopes import TELESCOPES, ZTF
from telescopes.observing_plan import ExecutedExposure
from tests.planners.cases import NIGHTS, blob, few_fields, request_for
from tests.planners.checker import violations
from tests.planners.oracles import detector_ranges, ligo_skymap

ROUNDING = 1e-9


class Clear:
    """A Galaxy without dust."""

    title = "nothing"

    def at(self, coord):
        return np.zeros(coord.shape)


def with_distance(skymap, distmu, distsigma):
    """A map whose lines of sight have distances, Mpc; one for all or one for each range."""
    n = len(skymap.lo)
    distance = tuple(np.broadcast_to(np.asarray(each, dtype=float), n) for each in (
        distmu, distsigma, 1.0
    ))  # fmt: skip
    return SkyMap.normalized((skymap.lo, skymap.hi), skymap.density, distance)


def detecting(hours=4, source="kilonova", **more):
    return request_for(NIGHTS[1], hours, objective="detection", source=source, **more)


def test_with_one_distance_and_one_depth_it_is_the_coverage_of_what_is_within_reach():
    round_one = blob(60.0, 30.0, 6)
    middle = (round_one.lo + round_one.hi) // 2
    east = hpx29(SkyCoord(60 * u.deg, 30 * u.deg)) < middle
    # Half of it is 40 Mpc away, and half far out of reach.
    skymap = with_distance(round_one, np.where(east, 40.0, 4000.0), np.where(east, 0.04, 4.0))
    plan = optimal.plan(skymap, ZTF, detecting(source="flat", reddening=Clear()))
    near = SkyMap.normalized((skymap.lo[east], skymap.hi[east]), skymap.density[east])
    fields = {e.field_id for e in plan.exposures}
    seen = Ranges.empty().union(*(detector_ranges(ZTF, _center(field), 8) for field in fields))
    covered = near.probability_in(seen) * float(skymap.probability[east].sum())
    figures = plan.statistics
    assert figures["detection_probability"] == pytest.approx(covered, abs=0.003)
    assert figures["detection_probability"] > 0.3
    # Who looks for it wastes nothing on the other half.
    assert figures["probability_all_filters"] < 0.75


def _center(field):
    grid = ZTF.read_grid()
    return grid.coord[int(np.flatnonzero(grid.field_id == field)[0])]


@pytest.mark.parametrize(
    ("source", "times", "dust"),
    [
        ("kilonova", (30, 60, 120, 300), DustLayer()),
        ("-16.5, 0.8, 2", (), Clear()),
        ("afterglow", (30, 120), Clear()),
    ],
)
def test_as_many_drawn_sources_are_detected_as_is_predicted(source, times, dust):
    skymap = with_distance(blob(60.0, 30.0, 6), 150.0, 40.0)
    request = detecting(
        3, source, exposure_times=tuple(time * u.s for time in times), reddening=dust
    )
    plan = optimal.plan(skymap, ZTF, request)
    assert violations(plan, ZTF) == []
    detected = _detected(plan, skymap, source_model(source), dust, n=20_000)
    predicted = plan.statistics["detection_probability"]
    assert predicted > 0.03
    assert detected == pytest.approx(predicted, abs=3 * np.sqrt(0.25 / 20_000))
    assert predicted <= plan.statistics["detection_bound"] + ROUNDING


def _detected(plan, skymap, source, dust, n):
    """Part of drawn sources that some field shows in every filter."""
    rng = np.random.default_rng(7)
    ranges = rng.choice(len(skymap.lo), n, p=skymap.probability / skymap.probability.sum())
    cell = skymap.lo[ranges] + (rng.uniform(0, 1, n) * (skymap.hi - skymap.lo)[ranges]).astype(int)
    fainter = rng.normal(0, source.spread, n) if source.spread else np.zeros(n)
    if source.is_absolute:
        mu, sigma = skymap.distmu[ranges], skymap.distsigma[ranges]
        norm = ligo_skymap().distance.parameters_to_moments(mu, sigma)[2]
        distance = ligo_skymap().distance.conditional_ppf(rng.uniform(0, 1, n), mu, sigma, norm)
        fainter += 5 * np.log10(distance) + 25
    reddening = dust.at(_coord(cell))
    found = np.zeros(n, dtype=bool)
    by_field = itertools.groupby(
        sorted(plan.exposures, key=lambda e: e.field_id), key=lambda e: e.field_id
    )
    for field, group in by_field:
        exposures = list(group)
        if len({e.filter for e in exposures}) < 2:
            continue
        seen = detector_ranges(ZTF, _center(field), 9).contains(cell)
        for e in exposures:
            days = max((e.start + e.exposure_time / 2 - plan.request.start).to_value(u.day), 0)
            dimmed = {"g": 3.303, "r": 2.285}[e.filter] * reddening
            magnitude = source.magnitude(e.filter, days) + fainter + dimmed
            seen &= magnitude < e.limiting_magnitude
        found |= seen
    return float(found.mean())


def _coord(cell):
    return sky_coord(cell_centers(29, cell))


@settings(max_examples=6, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    st.floats(20, 500),
    st.floats(0.05, 0.5),
    st.sampled_from(["kilonova", "gw170817", "afterglow", "-17, 1, 0"]),
    st.lists(st.sampled_from([30.0, 60.0, 120.0, 300.0]), max_size=3, unique=True),
    st.integers(1, 2) | st.none(),
)
def test_no_plan_is_above_its_bound_nor_below_the_one_that_covers_most(
    distance, spread, source, times, detections
):
    skymap = with_distance(blob(60.0, 30.0, 5), distance, spread * distance)
    request = detecting(
        2, source, exposure_times=tuple(t * u.s for t in times), detections=detections
    )
    plan = optimal.plan(skymap, ZTF, request)
    assert violations(plan, ZTF) == []
    figures = plan.statistics
    assert 0 <= figures["detection_probability"] <= figures["detection_bound"] + ROUNDING
    assert figures["detection_probability"] <= figures["probability"] + ROUNDING
    problem = build_problem(skymap, ZTF, request)
    plain = build_problem(skymap, ZTF, replace(request, objective="coverage"))
    covering = list(optimal.best_shots(plain))
    ways = problem.ways
    covered = detection_probability(ways.plain, ways.detectability, covering, ways.done)
    assert figures["detection_probability"] >= covered - ROUNDING


def test_the_best_of_every_order_and_depth_is_below_the_bound_and_nearly_reached():
    skymap = with_distance(blob(60.0, 30.0, 4), 160.0, 30.0)
    close = sorted(
        greedy.plan(skymap, ZTF, request_for(NIGHTS[1], 4)).exposures,
        key=lambda e: -e.probability,
    )
    telescope = few_fields(ZTF, list(dict.fromkeys(e.field_id for e in close))[:3])
    request = request_for(
        NIGHTS[1] + 6 * u.h, 0.19, filters=("r",), objective="detection", source="kilonova",
        exposure_times=(30 * u.s, 120 * u.s, 300 * u.s), minimum_gap=0 * u.s,
    )  # fmt: skip
    problem = build_problem(skymap, telescope, request)
    ways = problem.ways
    best = 0.0
    for size in (1, 2, 3):
        for chosen in itertools.permutations(range(len(problem.field_id)), size):
            if len(set(ways.pointing[list(chosen)].tolist())) < size:
                continue
            exposures, failed, _ = ExposureScheduler(problem).schedule(
                RobotState(), [("r", list(chosen))], patience=np.inf
            )
            if not failed:
                fields = as_fields(problem, exposures)
                detected = detection_probability(ways.plain, ways.detectability, fields, ways.done)
                best = max(best, detected)
    found = optimal.plan(skymap, telescope, request).statistics
    assert 0 < best <= CoverageBound(problem).of() + ROUNDING
    assert found["detection_probability"] >= 0.97 * best


def test_no_exposure_time_is_taken_that_may_not_be_chosen():
    skymap = with_distance(blob(60.0, 30.0, 3), 200.0, 40.0)
    # Ten times as long as what may be chosen: whoever took it would be above the bound.
    request = detecting(2, exposure=300, exposure_times=(30 * u.s,), reddening=Clear())
    plan = optimal.plan(skymap, ZTF, request)
    assert {e.exposure_time.to_value(u.s) for e in plan.exposures} == {30}
    figures = plan.statistics
    assert 0 < figures["detection_probability"] <= figures["detection_bound"] + ROUNDING


def test_without_distances_or_kind_it_covers_the_map_and_says_so():
    flat = blob(60.0, 30.0, 4)
    plan = optimal.plan(flat, ZTF, detecting())
    assert plan.statistics["objective"] == "coverage"
    assert plan.statistics["detection_probability"] is None
    assert plan.remark.startswith("It covers the map, and looks for no source: the map has no dist")
    none_given = optimal.plan(with_distance(flat, 100, 20), ZTF, detecting(source=""))
    assert "no kind of source is given" in none_given.remark
    # An afterglow is known by its apparent magnitude.
    afterglow = optimal.plan(flat, ZTF, detecting(source="afterglow"))
    assert afterglow.statistics["objective"] == "detection"


def test_dust_of_a_map_takes_the_place_of_the_layer_and_is_named():
    skymap = with_distance(blob(60.0, 30.0, 4), 150.0, 30.0)
    opaque = DustMap(np.full(12 * 16**2, 2.0, dtype=np.float32), 16, "nested", "the dust map x")
    clear = optimal.plan(skymap, ZTF, detecting(reddening=Clear())).statistics
    dimmed = optimal.plan(skymap, ZTF, detecting(reddening=opaque)).statistics
    assert dimmed["detection_probability"] < 0.1 * clear["detection_probability"]
    assert dimmed["objective_note"].endswith("dimmed by the dust map x")


def test_what_was_observed_counts_to_its_own_depth():
    skymap = with_distance(blob(60.0, 30.0, 3), 150.0, 30.0)
    request = detecting(4, "flat", reddening=Clear())
    first = optimal.plan(skymap, ZTF, request)

    def after(depth):
        taken = tuple(
            ExecutedExposure(
                exposure_id=str(k), field_id=e.field_id, ra=e.ra, dec=e.dec, filter=e.filter,
                start=e.start - 1 * u.day, exposure_time=e.exposure_time,
                detectors=ZTF.footprint.detector_id, limiting_magnitude=depth,
            )
            for k, e in enumerate(first.exposures)
        )  # fmt: skip
        return optimal.plan(skymap, ZTF, replace(request, observed=taken)).statistics

    deep, shallow = after(24.0), after(17.0)
    covered = deep["probability_all_filters"]
    assert deep["detection_probability"] == pytest.approx(covered, rel=0.02)
    assert shallow["detection_probability"] < 0.1


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"source": "nova"}, "the kind of source is not known"),
        ({"detections": 3}, "from 1 to 2 visits"),
        ({"exposure_times": (5000 * u.s,)}, "5000 s is not to be chosen from"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(more, reason):
    skymap = with_distance(blob(60.0, 30.0, 4), 150.0, 30.0)
    with pytest.raises(RequestInvalid, match=reason):
        PLANNERS["optimal"](skymap, ZTF, detecting(**({"source": "flat"} | more)))


def test_planners_that_only_cover_refuse_to_detect():
    skymap = with_distance(blob(60.0, 30.0, 4), 150.0, 30.0)
    with pytest.raises(RequestInvalid, match="covers a map, and looks for no source"):
        PLANNERS["gwemopt"](skymap, ZTF, detecting())


def test_a_filter_of_unknown_depth_is_refused():
    skymap = with_distance(blob(60.0, 30.0, 4), 150.0, 30.0)
    with pytest.raises(RequestInvalid, match="how deep DECam reaches in u is not known"):
        PLANNERS["optimal"](skymap, TELESCOPES["DECam"], detecting(filters=("u",)))
