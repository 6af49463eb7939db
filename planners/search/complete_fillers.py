"""All visits of a field in time that the robot would wait, between what is planned."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from planners.problem.incidence import MarginalProbability
from planners.problem.problem import Problem
from planners.problem.scheduler import ExposureScheduler, RobotState, ScheduledExposure
from planners.problem.visit_options import programs_of

_MAX_TRIED = 400
"""Programs that are tried at the most, the most probable ones."""


def with_complete_visits(
    problem: Problem, scheduled_exposures: Sequence[ScheduledExposure]
) -> list[ScheduledExposure]:
    """Add fields that can have every visit where the robot would wait, without delaying anything.

    The visits of a field may lie in different pauses: each alone is too short for a round.
    """
    planned = sorted(scheduled_exposures, key=lambda one: one.start)
    request = problem.request
    # Visits in a pause may exchange the filter, of which so many were asked for.
    if request.maximum_time is not None or request.blocks is not None:
        return list(scheduled_exposures)
    visit_options = programs_of(problem)
    marginal = MarginalProbability(visit_options.cover)
    visited = {one.field for one in planned}
    seen = {int(problem.pointing[field]) for field in visited}
    for k in np.flatnonzero(np.isin(visit_options.field, list(visited))).tolist():
        marginal.take(k)
    budget = request.maximum_fields
    most = len(visit_options) if budget is None else budget - len(seen)
    pauses = _Pauses(problem)
    possible = pauses.possible_visits(planned)[visit_options.field] >= visit_options.visits
    gain = np.where(possible, marginal.gain, 0.0)
    for k in np.argsort(-gain, kind="stable")[:_MAX_TRIED].tolist():
        field, pointing = int(visit_options.field[k]), int(visit_options.pointing[k])
        if most <= 0 or pointing in seen or not possible[k] or marginal.gain[k] < problem.worth:
            continue
        filters = problem.needs[int(visit_options.need[k])]
        tries = (pauses.with_field(planned, field, order) for order in (filters, filters[::-1]))
        added = next((one for one in tries if one is not None), None)
        if added is not None:
            planned = added
            seen.add(pointing)
            marginal.take(k)
            most -= 1
    return planned


class _Pauses:
    """What can be put between exposures."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._clock = ExposureScheduler(problem)
        self._least = min(problem.exposure.values()) + problem.slews.readout

    def possible_visits(self, planned: Sequence[ScheduledExposure]) -> NDArray[np.int64]:
        """Visits to each field that fit into pauses at the most, shape (n_fields,)."""
        visible = self._problem.visible
        visits = np.zeros(visible.n, dtype=np.int64)
        begins = [0.0, *(one.end for one in planned)]
        ends = [*(one.start for one in planned), self._problem.sky.length]
        exposure = min(self._problem.exposure.values())
        for begin, end in zip(begins, ends, strict=True):
            if end - begin < self._least:
                continue
            room = np.minimum(visible.end, end) - np.maximum(visible.start, begin) - exposure
            fits = room >= 0
            more = room[fits] / max(self._problem.gap, exposure)
            np.add.at(visits, visible.owner[fits], 1 + more.astype(np.int64))
        return visits

    def with_field(
        self, planned: Sequence[ScheduledExposure], field: int, filters: Sequence[str]
    ) -> list[ScheduledExposure] | None:
        """The plan with all visits to a field, each as early as can be; None where one has none."""
        visits: dict[int, float] = {}
        kept = list(planned)
        for name in filters:
            placed = self._placed(kept, field, name, visits)
            if placed is None:
                return None
            at, exposure = placed
            kept.insert(at, exposure)
            visits[field] = exposure.start
        return kept

    def _placed(
        self,
        planned: Sequence[ScheduledExposure],
        field: int,
        name: str,
        visits: dict[int, float],
    ) -> tuple[int, ScheduledExposure] | None:
        """Place in the list of the earliest visit that delays nothing, and the visit."""
        earliest = visits.get(field, -math.inf)
        for at in range(len(planned) + 1):
            after = planned[at] if at < len(planned) else None
            latest = self._problem.sky.length if after is None else after.start
            begin = planned[at - 1].end if at > 0 else 0.0
            if latest - begin < self._least or latest < earliest:
                continue
            state = RobotState(begin, last_visit=dict(visits))
            if at > 0:
                state.field, state.filter = planned[at - 1].field, planned[at - 1].filter
            start, _ = self._clock.next_start(state, field, name)
            if start < math.inf and start + self._occupied(field, name, after) <= latest:
                return at, self._clock.expose(state, field, name, start)
        return None

    def _occupied(self, field: int, name: str, after: ScheduledExposure | None) -> float:
        """From the start of a visit to that of what follows, at the least, s."""
        exposure = self._problem.exposure_time(field, name)
        if after is None:
            return exposure
        slews = self._problem.slews
        exchange = slews.filter_exchange if after.filter != name else 0.0
        return exposure + slews.one(field, after.field, after.start) + exchange
