"""Plans in the light of later events: a new map, executed exposures, another plan."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time

from planners.problem.build import pose_at
from planners.problem.plan_statistics import statistics
from planners.problem.problem import Problem
from planners.problem.scheduler import Shot
from planners.skymaps.skymap import SkyMap
from telescopes.observing import (
    ExecutedExposure,
    FieldGrid,
    ObservingPlan,
    ObservingRequest,
    PlannedExposure,
    Telescope,
)

_Key = tuple[int, int, int, str]
"""Field, right ascension and declination (arcsec), filter: two exposures of one key are alike."""


def remaining_request(
    request: ObservingRequest, executed: Sequence[ExecutedExposure], now: Time
) -> ObservingRequest:
    """What is left of a request when exposures have been taken and time has passed."""
    start = max(request.start, now)
    return replace(request, start=start, observed=(*request.observed, *executed))


def shots_of(problem: Problem, exposures: Sequence[PlannedExposure]) -> list[Shot]:
    """Exposures of a plan as they stand on the clock of a problem, in the order of time.

    Every pointing must be one of the problem's.
    """
    place = {
        (int(problem.field_id[i]), *_position(problem.coord[i].ra, problem.coord[i].dec)): i
        for i in range(len(problem.field_id))
    }
    shots = []
    for exposure in exposures:
        start = problem.sky.seconds(exposure.start)
        index = place[(exposure.field_id, *_position(exposure.ra, exposure.dec))]
        end = start + float(exposure.exposure_time.to_value(u.s))
        shots.append(Shot(index, exposure.filter, start, end))
    return sorted(shots, key=lambda shot: shot.start)


def rescored(skymap: SkyMap, telescope: Telescope, plan: ObservingPlan) -> ObservingPlan:
    """The same exposures with their probabilities, and the plan's, on another map."""
    begun = time.perf_counter()
    if not plan.exposures:
        return replace(plan, statistics={**plan.statistics, **_NOTHING})
    problem = pose_at(skymap, telescope, plan.request, _pointings(plan))
    shots = shots_of(problem, plan.exposures)
    probability = problem.atoms.field_probability
    exposures = tuple(
        replace(exposure, probability=float(probability[shot.field]))
        for exposure, shot in zip(
            sorted(plan.exposures, key=lambda exposure: exposure.start.utc.mjd), shots, strict=True
        )
    )
    return replace(plan, exposures=exposures, statistics=statistics(problem, shots, begun, None))


_NOTHING = {"probability": 0.0, "probability_all_filters": 0.0, "upper_bound": None}


def _position(ra: u.Quantity, dec: u.Quantity) -> tuple[int, int]:
    return round(ra.to_value(u.arcsec)), round(dec.to_value(u.arcsec))


def _pointings(plan: ObservingPlan) -> FieldGrid:
    distinct = {
        (exposure.field_id, *_position(exposure.ra, exposure.dec)): exposure
        for exposure in plan.exposures
    }
    chosen = list(distinct.values())
    coord = SkyCoord([one.ra for one in chosen], [one.dec for one in chosen])
    field_id = np.array([one.field_id for one in chosen])
    return FieldGrid(field_id, coord, np.ones(len(chosen), dtype=bool))


@dataclass(frozen=True, eq=False)
class PlanDifference:
    """What changes when one plan takes another's place."""

    kept: tuple[PlannedExposure, ...]
    """Exposures of the new plan that the old one has too, whenever."""

    added: tuple[PlannedExposure, ...]
    """Exposures of the new plan alone."""

    dropped: tuple[PlannedExposure, ...]
    """Exposures of the old plan alone."""

    probability: float
    """Change of the probability that is covered at least once."""

    probability_all_filters: float
    """Change of the probability that is covered in all visits."""


def difference(old: ObservingPlan, new: ObservingPlan) -> PlanDifference:
    """Compare two plans of one telescope, both scored on one map (see `rescored`)."""
    before = Counter(_key(exposure) for exposure in old.exposures)
    after = Counter(_key(exposure) for exposure in new.exposures)
    kept, added = _parted(new.exposures, before)
    _, dropped = _parted(old.exposures, after)
    return PlanDifference(
        kept,
        added,
        dropped,
        new.statistics["probability"] - old.statistics["probability"],
        new.statistics["probability_all_filters"] - old.statistics["probability_all_filters"],
    )


def _key(exposure: PlannedExposure) -> _Key:
    return (exposure.field_id, *_position(exposure.ra, exposure.dec), exposure.filter)


def _parted(
    exposures: Sequence[PlannedExposure], other: Counter[_Key]
) -> tuple[tuple[PlannedExposure, ...], tuple[PlannedExposure, ...]]:
    """Exposures that have a counterpart in the other plan, and those that have none."""
    left = other.copy()
    shared, alone = [], []
    for exposure in exposures:
        key = _key(exposure)
        if left[key] > 0:
            left[key] -= 1
            shared.append(exposure)
        else:
            alone.append(exposure)
    return tuple(shared), tuple(alone)
