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
from planners.optimum.detection_search import covering_instead
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
    best, *others = [
        planned(problem, "optimal", begun, with_singles=True)
        for problem in problems_of(skymap, telescope, request)
    ]
    for on_grid in others:
        if _worth_of(best) <= _BETTER * _worth_of(on_grid):
            best = on_grid
    return best


def problems_of(
    skymap: SkyMap, telescope: Telescope, request: ObservingRequest
) -> tuple[Problem, ...]:
    """The problem on the grid, and before it that of tilings where they may suit better.

    Where tiles begin is part of the problem, but a grid may suit by chance.

    Raises
    ------
    RequestInvalid
        If the request makes no sense for the telescope.
    """
    if not (telescope.off_grid and is_tiled(skymap, telescope.footprint)):
        return (build_problem(skymap, telescope, request),)
    tiled = build_problem(skymap, telescope, request, tiled=True)
    if len(telescope.read_grid().field_id) == 0:
        return (tiled,)
    return tiled, build_problem(skymap, telescope, request)


def planned(
    problem: Problem, planner: str, begun: float, *, with_singles: bool = False
) -> ObservingPlan:
    """The best plan found, with its account.

    Parameters
    ----------
    planner
        Name by which the plan says what made it.
    begun
        When planning began, by `time.perf_counter`.
    with_singles
        Whether time that nothing else can use is given to lone visits.
    """
    bound = CoverageBound(problem)
    exposures = best_shots(problem, bound, begun)
    if problem.stops_early:
        used = min(telescope_time(problem, exposures), problem.budget)
        limit = bound.of(used) if exposures else finished_already(problem)
        return assemble(problem, planner, exposures, begun, limit)
    limit = bound.of(problem.budget)
    if problem.ways is not None:
        covering = covering_instead(problem, exposures, begun)
        if covering is not None:
            return assemble(problem, planner, covering, begun, limit, of_fields=True)
    elif with_singles:
        exposures = with_single_visits(problem, exposures)
    return assemble(problem, planner, exposures, begun, limit)


def _worth_of(plan: ObservingPlan) -> float:
    detected = plan.statistics["detection_probability"]
    return float(plan.statistics["probability_all_filters"] if detected is None else detected)
