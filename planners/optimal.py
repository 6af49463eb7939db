"""The optimal planner: maximum coverage over structures of rounds, with a proven bound.

A structure says when rounds begin and how long they are. For each of the likeliest, an integer
program says which field is observed in which round; the rounds are then laid on the clock with
the true overheads, and what time is left is filled. The best of these plans is returned with an
upper bound that holds for every plan of as much telescope time, whatever its structure.
"""

from __future__ import annotations

import time

from planners.footprints.tilings import is_tiled
from planners.optimum.budget_search import best_shots
from planners.problem.assemble import assemble
from planners.problem.build import build_problem
from planners.problem.plan_statistics import telescope_time
from planners.problem.problem import Problem
from planners.search.bound import CoverageBound, finished_already
from planners.search.fillers import with_single_visits
from planners.skymaps.skymap import SkyMap
from telescopes.observing_plan import ObservingPlan, ObservingRequest
from telescopes.telescope import Telescope

_BETTER = 1.01
"""So much more than on the grid must pointings off it cover: of fields there are images to compare
with."""


def plan(skymap: SkyMap, telescope: Telescope, request: ObservingRequest) -> ObservingPlan:
    """Plan so that the probability covered in all requested visits is greatest.

    Of plans that cover nearly as much in the end, that which covers it early: the request says
    how likely it is that the night is interrupted. Where it says what more time must add, or what
    probability is enough, the plan stops there.

    Raises
    ------
    RequestInvalid
        If the request makes no sense for the telescope.
    """
    begun = time.perf_counter()
    if not (telescope.off_grid and is_tiled(skymap, telescope.footprint)):
        return planned(build_problem(skymap, telescope, request), "optimal", begun)
    # Where tiles begin is part of the problem, but a grid may suit by chance.
    tiled = planned(build_problem(skymap, telescope, request, tiled=True), "optimal", begun)
    if len(telescope.read_grid().field_id) == 0:
        return tiled
    on_grid = planned(build_problem(skymap, telescope, request), "optimal", begun)
    return tiled if _covered_by(tiled) > _BETTER * _covered_by(on_grid) else on_grid


def planned(problem: Problem, planner: str, begun: float) -> ObservingPlan:
    """The best plan found, with its account.

    Parameters
    ----------
    planner
        Name by which the plan says what made it.
    begun
        When planning began, by `time.perf_counter`.
    """
    bound = CoverageBound(problem)
    exposures = best_shots(problem, bound, begun)
    if problem.stops_early:
        used = min(telescope_time(problem, exposures), problem.budget)
        limit = bound.of(used) if exposures else finished_already(problem)
        return assemble(problem, planner, exposures, begun, limit)
    if planner == "optimal":
        exposures = with_single_visits(problem, exposures)
    return assemble(problem, planner, exposures, begun, bound.of(problem.budget))


def _covered_by(plan: ObservingPlan) -> float:
    return float(plan.statistics["probability_all_filters"])
