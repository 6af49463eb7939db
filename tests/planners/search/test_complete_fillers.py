"""Pauses of a plan are filled with fields that can have all their visits."""

from __future__ import annotations

import pytest
from astropy import units as u
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planners.optimum.budget_search import best_shots
from planners.problem.assemble import assemble
from planners.problem.build import build_problem
from planners.problem.finish_times import finish_times
from planners.search.complete_fillers import with_complete_visits
from telescopes import TELESCOPES, ZTF
from tests.planners.cases import NIGHTS, blob, request_for, requests, skymaps
from tests.planners.checker import violations


def covered(problem, exposures):
    return problem.atoms.probability[finish_times(problem, exposures) < float("inf")].sum()


@pytest.mark.parametrize("telescope", [ZTF, TELESCOPES["LCO-1m-elp"]], ids=lambda one: one.name)
@settings(max_examples=15, derandomize=True, suppress_health_check=list(HealthCheck))
@given(skymap=skymaps(), request=requests(longest=3.0), every=st.integers(2, 5))
def test_what_is_filled_breaks_no_rule_and_covers_no_less(telescope, skymap, request, every):
    problem = build_problem(skymap, telescope, request)
    planned = best_shots(problem)
    gone = {one.field for one in planned[::every]}
    left = [one for one in planned if one.field not in gone]
    filled = with_complete_visits(problem, left)
    assert set(left) <= set(filled)
    assert covered(problem, filled) >= covered(problem, left) - 1e-9
    assert violations(assemble(problem, "optimal", filled, 0.0), telescope) == []


def test_a_field_taken_out_of_a_plan_leaves_room_for_one():
    telescope = TELESCOPES["LCO-1m-elp"]
    request = request_for(NIGHTS[1] + 5 * u.hour, 4, exposure=300)
    problem = build_problem(blob(120, 33, 2), telescope, request)
    planned = best_shots(problem)
    best = max(planned, key=lambda one: problem.atoms.field_probability[one.field]).field
    left = [one for one in planned if one.field != best]
    filled = with_complete_visits(problem, left)
    assert len(filled) == len(planned)
    assert covered(problem, filled) == pytest.approx(covered(problem, planned), abs=0.01)
