"""What exposures on the clock amount to: coverage, area, telescope time."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from datetime import UTC, date
from itertools import pairwise

import numpy as np
from astropy import units as u

from planners.problem.finish_times import expected_probability, finish_times, reached_at
from planners.problem.problem import Problem
from planners.problem.scheduler import ScheduledExposure
from planners.visibility.nights import night_at
from telescopes.times import iso

_NOTHING = 1e-4
"""Where no plan covers more than this, an empty one leaves nothing to be gained."""


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
) -> dict[str, float | int | str | dict[str, float] | None]:
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
    finish = finish_times(problem, scheduled_exposures)
    done = finish < math.inf
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
        "optimality_gap": gap(whole, upper_bound),
        "expected_probability": expected_probability(problem, finish),
        "half_reached": _time(problem, reached_at(problem, finish, 0.5)),
        "most_reached": _time(problem, reached_at(problem, finish, 0.9)),
        "bound_holds_for": None if upper_bound is None else bounded_plans(problem),
        "probability_by_night": probability_by_night(problem, scheduled_exposures),
        "solve_time": time.perf_counter() - begun,
    }


def probability_by_night(
    problem: Problem, scheduled_exposures: Sequence[ScheduledExposure]
) -> dict[str, float]:
    """What each night covers that nothing before it did, by the date of its evening at the site.

    Parameters
    ----------
    scheduled_exposures
        In the order of time.
    """
    fields: dict[str, list[int]] = {}
    nights = nights_of(problem, scheduled_exposures)
    for one, night in zip(scheduled_exposures, nights, strict=True):
        fields.setdefault(night.isoformat(), []).append(one.field)
    seen, found = problem.seen_before, {}
    for evening, members in fields.items():
        after = seen | problem.atoms.covered(np.array(members, dtype=np.int64))
        found[evening] = float(problem.atoms.probability[after & ~seen].sum())
        seen = after
    return found


def nights_of(problem: Problem, scheduled_exposures: Sequence[ScheduledExposure]) -> list[date]:
    """The nights in which exposures begin, by the date of the evening at the site."""
    if not scheduled_exposures:
        return []
    starts = problem.sky.time([one.start for one in scheduled_exposures])
    return [night_at(problem.telescope.site, each) for each in starts.to_datetime(timezone=UTC)]


def _time(problem: Problem, seconds: float | None) -> str | None:
    return None if seconds is None else iso(problem.sky.time(seconds))


def bounded_plans(problem: Problem) -> str:
    """Say which plans the bound speaks of: it knows no pointing that the planner does not."""
    as_long = " of as much telescope time" if problem.stops_early else ""
    off_grid = int(np.count_nonzero(problem.field_id < 0))
    if not problem.telescope.off_grid:
        return f"every plan on the field grid{as_long}"
    if off_grid == 0:
        return f"plans on the field grid{as_long}, not for other pointings"
    pointings = f"{off_grid} pointing{'s' if off_grid > 1 else ''}"
    if off_grid == len(problem.field_id):
        return f"plans of the pointings that were considered ({off_grid}){as_long}, not for others"
    return f"plans on the field grid and of {pointings} off it{as_long}, not for others"


def gap(reached: float, upper_bound: float | None) -> float | None:
    """How far a plan is below the bound, as a part of it; None where there is no bound."""
    if upper_bound is None:
        return None
    if upper_bound < _NOTHING:
        return 0.0
    return max(upper_bound - reached, 0.0) / upper_bound
