"""Exposures on the clock: each begins as soon as the robot and the rules allow."""

from __future__ import annotations

import dataclasses
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from planners.problem.problem import Problem

_TICK = 0.1
"""Starts are whole multiples of this, s: times survive being written in milliseconds."""

_PATIENCE = 1.0
"""A field that is not yet up is customarily waited for no longer, s."""


@dataclass(frozen=True)
class ScheduledExposure:
    """One exposure on the clock."""

    field: int
    """Index of the field in the problem."""

    filter: str
    """Filter name."""

    start: float
    """s from the start of the request."""

    end: float
    """Shutter closes, s."""


@dataclass
class RobotState:
    """What the robot is doing, as exposures are added one by one."""

    time: float = 0.0
    """End of the last exposure, s."""

    field: int | None = None
    """Where it points; None where nobody knows."""

    filter: str | None = None
    """What is mounted; None where nobody knows."""

    last_visit: dict[int, float] = dataclasses.field(default_factory=dict)
    """Start of the last visit to each field, s."""

    def copy(self) -> RobotState:
        """An independent copy."""
        return RobotState(self.time, self.field, self.filter, dict(self.last_visit))


class ExposureScheduler:
    """Lays exposures on the clock of one problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._gap = problem.gap
        self._released = problem.earliest_revisit.tolist()

    def when_visible(self, field_index: int, earliest: float, exposure: float) -> float:
        """First start at or after `earliest` of a whole exposure of a field; inf if never."""
        return _fits(*self.problem.visible_lists(field_index), earliest, exposure)

    def first_visible(self, earliest: float, exposure: float) -> NDArray[np.float64]:
        """`when_visible` of every field at once, shape (n_fields,)."""
        visible = self.problem.visible
        begin = np.maximum(visible.start, earliest)
        first = np.full(visible.n, math.inf)
        fits = begin + exposure <= visible.end
        np.minimum.at(first, visible.owner[fits], begin[fits])
        return first

    def when_free(self, earliest: float, exposure: float) -> float:
        """First start at or after `earliest` in the dark, the telescope being free."""
        return _fits(*self.problem.dark_lists, earliest, exposure)

    def ready(self, state: RobotState, field_index: int, filter_name: str) -> float:
        """When the robot could open its shutter there, were the field up."""
        time = state.time
        if state.field is not None:
            time += self.problem.slews.one(state.field, field_index, time)
        if state.filter is not None and state.filter != filter_name:
            time += self.problem.slews.filter_exchange
        return time

    def next_start(
        self, state: RobotState, field_index: int, filter_name: str
    ) -> tuple[float, float]:
        """When the next exposure could begin, and for how long the field alone delays it (s)."""
        exposure = self.problem.exposure_time(field_index, filter_name)
        ready = self.ready(state, field_index, filter_name)
        ready = max(ready, self._released[field_index])
        last = state.last_visit.get(field_index)
        if last is not None:
            ready = max(ready, last + self._gap)
        free = self.when_free(ready, exposure)
        start = _on_tick(self.when_visible(field_index, _on_tick(free), exposure))
        # The next tick may just be too late.
        start = _on_tick(self.when_visible(field_index, start, exposure))
        return start, start - free

    def expose(
        self, state: RobotState, field_index: int, filter_name: str, start: float
    ) -> ScheduledExposure:
        """Record an exposure in `state`."""
        end = start + self.problem.exposure_time(field_index, filter_name)
        state.time, state.field, state.filter = end, field_index, filter_name
        state.last_visit[field_index] = start
        return ScheduledExposure(field_index, filter_name, start, end)

    def schedule(
        self,
        state: RobotState,
        passes: Sequence[tuple[str, Sequence[int]]],
        patience: float = _PATIENCE,
        latest: float = math.inf,
    ) -> tuple[list[ScheduledExposure], list[int], RobotState]:
        """Observe lists of fields, one filter after another.

        Parameters
        ----------
        patience
            A field that is not yet up in its turn is waited for no longer, s.
        latest
            All have ended by then, s.

        Returns
        -------
        scheduled_exposures
            In the order of time.
        failed
            Fields that could not be observed in their turn, in the order of their turns.
        state
            After the last exposure.
        """
        state = state.copy()
        scheduled_exposures: list[ScheduledExposure] = []
        failed: dict[int, None] = {}
        for filter_name, fields in passes:
            for index in fields:
                start, delay = self.next_start(state, index, filter_name)
                too_late = start + self.problem.exposure_time(index, filter_name) > latest
                if delay > patience or start == math.inf or too_late:
                    failed[index] = None
                else:
                    scheduled_exposures.append(self.expose(state, index, filter_name, start))
        return scheduled_exposures, list(failed), state

    def schedule_complete(
        self,
        state: RobotState,
        passes: Sequence[tuple[str, Sequence[int]]],
        patience: float = _PATIENCE,
        latest: float = math.inf,
    ) -> tuple[list[ScheduledExposure], set[int], RobotState]:
        """`schedule`, but a field that cannot have all its passes gets none of them.

        Only the later half of those that fail is dropped at a time: the others may succeed
        with the time that this saves.
        """
        dropped: set[int] = set()
        while True:
            kept = [(name, [i for i in fields if i not in dropped]) for name, fields in passes]
            scheduled_exposures, failed, reached = self.schedule(state, kept, patience, latest)
            if not failed:
                return scheduled_exposures, dropped, reached
            dropped.update(failed[len(failed) // 2 :])


def _on_tick(time: float) -> float:
    return time if time == math.inf else math.ceil(time / _TICK - 1e-6) * _TICK


def _fits(starts: list[float], ends: list[float], earliest: float, length: float) -> float:
    at = max(bisect_right(starts, earliest) - 1, 0)
    for start, end in islice(zip(starts, ends, strict=True), at, None):
        begin = max(start, earliest)
        if begin + length <= end:
            return begin
    return math.inf
