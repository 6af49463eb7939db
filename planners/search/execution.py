"""From rounds on paper to exposures on the clock."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from planners.problem.incidence import MarginalProbability
from planners.problem.scheduler import ExposureScheduler, RobotState, ScheduledExposure
from planners.problem.visit_options import VisitOptions, contains
from planners.search.block_layouts import BlockLayout, BlockLayoutBuilder, PlannedBlock
from planners.search.blocks import Block, block_at, can_stand, in_order, passes_of
from planners.search.budgets import fields_left, within_budgets

_PAUSE = 300.0
"""Time that passes where no program can begin, s."""

_STEPS = 6
"""Halvings in the search for how early a round may begin."""


class Execution:
    """Lays the rounds of one structure on the clock, and fills what time is left."""

    def __init__(self, visit_options: VisitOptions, kinds: Sequence[BlockLayoutBuilder]) -> None:
        """Prepare.

        Parameters
        ----------
        kinds
            Every kind of round that there may be, at least one.
        """
        self.visit_options = visit_options
        self.builder = builder = kinds[0]
        self._kinds = {tuple(sorted(kind.wanted)): kind for kind in kinds}
        self.cost = builder.cost
        self.clock = ExposureScheduler(visit_options.problem)
        self.state = RobotState(time=builder.begin)
        self.left = np.ones(len(visit_options), dtype=bool)
        self.promised = np.zeros(len(visit_options), dtype=bool)
        self.marginal = MarginalProbability(visit_options.cover)
        self.scheduled_exposures: list[ScheduledExposure] = []

    def run(
        self, layout: BlockLayout, assigned: Sequence[NDArray[np.int64]]
    ) -> list[ScheduledExposure]:
        """Exposures in the order of time.

        Parameters
        ----------
        layout
            The rounds.
        assigned
            Programs of each.
        """
        for members in assigned:
            self.promised[members] = True
        for k, planned in enumerate(layout):
            ends = layout[k + 1].start if k + 1 < len(layout) else self.builder.end
            self._planned_round(planned, assigned[k], ends)
        self._fill_until(self.builder.end)
        return within_budgets(self.visit_options.problem, self.scheduled_exposures)

    def _planned_round(
        self, planned: PlannedBlock, assigned: NDArray[np.int64], ends: float
    ) -> None:
        """A round of the structure: as early as all that is assigned can be part of it."""
        members = assigned[self.left[assigned]]
        if len(members) == 0:
            self.promised[assigned] = False
            return
        begin = self._earliest_begin(planned, members)
        self._fill_until(begin)
        self.promised[assigned] = False
        begin = max(self.state.time, self._earliest_begin(planned, members))
        self.state.time = begin
        ends = min(ends, self.builder.window_end(begin))
        longest = self._kinds[tuple(sorted(planned.filters))].longest(ends - begin)
        length = max(min(longest, 1.5 * planned.length), planned.length)
        self._round(planned.filters, length, members.tolist())

    def _earliest_begin(self, planned: PlannedBlock, members: NDArray[np.int64]) -> float:
        """When the round may begin at the earliest, s."""
        now, latest = self.state.time, planned.start
        if now >= latest or self._can_begin(planned, members, now):
            return now
        early = now
        for _ in range(_STEPS):
            middle = (early + latest) / 2
            if self._can_begin(planned, members, middle):
                latest = middle
            else:
                early = middle
        return latest

    def _can_begin(self, planned: PlannedBlock, members: NDArray[np.int64], begin: float) -> bool:
        state = self.state.copy()
        state.time = begin
        block = block_at(
            self.visit_options, state, planned.filters, self.builder.pace(planned.length)
        )
        return can_stand(block, members.tolist(), self.cost)

    def _fill_until(self, end: float) -> None:
        """Rounds of whatever is most probable, as long as there is time for a round."""
        while True:
            self.left &= self.marginal.gain >= self.visit_options.worth
            begin = max(self.state.time, self._soonest())
            if begin >= end:
                return
            self.state.time = begin
            ends = min(end, self.builder.window_end(begin))
            kind = self._most_rewarding(ends - begin)
            if kind is None:
                self.state.time = ends
                continue
            length = min(kind.longest(ends - begin), kind.shortest)
            if not self._round(kind.order_after(self.state.filter), length, []):
                self.state.time += _PAUSE

    def _most_rewarding(self, time: float) -> BlockLayoutBuilder | None:
        """The kind of round that covers most in its time, of those that take no more."""
        fitting = [kind for kind in self._kinds.values() if kind.longest(time) >= 0]
        if len(fitting) < 2:
            return next(iter(fitting), None)
        return max(fitting, key=lambda kind: self._reward(kind, time))

    def _reward(self, kind: BlockLayoutBuilder, time: float) -> float:
        """Probability that a round would finish in a second, were all fields up."""
        visit_options = self.visit_options
        finishes = np.array(
            [contains(kind.wanted, wanted) for wanted in visit_options.problem.needs]
        )
        members = self.left & ~self.promised & finishes[visit_options.need]
        length = min(kind.longest(time), kind.shortest)
        size = int(length / self.cost) + 1
        return float(np.sort(self.marginal.gain[members])[-size:].sum()) / kind.duration(length)

    def _soonest(self) -> float:
        """When the first field is up that is promised to no other round."""
        free = self.visit_options.field[self.left & ~self.promised]
        exposure = min(self.visit_options.problem.exposure.values())
        first = self.clock.first_visible(self.state.time, exposure)
        return float(first[free].min(initial=math.inf))

    def _round(self, filters: tuple[str, ...], length: float, members: list[int]) -> bool:
        """One round of some programs and of others that fit; whether anything was done."""
        block = block_at(self.visit_options, self.state, filters, self.builder.pace(length))
        chosen = self._completed(block, members)
        order = in_order(self.visit_options, block, chosen, self.state, self.cost)
        passes = passes_of(self.visit_options, filters, order)
        # Who waits for a field that has just set waits a day, and all others with it.
        latest = self.builder.window_end(self.state.time)
        scheduled, dropped, after = self.clock.schedule_complete(
            self.state, passes, math.inf, latest
        )
        if scheduled:
            self.scheduled_exposures += scheduled
            self.state = after
        for k in order:
            field = int(self.visit_options.field[k])
            if field not in dropped:
                self.marginal.take(k)
                self.left &= self.visit_options.pointing != self.visit_options.pointing[k]
        return bool(scheduled)

    def _spare(self, members: list[int]) -> int:
        """How many programs more than those promised the budgets allow."""
        promised = len(members) + int(np.count_nonzero(self.promised & self.left))
        left = (
            fields_left(self.visit_options.problem, self.scheduled_exposures, self.cost) - promised
        )
        return int(np.clip(left, 0, len(self.visit_options)))

    def _completed(self, block: Block, members: list[int]) -> list[int]:
        """What is assigned, and the most probable others for which nothing has to wait."""
        visit_options = self.visit_options
        size = min(int(block.length / self.cost) + 1, len(members) + self._spare(members))
        taken = self.promised.copy()
        taken[members] = True
        gains = self.marginal.copy()
        for k in np.flatnonzero(taken & self.left):
            gains.take(int(k))
        others = np.flatnonzero(self.left & ~taken & (block.latest >= block.earliest))
        chosen = list(members)
        waited = max((float(block.earliest[k]) for k in members), default=0.0)
        while len(chosen) < size and len(others) > 0:
            waited = max(waited, len(chosen) * self.cost)
            gain = np.where(
                gains.gain[others] >= visit_options.worth[others], gains.gain[others], 0
            )
            gain = np.where(block.earliest[others] <= waited + self.cost, gain, 0.0)
            best = int(np.argmax(gain))
            if gain[best] <= 0:
                break
            chosen.append(int(others[best]))
            gains.take(int(others[best]))
            others = np.delete(others, best)
        return chosen
