"""The budgets of a request: so many fields, so much telescope time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from astropy import units as u

from planners.problem.plan_statistics import telescope_time
from planners.problem.problem import Problem
from planners.problem.scheduler import ScheduledExposure
from planners.problem.visit_options import VisitOptions


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
    if request.maximum_time is not None:
        time = request.maximum_time.to_value(u.s) - telescope_time(problem, scheduled_exposures)
        left = min(left, time / (cost * len(request.filters)))
    return left


def within_budgets(
    visit_options: VisitOptions, scheduled_exposures: Sequence[ScheduledExposure]
) -> list[ScheduledExposure]:
    """Leave out the fields that matter least until the budgets are kept.

    What remains stays where it is on the clock: leaving out an exposure never makes a slew
    longer than the two that it replaces.
    """
    kept = list(scheduled_exposures)
    while kept and fields_left(visit_options.problem, kept, 1.0) < 0:
        worst = _least_loss(visit_options, kept)
        kept = [
            scheduled_exposure for scheduled_exposure in kept if scheduled_exposure.field != worst
        ]
    return kept


def _least_loss(
    visit_options: VisitOptions, scheduled_exposures: Sequence[ScheduledExposure]
) -> int:
    """The field without which the others cover most."""
    atoms = visit_options.problem.atoms
    fields = np.unique([scheduled_exposure.field for scheduled_exposure in scheduled_exposures])
    times = atoms.times_covered(fields)
    alone = np.where(times == 1, atoms.probability, 0.0)
    loss = atoms.sum_by_field(alone)[fields]
    return int(fields[np.argmin(loss)])
