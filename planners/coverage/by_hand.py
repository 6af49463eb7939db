"""A plan with exposures left out and in another order, and what comes of that."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from astropy import units as u
from astropy.time import Time

from planners.coverage.feasibility import Infeasible, checked
from planners.coverage.replan import pointings_of, shots_of
from planners.problem.build import build_problem_at
from planners.problem.plan_statistics import nights_of, statistics
from planners.problem.problem import Problem
from planners.problem.scheduler import ScheduledExposure
from planners.skymaps.skymap import SkyMap
from planners.visibility.depth import limiting_magnitudes
from planners.visibility.local_sky import Circumstances
from telescopes.observing_plan import ObservingPlan, PlannedExposure
from telescopes.telescope import Telescope

_SAME = 1e-3
"""s by which two times may differ and be one."""


@dataclass(frozen=True)
class Closer:
    """A visit that comes sooner after the one before it than was asked for."""

    index: int
    """Of the later one, in the new order."""

    gap: float
    """Between the starts of the two, s."""


@dataclass(frozen=True, eq=False)
class Rearranged:
    """What a change of a plan amounts to."""

    plan: ObservingPlan
    """As it would be, with its statistics on the map."""

    order: tuple[int, ...]
    """Of each of its exposures, the index in the plan that was changed."""

    before: ObservingPlan
    """The plan that was changed, with its statistics by the same measure."""

    infeasible: tuple[Infeasible, ...]
    """Exposures that cannot be taken at their new times."""

    closer: tuple[Closer, ...]
    """Visits that come sooner than was asked for, and did not before."""


def rearranged(
    skymap: SkyMap,
    telescope: Telescope,
    plan: ObservingPlan,
    order: Sequence[int],
    *,
    closed_up: bool = False,
) -> Rearranged:
    """Lay some exposures of a plan on the clock in another order.

    Parameters
    ----------
    skymap
        On which both are scored.
    telescope
        Whose plan it is.
    plan
        With its exposures in the order of time.
    order
        Indices of the exposures that stay, as they are to follow each other: at least one.
    closed_up
        Whether each is to begin as soon as the telescope is ready, those of each night from its
        first exposure on and visits no closer than was asked for. Else the first takes the first
        time that one of them had, and so on, or begins later where the telescope is not ready.
    """
    begun = time.perf_counter()
    problem = build_problem_at(skymap, telescope, plan.request, pointings_of(plan))
    shots = shots_of(problem, plan.exposures)
    clock = _Clock(problem, shots)
    placed = clock.closed_up(order) if closed_up else clock.kept_times(order)
    exposures = _exposures(problem, plan, order, shots, placed)
    counted, infeasible = checked(telescope, plan.request, exposures)
    probability = problem.atoms.field_probability
    scored = tuple(
        replace(exposure, probability=float(probability[shot.field]))
        for exposure, shot in zip(counted, placed, strict=True)
    )
    return Rearranged(
        plan=replace(
            plan, exposures=scored, statistics=statistics(problem, placed, begun, None),
            unobserved=(),
        ),
        order=tuple(order),
        before=replace(plan, statistics=statistics(problem, shots, begun, None)),
        infeasible=infeasible,
        closer=_closer(problem, shots, placed),
    )  # fmt: skip


class _Clock:
    """When the exposures of a plan could begin in another order."""

    def __init__(self, problem: Problem, shots: Sequence[ScheduledExposure]) -> None:
        self._problem, self._shots = problem, shots

    def kept_times(self, order: Sequence[int]) -> list[ScheduledExposure]:
        """Each at the time that stands at its place, or when the telescope is ready."""
        placed: list[ScheduledExposure] = []
        free = sorted(self._shots[k].start for k in order)
        for place, index in enumerate(order):
            self._place(placed, order, index, free[place])
        return placed

    def closed_up(self, order: Sequence[int]) -> list[ScheduledExposure]:
        """Each as soon as the telescope is ready, in the nights of the plan."""
        first: dict[date, float] = {}
        nights = nights_of(self._problem, self._shots)
        for shot, night in zip(self._shots, nights, strict=True):
            first.setdefault(night, shot.start)
        # They are in the order of time.
        free = [nights[k] for k in sorted(order)]
        placed: list[ScheduledExposure] = []
        last: dict[int, float] = {}
        for place, index in enumerate(order):
            field = self._shots[index].field
            earliest = first[free[place]]
            if field in last:
                earliest = max(earliest, last[field] + self._problem.gap)
            self._place(placed, order, index, earliest)
            last[field] = placed[-1].start
        return placed

    def _place(
        self,
        placed: list[ScheduledExposure],
        order: Sequence[int],
        index: int,
        earliest: float,
    ) -> None:
        shot = self._shots[index]
        start = max(earliest, self._ready(placed, order, shot, index))
        if start > earliest + _SAME:
            # Robots and people read whole seconds.
            start = float(math.ceil(start - _SAME))
        placed.append(replace(shot, start=start, end=start + shot.end - shot.start))

    def _ready(
        self,
        placed: Sequence[ScheduledExposure],
        order: Sequence[int],
        shot: ScheduledExposure,
        index: int,
    ) -> float:
        if not placed:
            return -math.inf
        last = placed[-1]
        pause = self._problem.slews.one(last.field, shot.field, last.end)
        if last.filter != shot.filter:
            pause += self._problem.slews.filter_exchange
        before = order[len(placed) - 1]
        if index == before + 1:
            # Whoever had them follow each other faster is believed.
            pause = min(pause, shot.start - self._shots[before].end)
        return last.end + pause


def _exposures(
    problem: Problem,
    plan: ObservingPlan,
    order: Sequence[int],
    shots: Sequence[ScheduledExposure],
    placed: Sequence[ScheduledExposure],
) -> list[PlannedExposure]:
    """The exposures at their times, with the depth that is predicted for a new one."""
    in_time = sorted(plan.exposures, key=lambda exposure: float(exposure.start.utc.mjd))
    starts: Time = problem.sky.time([shot.start for shot in placed])
    found = []
    for place, index in enumerate(order):
        exposure, shot = in_time[index], placed[place]
        if abs(shot.start - shots[index].start) > _SAME:
            middle = np.array([(shot.start + shot.end) / 2])
            seen = Circumstances(problem.sky, problem.positions[np.array([shot.field])], middle)
            limits = limiting_magnitudes(
                problem.telescope, exposure.filter, exposure.exposure_time, seen
            )
            depth = None if limits is None else round(float(limits[0]), 2)
            exposure = replace(exposure, start=starts[place], limiting_magnitude=depth)
        found.append(exposure)
    return found


def _closer(
    problem: Problem, shots: Sequence[ScheduledExposure], placed: Sequence[ScheduledExposure]
) -> tuple[Closer, ...]:
    asked = problem.request.minimum_gap.to_value(u.s)
    least: dict[int, float] = {}
    for index, gap in _gaps(shots):
        field = shots[index].field
        least[field] = min(gap, least.get(field, math.inf))
    return tuple(
        Closer(index, gap)
        for index, gap in _gaps(placed)
        if gap < min(asked, least.get(placed[index].field, math.inf)) - 1
    )


def _gaps(shots: Sequence[ScheduledExposure]) -> list[tuple[int, float]]:
    """Index and time since the visit before, s, of every visit to a field but the first."""
    last: dict[int, float] = {}
    found = []
    for index, shot in enumerate(shots):
        if shot.field in last:
            found.append((index, shot.start - last[shot.field]))
        last[shot.field] = shot.start
    return found
