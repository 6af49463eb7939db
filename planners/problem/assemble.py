"""From exposures on the clock to a plan with its account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from astropy import units as u

from planners.problem.plan_statistics import statistics
from planners.problem.problem import Problem
from planners.problem.scheduler import Shot
from planners.problem.unobserved import ledger
from planners.visibility.depth import limiting_magnitudes
from planners.visibility.local_sky import Circumstances
from telescopes.observing import ObservingPlan, PlannedExposure


def assemble(
    problem: Problem,
    planner: str,
    shots: Sequence[Shot],
    begun: float,
    upper_bound: float | None = None,
) -> ObservingPlan:
    """A plan of exposures, in the order of time.

    Parameters
    ----------
    begun : float
        When planning began, by `time.perf_counter`.
    upper_bound : float, optional
        No plan covers more in all visits.
    """
    shots = sorted(shots, key=lambda shot: shot.start)
    figures: dict[str, Any] = dict(statistics(problem, shots, begun, upper_bound))
    left_out = ledger(problem, shots)
    figures["probability_lost"] = left_out.probability_lost()
    return ObservingPlan(
        telescope=problem.telescope.name,
        planner=planner,
        request=problem.request,
        exposures=_exposures(problem, shots),
        statistics=figures,
        unobserved=left_out.unobserved(),
        remark=left_out.remark(is_empty=not shots),
    )


def _exposures(problem: Problem, shots: Sequence[Shot]) -> tuple[PlannedExposure, ...]:
    if not shots:
        return ()
    fields = np.array([shot.field for shot in shots])
    middle = np.array([(shot.start + shot.end) / 2 for shot in shots])
    seen = Circumstances(problem.sky, problem.positions[fields], middle)
    airmass = seen.airmass.tolist()
    depth = _depth(problem, shots, seen)
    probability = problem.atoms.field_probability
    starts = problem.sky.time([shot.start for shot in shots])
    ra, dec = problem.coord.ra.deg.tolist(), problem.coord.dec.deg.tolist()
    visits: dict[int, int] = {}
    exposures = []
    for k, shot in enumerate(shots):
        visit = visits.get(shot.field, 0)
        visits[shot.field] = visit + 1
        exposures.append(
            PlannedExposure(
                field_id=int(problem.field_id[shot.field]),
                ra=ra[shot.field] * u.deg,
                dec=dec[shot.field] * u.deg,
                filter=shot.filter,
                start=starts[k],
                exposure_time=problem.request.exposure_time[shot.filter],
                airmass=airmass[k],
                probability=float(probability[shot.field]),
                visit=visit,
                limiting_magnitude=depth[k],
            )
        )
    return tuple(exposures)


def _depth(problem: Problem, shots: Sequence[Shot], seen: Circumstances) -> list[float | None]:
    """Predicted limit of each exposure."""
    depth: list[float | None] = [None] * len(shots)
    for name, exposure_time in problem.request.exposure_time.items():
        limits = limiting_magnitudes(problem.telescope, name, exposure_time, seen)
        if limits is not None:
            for k, shot in enumerate(shots):
                if shot.filter == name:
                    depth[k] = round(float(limits[k]), 2)
    return depth
