"""The best plan within a budget of telescope time, or where a request says to stop.

What the whole window allows is planned first: that plan with the fields left out that add least
is often the best for less time, and one with few filter exchanges is looked for beside it.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace

from astropy import units as u

from planners.optimum.structure_search import StructureSearch
from planners.problem.finish_times import expected_probability, finish_times
from planners.problem.plan_statistics import telescope_time
from planners.problem.problem import Problem
from planners.problem.scheduler import ScheduledExposure
from planners.search.bound import CoverageBound
from planners.search.budgets import worthwhile
from planners.search.complete_fillers import with_complete_visits

_ROUNDS = 2
"""Searches at the most that look for a plan of less telescope time."""

_LITTLE = 1e-8
"""Probability that a second of telescope time is worth in any case, 1/s: less of it is better."""

_LESS = 0.99
"""Part of the telescope time below which one more search is worth it."""


def best_shots(
    problem: Problem, bound: CoverageBound | None = None, begun: float | None = None
) -> list[ScheduledExposure]:
    """Exposures of the best plan found, in the order of time.

    Parameters
    ----------
    bound
        Of the problem; it is worked out unless given.
    begun
        From when the time limit of the request counts, by `time.perf_counter`; from now on
        unless given.
    """
    bound = CoverageBound(problem) if bound is None else bound
    begun = time.perf_counter() if begun is None else begun
    best = best_of_all(problem, bound, begun)
    if telescope_time(problem, best) > problem.budget:
        best = best_within(problem, best, bound, begun)
    return _stopped(problem, best, bound, begun) if problem.stops_early else best


def best_of_all(problem: Problem, bound: CoverageBound, begun: float) -> list[ScheduledExposure]:
    """The best plan, whatever telescope time it takes, and wherever the request says to stop."""
    request = replace(
        problem.request, maximum_time=None, minimum_gain=None, target_probability=None
    )
    if problem.stops_early:
        # What is left of it is planned anew, and then what is likely comes early.
        request = replace(request, interruption_rate=0 / u.h)
    whole = replace(problem, request=request)
    return with_complete_visits(whole, StructureSearch(whole, bound.of(), begun).best())


def best_within(
    problem: Problem, known: list[ScheduledExposure], bound: CoverageBound, begun: float
) -> list[ScheduledExposure]:
    """The best plan within the budget of telescope time, of which one without it is known."""
    search = StructureSearch(problem, bound.of(problem.budget), begun)
    search.keep(known)
    return search.best()


def _stopped(
    problem: Problem, known: list[ScheduledExposure], bound: CoverageBound, begun: float
) -> list[ScheduledExposure]:
    """A plan that stops where the request says so, of which one that goes on is known.

    What is left of it says how much telescope time it takes; the best plan of so much time covers
    more, of which then less is needed.
    """
    best = worthwhile(problem, known)
    if len(best) == len(known):
        # It goes on to the end, and then what is likely comes early.
        without_stops = replace(problem.request, minimum_gain=None, target_probability=None)
        return best_shots(replace(problem, request=without_stops), bound, begun)
    for _ in range(_ROUNDS):
        used = telescope_time(problem, best)
        if used <= 0:
            return best
        shorter = within(problem, used)
        better = worthwhile(problem, best_within(shorter, best, bound, begun))
        if not _is_better(problem, better, best):
            return best
        is_settled = telescope_time(problem, better) > _LESS * used
        best = better
        if is_settled:
            return best
    return best


def _is_better(
    problem: Problem, plan: list[ScheduledExposure], other: list[ScheduledExposure]
) -> bool:
    """Whether a plan that stops is worth more than another, its telescope time counted."""
    return _worth(problem, plan) > _worth(problem, other)


def _worth(problem: Problem, plan: list[ScheduledExposure]) -> float:
    """Probability that it covers and that is wanted, less what its time costs, and waiting.

    Where a target is enough, it is to be reached in least telescope time.
    """
    finish = finish_times(problem, plan)
    covered = float(problem.atoms.probability[finish < math.inf].sum())
    target = problem.request.target_probability
    time = max(problem.minimum_gain, _LITTLE) * telescope_time(problem, plan)
    if target is not None:
        return min(covered, target) - time
    return expected_probability(problem, finish) - time


def within(problem: Problem, budget: float) -> Problem:
    """The same problem with another budget of telescope time (s)."""
    return replace(problem, request=replace(problem.request, maximum_time=budget * u.s))
