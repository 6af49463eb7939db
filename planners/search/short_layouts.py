"""Structures for a budget of telescope time: few rounds, placed where they cover most.

It is spent best with few filter exchanges, and leaves most of the night to choose from. Rounds are
placed one after the other, each where the most probable fields that no earlier one takes can have
all their visits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from astropy import units as u
from numpy.typing import NDArray

from planners.problem.incidence import MarginalProbability
from planners.problem.scheduler import RobotState
from planners.problem.visit_options import VisitOptions
from planners.search.block_layouts import BlockLayout, BlockLayoutBuilder
from planners.search.blocks import block_at, exchanges

_STEP = 900.0
"""Between two starts of a round that are tried, s, unless that were more than `_MAX_STARTS`."""

_MAX_STARTS = 60

_MAX_ROUNDS = 4

_KEPT = 3
"""Places of the first round from which structures are grown."""


@dataclass(frozen=True, eq=False)
class _Placed:
    """A round somewhere in the night, by what it could cover."""

    start: float
    """s from the start of the request."""

    gain: float
    """Probability."""

    marginal: MarginalProbability
    """What is left after it."""


class ShortLayouts:
    """Places few rounds in the window of a problem with a budget of time."""

    def __init__(self, visit_options: VisitOptions, builder: BlockLayoutBuilder) -> None:
        self.visit_options = visit_options
        self.builder = builder

    def candidates(self) -> Iterator[BlockLayout]:
        """Structures of one round, of two, and so on, and then others of as many.

        None where the budget leaves no choice.
        """
        if self.builder.problem.request.blocks is not None:
            return
        by_rounds = (self._grown(rounds) for rounds in range(1, _MAX_ROUNDS + 1))
        for alike in zip_longest(*by_rounds):
            yield from filter(None, alike)

    def _grown(self, rounds: int) -> Iterator[BlockLayout]:
        """Structures of so many rounds, the likeliest first."""
        length = self._length(rounds)
        if length < 0 or not self._fits(rounds, length):
            return
        for first in self._places(length, [], MarginalProbability(self.visit_options.cover)):
            placed = [first]
            while len(placed) < rounds:
                others = self._places(length, placed, placed[-1].marginal)
                if not others:
                    break
                placed.append(others[0])
            starts = sorted(place.start for place in placed)
            yield self.builder.filtered([(start, length) for start in starts])

    def _length(self, rounds: int) -> float:
        """From the first to the last exposure of a pass, of rounds that spend the budget, s."""
        request, builder = self.builder.problem.request, self.builder
        visits = len(builder.wanted)
        if request.maximum_time is None:
            return -1.0
        spent = rounds * exchanges(builder.orders[0]) * builder.exchange
        fields = (request.maximum_time.to_value(u.s) - spent) / (builder.cost * visits)
        return (np.ceil(fields / rounds) - 1) * builder.cost if fields >= rounds else -1.0

    def _fits(self, rounds: int, length: float) -> bool:
        """Whether so many rounds leave a choice of where they are."""
        whole = sum(end - begin for begin, end in self.builder.windows)
        return rounds * self.builder.duration(length) < whole

    def _places(
        self, length: float, before: list[_Placed], marginal: MarginalProbability
    ) -> list[_Placed]:
        """The best places of one more round beside others, the best first."""
        duration = self.builder.duration(length)
        places = [
            self._placed(start, length, marginal)
            for start in self._starts(duration)
            if all(abs(start - other.start) >= duration for other in before)
        ]
        places.sort(key=lambda place: (-place.gain, place.start))
        chosen: list[_Placed] = []
        for place in places:
            # Neighbors cover the same.
            if all(abs(place.start - other.start) >= duration / 2 for other in chosen):
                chosen.append(place)
        return chosen[:_KEPT]

    def _starts(self, duration: float) -> list[float]:
        open_ = [
            (begin, end - duration)
            for begin, end in self.builder.windows
            if end - begin >= duration
        ]
        step = max(_STEP, sum(last - first for first, last in open_) / _MAX_STARTS)
        return [
            float(start)
            for first, last in open_
            for start in np.linspace(first, last, int((last - first) / step) + 2)
        ]

    def _placed(self, start: float, length: float, marginal: MarginalProbability) -> _Placed:
        """What a round covers that takes the most probable fields, one after the other."""
        builder = self.builder
        block = block_at(
            self.visit_options, RobotState(time=start), builder.orders[0], builder.pace(length)
        )
        is_up: NDArray[np.bool_] = block.latest >= block.earliest
        marginal = marginal.copy()
        total = 0.0
        for _ in range(int(length / builder.cost) + 1):
            gain = np.where(is_up, marginal.gain, 0.0)
            best = int(np.argmax(gain))
            if gain[best] < builder.problem.worth:
                break
            total += float(gain[best])
            marginal.take(best)
            is_up &= self.visit_options.pointing != self.visit_options.pointing[best]
        return _Placed(start, total, marginal)
