"""How far a plan goes: so many fields, so much telescope time, as far as it is worth it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from planners.problem.plan_statistics import telescope_time
from planners.problem.problem import Problem
from planners.problem.scheduler import ScheduledExposure
from planners.search.trimming import Trimming

_ROUNDING = 1e-9
"""Of a probability."""


def fields_left(
    problem: Problem, scheduled_exposures: Sequence[ScheduledExposure], cost: float
) -> float:
    """How many more fields, about, the budgets allow.

    Parameters
    ----------
    cost
        Usual time from one exposure to the next, s.
    """
    request = problem.request
    left = math.inf
    if request.maximum_fields is not None:
        left = request.maximum_fields - len(
            {scheduled_exposure.field for scheduled_exposure in scheduled_exposures}
        )
    if not math.isinf(problem.budget):
        time = problem.budget - telescope_time(problem, scheduled_exposures)
        left = min(left, time / (cost * len(request.filters)))
    return left


def within_budgets(
    problem: Problem, scheduled_exposures: Sequence[ScheduledExposure]
) -> list[ScheduledExposure]:
    """Leave out the fields that matter least until the budgets are kept."""
    if fields_left(problem, scheduled_exposures, 1.0) >= 0:
        return list(scheduled_exposures)
    request = problem.request
    fields = math.inf if request.maximum_fields is None else request.maximum_fields
    trimming = Trimming(problem, scheduled_exposures)
    while trimming.telescope_time > problem.budget and trimming.n_fields:
        trimming.drop(trimming.least_by_time()[0])
    while trimming.n_fields > fields:
        trimming.drop(trimming.least_by_field()[0])
    return trimming.exposures


def worthwhile(
    problem: Problem, scheduled_exposures: Sequence[ScheduledExposure]
) -> list[ScheduledExposure]:
    """Leave out the fields that add too little for their time, or that the target needs not."""
    target = problem.request.target_probability
    if (problem.minimum_gain == 0 and target is None) or not scheduled_exposures:
        return list(scheduled_exposures)
    trimming = Trimming(problem, scheduled_exposures)
    while trimming.n_fields:
        field, loss, saved = trimming.least_by_time()
        is_spare = target is not None and trimming.covered - loss >= target - _ROUNDING
        if loss >= problem.minimum_gain * saved and not is_spare:
            break
        trimming.drop(field)
    return trimming.exposures
