"""What exposures on the clock amount to: coverage, area, telescope time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import groupby, pairwise

import numpy as np
from astropy import units as u
from numpy.typing import NDArray

from planners.problem.problem import Problem
from planners.problem.scheduler import ScheduledExposure
from telescopes.times import iso

_TOLERANCE = 1e-3
"""Two starts are as far apart as the gap if they miss it by less, s."""

_NOTHING = 1e-4
"""Where no plan covers more than this, an empty one leaves nothing to be gained."""


def fulfills(visits: Sequence[tuple[str, float]], wanted: tuple[str, ...], gap: float) -> bool:
    """Whether some of a field's visits, at least `gap` s apart, are all that are wanted.

    Parameters
    ----------
    visits
        In the order of time.
    wanted
        Filters, in any order; one that stands twice is wanted twice.
    """
    if not wanted:
        return True
    for k, (name, start) in enumerate(visits):
        if name not in wanted:
            continue
        remaining = list(wanted)
        remaining.remove(name)
        later = [visit for visit in visits[k + 1 :] if visit[1] >= start + gap - _TOLERANCE]
        if fulfills(later, tuple(remaining), gap):
            return True
    return False


def completed(
    problem: Problem, scheduled_exposures: Sequence[ScheduledExposure]
) -> list[NDArray[np.int64]]:
    """Fields that receive every visit which atoms of each class want, one array a class."""
    by_field = {
        index: [
            (scheduled_exposure.filter, scheduled_exposure.start) for scheduled_exposure in group
        ]
        for index, group in groupby(
            sorted(
                scheduled_exposures,
                key=lambda scheduled_exposure: (scheduled_exposure.field, scheduled_exposure.start),
            ),
            key=lambda scheduled_exposure: scheduled_exposure.field,
        )
    }
    return [
        np.array(
            [i for i, visits in by_field.items() if fulfills(visits, wanted, problem.gap)],
            dtype=np.int64,
        )
        for wanted in problem.needs
    ]


def finished_atoms(
    problem: Problem, scheduled_exposures: Sequence[ScheduledExposure]
) -> NDArray[np.bool_]:
    """Atoms that some field covers which receives every visit that they want."""
    atoms = problem.atoms
    done = np.zeros(len(atoms.probability), dtype=bool)
    for k, (fields, wanted) in enumerate(
        zip(completed(problem, scheduled_exposures), problem.needs, strict=True)
    ):
        own = atoms.need == k
        done |= own & (atoms.covered(fields) if wanted else True)
    return done


def telescope_time(problem: Problem, scheduled_exposures: Sequence[ScheduledExposure]) -> float:
    """Exposures and the overheads between them, waits left out, s."""
    total = sum(
        scheduled_exposure.end - scheduled_exposure.start
        for scheduled_exposure in scheduled_exposures
    )
    for before, after in pairwise(scheduled_exposures):
        total += problem.slews.one(before.field, after.field, before.end)
        if before.filter != after.filter:
            total += problem.slews.filter_exchange
    return total


def statistics(
    problem: Problem,
    scheduled_exposures: Sequence[ScheduledExposure],
    begun: float,
    upper_bound: float | None,
) -> dict[str, float | int | str | None]:
    """Statistics of `ObservingPlan`, of exposures in the order of time.

    Parameters
    ----------
    begun
        When planning began, by `time.perf_counter`.
    upper_bound
        No plan covers more in all visits.
    """
    atoms = problem.atoms
    seen = problem.seen_before | atoms.covered(
        np.array(
            [scheduled_exposure.field for scheduled_exposure in scheduled_exposures], dtype=np.int64
        )
    )
    done = finished_atoms(problem, scheduled_exposures)
    square_degrees = u.sr.to(u.deg**2)
    whole = float(atoms.probability[done].sum())
    ends = (
        [scheduled_exposures[0].start, scheduled_exposures[-1].end] if scheduled_exposures else []
    )
    start, end = [iso(problem.sky.time(one)) for one in ends] or (None, None)
    return {
        "probability": float(atoms.probability[seen].sum()),
        "probability_all_filters": whole,
        "area": float(atoms.area[seen].sum() * square_degrees),
        "area_all_filters": float(atoms.area[done].sum() * square_degrees),
        "exposures": len(scheduled_exposures),
        "fields": len({scheduled_exposure.field for scheduled_exposure in scheduled_exposures}),
        "start": start,
        "end": end,
        "exposure_time": float(
            sum(
                scheduled_exposure.end - scheduled_exposure.start
                for scheduled_exposure in scheduled_exposures
            )
        ),
        "total_time": telescope_time(problem, scheduled_exposures),
        "dark_time": float(problem.dark.total.sum()),
        "upper_bound": upper_bound,
        "optimality_gap": _gap(whole, upper_bound),
        "bound_holds_for": None if upper_bound is None else _bounded_plans(problem),
        "solve_time": time.perf_counter() - begun,
    }


def _bounded_plans(problem: Problem) -> str:
    """Which plans the bound speaks of: it knows no pointing that the planner does not."""
    off_grid = int(np.count_nonzero(problem.field_id < 0))
    if not problem.telescope.off_grid:
        return "every plan on the field grid"
    if off_grid == 0:
        return "plans on the field grid, not for other pointings"
    pointings = f"{off_grid} pointing{'s' if off_grid > 1 else ''}"
    if off_grid == len(problem.field_id):
        return f"plans of the pointings that were considered ({off_grid}), not for others"
    return f"plans on the field grid and of {pointings} off it, not for others"


def _gap(reached: float, upper_bound: float | None) -> float | None:
    if upper_bound is None:
        return None
    if upper_bound < _NOTHING:
        return 0.0
    return max(upper_bound - reached, 0.0) / upper_bound
