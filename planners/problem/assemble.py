"""From exposures on the clock to a plan with its account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from astropy import units as u

from planners.problem.detected import as_fields, detection_statistics, left_to_detect
from planners.problem.plan_statistics import statistics
from planners.problem.problem import Problem
from planners.problem.scheduler import ScheduledExposure
from planners.problem.unobserved import ledger
from planners.visibility.depth import limiting_magnitudes
from planners.visibility.local_sky import Circumstances
from telescopes.observing_plan import ObservingPlan, PlannedExposure


def assemble(  # noqa: PLR0913 - a plan, and what is known of it
    problem: Problem,
    planner: str,
    scheduled_exposures: Sequence[ScheduledExposure],
    begun: float,
    upper_bound: float | None = None,
    *,
    of_fields: bool = False,
) -> ObservingPlan:
    """A plan of exposures, in the order of time.

    Parameters
    ----------
    begun
        When planning began, by `time.perf_counter`.
    upper_bound
        No plan covers more in all visits, or detects the source more likely.
    of_fields
        Of a problem of ways: whether exposures are of the fields as they are.
    """
    scheduled_exposures = sorted(
        scheduled_exposures, key=lambda scheduled_exposure: scheduled_exposure.start
    )
    worth = None
    if problem.ways is not None and not of_fields:
        worth = left_to_detect(problem, scheduled_exposures)
        scheduled_exposures = as_fields(problem, scheduled_exposures)
    objective = detection_statistics(problem, scheduled_exposures, upper_bound)
    if problem.ways is not None:
        problem, upper_bound = problem.ways.plain, None
    figures: dict[str, Any] = dict(statistics(problem, scheduled_exposures, begun, upper_bound))
    left_out = ledger(problem, scheduled_exposures, worth)
    figures |= objective
    figures["probability_lost"] = left_out.probability_lost()
    return ObservingPlan(
        telescope=problem.telescope.name,
        planner=planner,
        request=problem.request,
        exposures=_exposures(problem, scheduled_exposures),
        statistics=figures,
        unobserved=left_out.unobserved(),
        remark=" ".join(
            filter(None, (_instead(problem), left_out.remark(is_empty=not scheduled_exposures)))
        ),
    )


def _instead(problem: Problem) -> str:
    """One sentence where a source was to be detected, and cannot be looked for."""
    if not problem.coverage_only:
        return ""
    return f"It covers the map, and looks for no source: {problem.coverage_only}."


def _exposures(
    problem: Problem, scheduled_exposures: Sequence[ScheduledExposure]
) -> tuple[PlannedExposure, ...]:
    if not scheduled_exposures:
        return ()
    fields = np.array([scheduled_exposure.field for scheduled_exposure in scheduled_exposures])
    middle = np.array(
        [
            (scheduled_exposure.start + scheduled_exposure.end) / 2
            for scheduled_exposure in scheduled_exposures
        ]
    )
    seen = Circumstances(problem.sky, problem.positions[fields], middle)
    airmass = seen.airmass.tolist()
    depth = _depth(problem, scheduled_exposures, seen)
    probability = problem.atoms.field_probability
    starts = problem.sky.time(
        [scheduled_exposure.start for scheduled_exposure in scheduled_exposures]
    )
    ra, dec = problem.coord.ra.deg.tolist(), problem.coord.dec.deg.tolist()
    visits: dict[int, int] = {}
    exposures = []
    for k, scheduled_exposure in enumerate(scheduled_exposures):
        visit = visits.get(scheduled_exposure.field, 0)
        visits[scheduled_exposure.field] = visit + 1
        exposures.append(
            PlannedExposure(
                field_id=int(problem.field_id[scheduled_exposure.field]),
                ra=ra[scheduled_exposure.field] * u.deg,
                dec=dec[scheduled_exposure.field] * u.deg,
                filter=scheduled_exposure.filter,
                start=starts[k],
                exposure_time=_exposure_time(problem, scheduled_exposure),
                airmass=airmass[k],
                probability=float(probability[scheduled_exposure.field]),
                visit=visit,
                limiting_magnitude=depth[k],
            )
        )
    return tuple(exposures)


def _depth(
    problem: Problem, scheduled_exposures: Sequence[ScheduledExposure], seen: Circumstances
) -> list[float | None]:
    """Predicted limit of each exposure."""
    depth: list[float | None] = [None] * len(scheduled_exposures)
    kinds = [
        (exposure.filter, float(_exposure_time(problem, exposure).to_value(u.s)))
        for exposure in scheduled_exposures
    ]
    for kind in set(kinds):
        limits = limiting_magnitudes(problem.telescope, kind[0], kind[1] * u.s, seen)
        if limits is not None:
            for k, each in enumerate(kinds):
                if each == kind:
                    depth[k] = round(float(limits[k]), 2)
    return depth


def _exposure_time(
    problem: Problem, scheduled_exposure: ScheduledExposure
) -> u.Quantity[u.physical.time]:
    """What was asked for, of which the clock has only the rounded difference of two times."""
    request = problem.request
    usual = request.exposure_time[scheduled_exposure.filter]
    if request.objective == "coverage" or not request.exposure_times:
        return usual
    length = (scheduled_exposure.end - scheduled_exposure.start) * u.s
    return min((*request.exposure_times, usual), key=lambda time: abs(time - length))
