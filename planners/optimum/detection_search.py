"""A plan to detect a source that is never worse than the one that covers most."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from planners.optimum.budget_search import best_shots
from planners.problem.detected import as_fields, detection_probability
from planners.problem.problem import Problem
from planners.problem.scheduler import ScheduledExposure


def best_detection(
    problem: Problem, exposures: list[ScheduledExposure], begun: float
) -> tuple[Problem, list[ScheduledExposure]]:
    """The better of a plan to detect the source, and of what covers most with the usual exposures.

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
    problem, exposures
        Of the better plan; the account of it is the same for both problems.
    """
    ways = problem.ways
    limit = problem.request.time_limit
    if ways is None or problem.stops_early:
        return problem, exposures
    if limit is not None and time.perf_counter() - begun > float(limit.to_value("s")):
        return problem, exposures
    covering = best_shots(ways.plain, begun=begun)

    def detected(plan: list[ScheduledExposure]) -> float:
        return detection_probability(ways.plain, ways.detectability, plan, ways.done)

    if detected(covering) <= detected(as_fields(problem, exposures)):
        return problem, exposures
    every = np.arange(len(ways.plain.field_id))
    return replace(problem, ways=replace(ways, pointing=every)), covering
