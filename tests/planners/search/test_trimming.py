"""Leaving out fields one by one: what is left is counted right, whatever goes first."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planners import greedy
from planners.problem.build import build_problem
from planners.problem.finish_times import finished_atoms
from planners.problem.plan_statistics import telescope_time
from planners.search.budgets import within_budgets
from planners.search.trimming import Trimming
from telescopes import ZTF
from tests.planners.cases import NIGHTS, blob, request_for, requests, skymaps


def covered_by(problem, exposures):
    return float(problem.atoms.probability[finished_atoms(problem, exposures)].sum())


@settings(max_examples=25, derandomize=True, suppress_health_check=list(HealthCheck))
@given(skymap=skymaps(), request=requests(longest=3.0), data=st.data())
def test_coverage_and_time_are_those_of_what_is_left(skymap, request, data):
    problem = build_problem(skymap, ZTF, request)
    plan = greedy.shots_of(problem)
    trimming = Trimming(problem, plan)
    for _ in range(min(trimming.n_fields, 6)):
        before = trimming.covered, trimming.telescope_time
        by = data.draw(st.sampled_from((trimming.least_by_time, trimming.least_by_field)))
        field, loss, saved = by()
        trimming.drop(field)
        left = trimming.exposures
        assert field not in {one.field for one in left}
        assert trimming.covered == pytest.approx(covered_by(problem, left), abs=1e-9)
        assert trimming.telescope_time == pytest.approx(telescope_time(problem, left), abs=1e-6)
        assert before[0] - trimming.covered == pytest.approx(loss, abs=1e-9)
        assert before[1] - trimming.telescope_time == pytest.approx(saved, abs=1e-6)


def test_the_field_that_goes_is_that_whose_loss_is_least():
    problem = build_problem(blob(150.0, 40.0, 8.0), ZTF, request_for(NIGHTS[1], 6))
    plan = greedy.shots_of(problem)
    whole = covered_by(problem, plan)
    losses = {
        field: whole - covered_by(problem, [one for one in plan if one.field != field])
        for field in {one.field for one in plan}
    }
    field, loss, _ = Trimming(problem, plan).least_by_field()
    assert loss == pytest.approx(min(losses.values()), abs=1e-9)
    assert losses[field] == pytest.approx(loss, abs=1e-9)


@pytest.mark.parametrize(
    "budget", [{"maximum_fields": 7}, {"maximum_time": 20 * u.min}, {"maximum_time": 1 * u.s}]
)
def test_budgets_are_kept_and_nothing_is_moved(budget):
    skymap = blob(150.0, 40.0, 8.0)
    plan = greedy.shots_of(build_problem(skymap, ZTF, request_for(NIGHTS[1], 6)))
    problem = build_problem(skymap, ZTF, request_for(NIGHTS[1], 6, **budget))
    kept = within_budgets(problem, plan)
    assert set(kept) < set(plan)
    if "maximum_fields" in budget:
        assert len({one.field for one in kept}) == budget["maximum_fields"]
    else:
        assert telescope_time(problem, kept) <= budget["maximum_time"].to_value(u.s)
    assert np.all(np.diff([one.start for one in kept]) > 0)
