"""Plans in the light of later events: a new map, executed exposures, another plan."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time

from planners.problem.build import build_problem_at
from planners.problem.plan_statistics import statistics
from planners.problem.problem import Problem
from planners.problem.scheduler import ScheduledExposure
from planners.skymaps.skymap import SkyMap
from telescopes.observing_plan import (
    ExecutedExposure,
    ObservingPlan,
    ObservingRequest,
    PlannedExposure,
)
from telescopes.pairing.pairing import pairing
from telescopes.pairing.pointings import SAME_POSITION, group, positions
from telescopes.telescope import FieldGrid, Telescope


def remaining_request(
    request: ObservingRequest, executed: Sequence[ExecutedExposure], now: Time
) -> ObservingRequest:
    """What is left of a request when exposures have been taken and time has passed."""
    start = max(request.start, now)
    return replace(request, start=start, observed=(*request.observed, *executed))


def shots_of(problem: Problem, exposures: Sequence[PlannedExposure]) -> list[ScheduledExposure]:
    """Exposures of a plan as they stand on the clock of a problem, in the order of time.

    Every pointing must be one of the problem's.
    """
    coord = problem.coord.icrs
    places = np.stack([coord.ra.deg, coord.dec.deg], axis=-1)
    first = group(
        np.concatenate([places, positions(exposures)]),
        SAME_POSITION,
        np.concatenate([problem.field_id, [exposure.field_id for exposure in exposures]]),
    )
    scheduled_exposures = []
    for exposure, index in zip(exposures, first[len(places) :].tolist(), strict=True):
        if index >= len(places):
            raise ValueError(f"no pointing of the problem is at {exposure.ra}, {exposure.dec}")
        start = problem.sky.seconds(exposure.start)
        end = start + float(exposure.exposure_time.to_value(u.s))
        scheduled_exposures.append(ScheduledExposure(index, exposure.filter, start, end))
    return sorted(scheduled_exposures, key=lambda scheduled_exposure: scheduled_exposure.start)


def rescored(skymap: SkyMap, telescope: Telescope, plan: ObservingPlan) -> ObservingPlan:
    """The same exposures with their probabilities, and the plan's, on another map."""
    begun = time.perf_counter()
    if not plan.exposures:
        return replace(plan, statistics={**plan.statistics, **_NOTHING})
    problem = build_problem_at(skymap, telescope, plan.request, pointings_of(plan))
    scheduled_exposures = shots_of(problem, plan.exposures)
    probability = problem.atoms.field_probability
    exposures = tuple(
        replace(exposure, probability=float(probability[scheduled_exposure.field]))
        for exposure, scheduled_exposure in zip(
            sorted(plan.exposures, key=lambda exposure: exposure.start.utc.mjd),
            scheduled_exposures,
            strict=True,
        )
    )
    return replace(
        plan, exposures=exposures, statistics=statistics(problem, scheduled_exposures, begun, None)
    )


_NOTHING = {"probability": 0.0, "probability_all_filters": 0.0, "upper_bound": None}


def pointings_of(plan: ObservingPlan) -> FieldGrid:
    """Where the exposures of a plan point, each place once."""
    places = positions(plan.exposures)
    field_id = np.array([exposure.field_id for exposure in plan.exposures])
    first = np.unique(group(places, SAME_POSITION, field_id))
    coord = SkyCoord(*places[first].T, unit=u.deg)
    return FieldGrid(field_id[first], coord, np.ones(len(first), dtype=bool))


@dataclass(frozen=True, eq=False)
class PlanDifference:
    """What changes when one plan takes another's place."""

    kept: tuple[PlannedExposure, ...]
    """Exposures of the new plan that the old one has too, whenever."""

    added: tuple[PlannedExposure, ...]
    """Exposures of the new plan alone."""

    dropped: tuple[PlannedExposure, ...]
    """Exposures of the old plan alone."""


def difference(old: ObservingPlan, new: ObservingPlan) -> PlanDifference:
    """Compare the exposures of two plans of one telescope."""
    partner = pairing(new.exposures, old.exposures)
    kept = tuple(each for each, k in zip(new.exposures, partner, strict=True) if k >= 0)
    added = tuple(each for each, k in zip(new.exposures, partner, strict=True) if k < 0)
    stays = set(partner.tolist())
    dropped = tuple(each for k, each in enumerate(old.exposures) if k not in stays)
    return PlanDifference(kept, added, dropped)
