"""A plan to detect a source that is never worse than the one that covers most."""

from __future__ import annotations

import time
from dataclasses import replace

from astropy import units as u

from planners.optimum.budget_search import best_shots
from planners.problem.detected import as_fields, detection_probability
from planners.problem.problem import Problem
from planners.problem.scheduler import ScheduledExposure


def covering_instead(
    problem: Problem, exposures: list[ScheduledExposure], begun: float
) -> list[ScheduledExposure] | None:
    """The plan that covers most, if it detects the source more likely than another.

    Parameters
    ----------
    problem
        That of detection.
    exposures
        A plan of it.
    begun
        From when the time limit of the request counts, by `time.perf_counter`.

    Returns
    -------
    list of ScheduledExposure or None
        Of the fields as they are, and not of ways.
    """
    ways = problem.ways
    limit = problem.request.time_limit
    if ways is None or problem.stops_early:
        return None
    if limit is not None and time.perf_counter() - begun > float(limit.to_value(u.s)):
        return None
    covering = best_shots(_with_a_chosen_time(problem, ways.plain), begun=begun)

    def detected(plan: list[ScheduledExposure]) -> float:
        return detection_probability(ways.plain, ways.detectability, plan, ways.done)

    if detected(covering) <= detected(as_fields(problem, exposures)):
        return None
    return covering


def _with_a_chosen_time(problem: Problem, plain: Problem) -> Problem:
    """The fields as they are, exposed for a time that may be chosen: the bound knows no other."""
    choices = plain.request.exposure_times
    usual = set(plain.request.exposure_time.values())
    if not choices or (len(usual) == 1 and usual <= set(choices)):
        return plain
    return replace(plain, request=problem.request)
