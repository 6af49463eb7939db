"""From rounds on paper to exposures on the clock."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from planners.budgets import fields_left, within_budgets
from planners.clock import Clock, RobotState, Shot
from planners.cover import MarginalProbability
from planners.programmes import Programmes
from planners.rounds import Round, can_stand, in_order, passes_of, round_at
from planners.structures import PlannedRound, Structure, StructureBuilder

_PAUSE = 300.0
"""Time that passes where no programme can begin, s."""

_STEPS = 6
"""Halvings in the search for how early a round may begin."""


class Execution:
    """Lays the rounds of one structure on the clock, and fills what time is left."""

    def __init__(self, programmes: Programmes, builder: StructureBuilder) -> None:
        self.programmes = programmes
        self.builder = builder
        self.cost = builder.cost
        self.clock = Clock(programmes.problem)
        self.state = RobotState(time=builder.begin)
        self.left = np.ones(len(programmes), dtype=bool)
        self.promised = np.zeros(len(programmes), dtype=bool)
        self.marginal = MarginalProbability(programmes.cover)
        self.shots: list[Shot] = []

    def run(self, structure: Structure, assigned: Sequence[NDArray[np.int64]]) -> list[Shot]:
        """Exposures in the order of time.

        Parameters
        ----------
        structure : tuple of PlannedRound
            The rounds.
        assigned : sequence of ndarray
            Programmes of each.
        """
        for mine in assigned:
            self.promised[mine] = True
        for k, planned in enumerate(structure):
            ends = structure[k + 1].start if k + 1 < len(structure) else self.builder.end
            self._planned_round(planned, assigned[k], ends)
        self._fill_until(self.builder.end)
        return within_budgets(self.programmes, self.shots)

    def _planned_round(
        self, planned: PlannedRound, assigned: NDArray[np.int64], ends: float
    ) -> None:
        """A round of the structure: as early as all that is assigned can be part of it."""
        mine = assigned[self.left[assigned]]
        if len(mine) == 0:
            self.promised[assigned] = False
            return
        begin = self._earliest_begin(planned, mine)
        self._fill_until(begin)
        self.promised[assigned] = False
        begin = max(self.state.time, self._earliest_begin(planned, mine))
        self.state.time = begin
        ends = min(ends, self.builder.window_end(begin))
        length = max(min(self.builder.longest(ends - begin), 1.5 * planned.length), planned.length)
        self._round(planned.filters, length, mine.tolist())

    def _earliest_begin(self, planned: PlannedRound, mine: NDArray[np.int64]) -> float:
        """When the round may begin at the earliest, s."""
        now, latest = self.state.time, planned.start
        if now >= latest or self._can_begin(planned, mine, now):
            return now
        early = now
        for _ in range(_STEPS):
            middle = (early + latest) / 2
            if self._can_begin(planned, mine, middle):
                latest = middle
            else:
                early = middle
        return latest

    def _can_begin(self, planned: PlannedRound, mine: NDArray[np.int64], begin: float) -> bool:
        state = self.state.copy()
        state.time = begin
        this = round_at(self.programmes, state, planned.filters, self.builder.pace(planned.length))
        return can_stand(this, mine.tolist(), self.cost)

    def _fill_until(self, end: float) -> None:
        """Rounds of whatever is most probable, as long as there is time for a round."""
        while True:
            self.left &= self.marginal.gain >= self.programmes.problem.worth
            begin = max(self.state.time, self._soonest())
            if begin >= end:
                return
            self.state.time = begin
            ends = min(end, self.builder.window_end(begin))
            most = self.builder.longest(ends - begin)
            if most < 0:
                self.state.time = ends
                continue
            filters = self.builder.order_after(self.state.filter)
            if not self._round(filters, min(most, self.builder.shortest), []):
                self.state.time += _PAUSE

    def _soonest(self) -> float:
        """When the first field is up that is promised to no other round."""
        free = np.flatnonzero(self.left & ~self.promised)
        exposure = min(self.programmes.problem.exposure.values())
        return min(
            (
                self.clock.when_visible(i, self.state.time, exposure)
                for i in np.unique(self.programmes.field[free]).tolist()
            ),
            default=math.inf,
        )

    def _round(self, filters: tuple[str, ...], length: float, mine: list[int]) -> bool:
        """One round of some programmes and of others that fit; whether anything was done."""
        this = round_at(self.programmes, self.state, filters, self.builder.pace(length))
        chosen = self._completed(this, mine)
        order = in_order(self.programmes, this, chosen, self.state, self.cost)
        passes = passes_of(self.programmes, filters, order)
        laid, dropped, after = self.clock.lay_whole(self.state, passes, math.inf)
        if laid:
            self.shots += laid
            self.state = after
        for k in order:
            field = int(self.programmes.field[k])
            if field not in dropped:
                self.marginal.take(k)
                self.left &= self.programmes.field != field
        return bool(laid)

    def _spare(self, mine: list[int]) -> int:
        """How many programmes more than those promised the budgets allow."""
        promised = len(mine) + int(np.count_nonzero(self.promised & self.left))
        left = fields_left(self.programmes.problem, self.shots, self.cost) - promised
        return int(np.clip(left, 0, len(self.programmes)))

    def _completed(self, this: Round, mine: list[int]) -> list[int]:
        """What is assigned, and the most probable others for which nothing has to wait."""
        programmes = self.programmes
        size = min(int(this.length / self.cost) + 1, len(mine) + self._spare(mine))
        taken = self.promised.copy()
        taken[mine] = True
        gains = self.marginal.copy()
        for k in np.flatnonzero(taken & self.left):
            gains.take(int(k))
        others = np.flatnonzero(self.left & ~taken & (this.latest >= this.earliest))
        chosen = list(mine)
        waited = max((float(this.earliest[k]) for k in mine), default=0.0)
        while len(chosen) < size and len(others) > 0:
            waited = max(waited, len(chosen) * self.cost)
            gain = gains.gain[others]
            gain = np.where(this.earliest[others] <= waited + self.cost, gain, 0.0)
            best = int(np.argmax(gain))
            if gain[best] < programmes.problem.worth:
                break
            chosen.append(int(others[best]))
            gains.take(int(others[best]))
            others = np.delete(others, best)
        return chosen
