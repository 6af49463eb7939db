"""Exposures that another program planned, put on our clock."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence

import numpy as np
from astropy.time import Time

from planners.problem.plan_statistics import telescope_time
from planners.problem.problem import Problem
from planners.problem.scheduler import ExposureScheduler, RobotState, ScheduledExposure

PATIENCE = 120.0
"""A field that is not yet up is waited for no longer, s."""

Planned = tuple[int, str, Time]
"""Field, filter and start of an exposure."""


def on_our_clock(
    problem: Problem, schedule: Sequence[Planned], *, puts_off: bool
) -> list[ScheduledExposure]:
    """Exposures in the order that was planned, no sooner than planned; no more than requested.

    Nor any that our own planners may not plan: of fields that are excluded or have no reference
    image, and beyond the budgets.

    Parameters
    ----------
    problem
        Of all fields that were planned.
    schedule
        In the order of time.
    puts_off
        What our rules do not allow in its turn is done as soon as they do; else it is left out.
        The program may know less of the telescope than we do, such as where it may not point.
    """
    clock = _Clock(problem)
    for field, name, start in schedule:
        while clock.waiting and clock.can_go_on_with_first():
            clock.take_first()
        index = clock.place[field]
        if not clock.is_wanted(index, name):
            continue
        clock.state.time = max(clock.state.time, problem.sky.seconds(start) - problem.slews.longest)
        chance = clock.take(index, name, PATIENCE)
        if puts_off and chance < np.inf:
            heapq.heappush(clock.waiting, (chance, index, name))
    while clock.waiting:
        clock.take_first()
    return clock.scheduled


class _Clock:
    """What has been scheduled, and what waits for its chance."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.state = RobotState()
        self.scheduled: list[ScheduledExposure] = []
        self.place = {int(field): i for i, field in enumerate(problem.field_id)}
        self.waiting: list[tuple[float, int, str]] = []
        """First chance (s), field and filter; a heap."""
        self._clock = ExposureScheduler(problem)
        self._taken: Counter[tuple[int, str]] = Counter()
        request = problem.request
        self._filters = request.filters
        self._allowed = {name: problem.allowed(name) for name in request.filters}
        self._most_fields = request.maximum_fields or len(problem.field_id)
        budget = request.maximum_time
        self._most_time = None if budget is None else float(budget.to_value("s"))

    def is_wanted(self, index: int, name: str) -> bool:
        """Whether such an exposure was requested, and not yet had."""
        if self._taken[index, name] == self._filters.count(name):
            return False
        fields = self.state.last_visit
        if index not in fields and len(fields) == self._most_fields:
            return False
        return bool(self._allowed[name][index])

    def take(self, index: int, name: str, patience: float) -> float:
        """Schedule it if it need not be waited for; else say when it could begin.

        Gives infinity where there is nothing more to do about it.
        """
        start, delay = self._clock.next_start(self.state, index, name)
        if start == np.inf:
            return start
        if delay > patience:
            return start
        state = self.state.copy()
        exposure = self._clock.expose(state, index, name, start)
        most = self._most_time
        if most is not None and telescope_time(self.problem, [*self.scheduled, exposure]) > most:
            return np.inf
        self.state = state
        self.scheduled.append(exposure)
        self._taken[index, name] += 1
        return np.inf

    def can_go_on_with_first(self) -> bool:
        """Whether what waits has its chance before the robot could do anything else."""
        return self.waiting[0][0] <= self.state.time + self.problem.slews.longest

    def take_first(self) -> None:
        """Take what has its chance first, or let it wait behind what has it sooner now."""
        _, index, name = heapq.heappop(self.waiting)
        if not self.is_wanted(index, name):
            return
        start, _ = self._clock.next_start(self.state, index, name)
        if self.waiting and start > self.waiting[0][0] + self.problem.slews.longest:
            if start < np.inf:
                heapq.heappush(self.waiting, (start, index, name))
            return
        self.take(index, name, np.inf)
