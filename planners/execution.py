"""From rounds on paper to exposures on the clock."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from planners.clock import Clock, RobotState, Shot
from planners.marginal import MarginalProbability
from planners.problem import WORTH
from planners.programmes import Programmes
from planners.rounds import Round, in_order, round_at
from planners.structures import PlannedRound, Structure, StructureBuilder

_PATIENCE = 180.0
"""A field that has its place in a round is waited for as long as this, s."""


class Execution:
    """Lays the rounds of one structure on the clock, and fills what time is left."""

    def __init__(self, programmes: Programmes, builder: StructureBuilder) -> None:
        self.programmes = programmes
        self.builder = builder
        self.cost = builder.cost
        self.clock = Clock(programmes.problem)
        self.state = RobotState()
        self.left = np.ones(len(programmes), dtype=bool)
        self.marginal = MarginalProbability(programmes.problem.atoms)
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
        promised = np.zeros(len(self.programmes), dtype=bool)
        for mine in assigned:
            promised[mine] = True
        for k, planned in enumerate(structure):
            ends = structure[k + 1].start if k + 1 < len(structure) else self.builder.end
            promised[assigned[k]] = False
            self._round(planned, assigned[k], promised, ends)
        self._use_what_is_left()
        return self.shots

    def _round(
        self,
        planned: PlannedRound,
        assigned: NDArray[np.int64],
        promised: NDArray[np.bool_],
        ends: float,
    ) -> None:
        state = self.state
        mine = assigned[self.left[assigned]]
        state.time = max(state.time, self._soonest(mine, promised, planned.start))
        length = max(min(self.builder.longest(ends - state.time), 1.5 * planned.length), planned.length)
        this = round_at(self.programmes, state, planned.filters, length)
        size = int(length / self.cost) + 1
        chosen = self._completed(this, mine.tolist(), promised, size)
        order = in_order(self.programmes, this, chosen, state, self.cost)
        self._lay(this, order)

    def _soonest(
        self, mine: NDArray[np.int64], promised: NDArray[np.bool_], start: float
    ) -> float:
        """When the round may begin: as planned, or sooner if fields are up and time is left."""
        free = np.flatnonzero(self.left & ~promised)
        fields = np.unique(self.programmes.field[free]).tolist()
        exposure = min(self.programmes.problem.exposure.values())
        soonest = min(
            (self.clock.when_visible(i, self.state.time, exposure) for i in fields),
            default=math.inf,
        )
        return min(max(soonest, self.state.time), max(start, self.state.time))

    def _completed(
        self, this: Round, chosen: list[int], promised: NDArray[np.bool_], size: int
    ) -> list[int]:
        """What is assigned, and the most probable others that there is time for."""
        programmes = self.programmes
        gains = self.marginal.copy()
        for k in np.flatnonzero(promised | np.isin(np.arange(len(programmes)), chosen)):
            gains.take(int(programmes.field[k]))
        others = np.flatnonzero(self.left & ~promised & (this.latest >= this.earliest))
        others = others[~np.isin(others, chosen)]
        chosen = list(chosen)
        while len(chosen) < size and len(others) > 0:
            gain = gains.gain[programmes.field[others]]
            best = int(np.argmax(gain))
            if gain[best] < WORTH:
                break
            chosen.append(int(others[best]))
            gains.take(int(programmes.field[others[best]]))
            others = np.delete(others, best)
        return chosen

    def _lay(self, this: Round, order: Sequence[int]) -> bool:
        """Put a round on the clock; whether anything of it could be done."""
        programmes = self.programmes
        passes = this.passes(programmes, order)
        laid, dropped, after = self.clock.lay_whole(self.state, passes, _PATIENCE)
        if laid:
            self.shots += laid
            self.state = after
        for k in order:
            field = int(programmes.field[k])
            if field not in dropped:
                self.marginal.take(field)
                self.left &= programmes.field != field
        return bool(laid)

    def _use_what_is_left(self) -> None:
        """Further rounds until the window ends."""
        none = np.zeros(len(self.programmes), dtype=bool)
        while True:
            self.left &= self.marginal.gain[self.programmes.field] >= WORTH
            self.state.time = self._soonest(np.empty(0, np.int64), none, math.inf)
            length = min(self.builder.longest(self.builder.end - self.state.time), self.builder.shortest)
            if not self.left.any() or length < 0:
                return
            orders = self.builder.orders
            filters = next((o for o in orders if o[0] == self.state.filter), orders[0])
            this = round_at(self.programmes, self.state, filters, length)
            chosen = self._completed(this, [], none, int(length / self.cost) + 1)
            if not self._lay(this, in_order(self.programmes, this, chosen, self.state, self.cost)):
                self.state.time += 300.0
