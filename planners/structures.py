"""Structures: when the rounds of a plan begin, in which filters, and how long their passes are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from planners.problem import Problem
from planners.rounds import Pace, exchanges, sequences


@dataclass(frozen=True)
class PlannedRound:
    """One round of a structure."""

    start: float
    """s from the start of the request."""

    filters: tuple[str, ...]
    """Filter of each pass."""

    length: float
    """From the first to the last exposure of a pass, s."""


Structure = tuple[PlannedRound, ...]

_UNBOUND = 1800.0
"""Length of a pass where there is no gap to fill, s."""

_BACK = 0.2
"""Slew to the start of a pass, over the longest slew there is."""

_EVEN = (1.0, 0.5, 0.75, 0.35, 0.9, 0.2)
"""Numbers of rounds that fill the window evenly, over the greatest: in the order in which they
are tried. Many rounds suit fields that set and rise, few save filter exchanges."""

_SHORT = (0.3, 1.0, 0.6, 0.1)
"""Lengths of a pass, over that which fills the gap, of rounds that are counted from both ends,
from the start and from the end of the window. Short ones suit small maps."""


class StructureBuilder:
    """Cuts the window of a problem into rounds."""

    def __init__(self, problem: Problem, cost: float) -> None:
        self.problem = problem
        self.cost = cost
        self.wanted = max(problem.needs, key=len)
        self.orders = sequences(self.wanted)
        self.exchange = problem.slews.filter_exchange
        self._turn = _BACK * problem.slews.longest
        begin, end = problem.visible.first, problem.visible.last
        self.begin = float(begin.min(initial=math.inf))
        self.end = float(end.max(initial=-math.inf))

    @property
    def shortest(self) -> float:
        """Pass that just fills the gap, s; half an hour where there is none to fill."""
        gap = self.problem.gap - self._between_passes - self.cost
        return gap if len(self.wanted) > 1 and gap > 0 else _UNBOUND

    def duration(self, length: float) -> float:
        """Time of a round whose passes have a length, s."""
        step = max(length + self.cost + self._between_passes, self.problem.gap)
        return (len(self.wanted) - 1) * step + length + self.cost + self._turn

    @property
    def _between_passes(self) -> float:
        """Time from the end of a pass to the next, beyond the usual, on average, s."""
        steps = max(len(self.wanted) - 1, 1)
        return self.exchange * exchanges(self.orders[0]) / steps + self._turn

    def longest(self, time: float) -> float:
        """Longest pass of a round that takes no more than `time`, s; negative if none does."""
        visits = len(self.wanted)
        time -= self._turn
        even = (time - (visits - 1) * self._between_passes) / visits - self.cost
        if even + self.cost + self._between_passes >= self.problem.gap:
            return even
        return time - (visits - 1) * self.problem.gap - self.cost

    def pace(self, length: float) -> Pace:
        """Of a round whose passes have a length (s)."""
        return Pace(length, self.cost, self._turn)

    def forward(self, begin: float, end: float, length: float) -> list[tuple[float, float]]:
        """Start and length of rounds from `begin` on, the last one cut short."""
        rounds = []
        while True:
            fitting = min(length, self.longest(end - begin))
            if fitting < 0:
                return rounds
            rounds.append((begin, fitting))
            begin += self.duration(fitting)

    def backward(self, begin: float, end: float, length: float) -> list[tuple[float, float]]:
        """Start and length of rounds up to `end`, the first one cut short."""
        rounds: list[tuple[float, float]] = []
        while True:
            fitting = min(length, self.longest(end - begin))
            if fitting < 0:
                return rounds[::-1]
            end -= self.duration(fitting)
            rounds.append((end, fitting))

    def from_both_ends(self, length: float) -> list[tuple[float, float]]:
        """Whole rounds from both ends of the window, with what remains in the middle."""
        whole = self.duration(length)
        count = int((self.end - self.begin) / whole)
        head, tail = (count + 1) // 2, count // 2
        first = self.forward(self.begin, self.begin + head * whole + 1e-6, length)[:head]
        last = (
            self.backward(self.end - tail * whole - 1e-6, self.end, length)[-tail:] if tail else []
        )
        middle = self.forward(self.begin + head * whole, self.end - tail * whole, length)
        return first + middle + last

    def order_after(self, mounted: str | None) -> tuple[str, ...]:
        """Order of the visits that begins with the filter that is mounted, if there is one."""
        return next((order for order in self.orders if order[0] == mounted), self.orders[0])

    def filtered(self, rounds: list[tuple[float, float]]) -> Structure:
        """Give each round an order of filters that begins with the last one's last."""
        structure: list[PlannedRound] = []
        for start, length in rounds:
            mounted = structure[-1].filters[-1] if structure else None
            structure.append(PlannedRound(start, self.order_after(mounted), length))
        return tuple(structure)

    def even(self, count: int) -> list[tuple[float, float]]:
        """Start and length of so many rounds that fill the window."""
        each = (self.end - self.begin) / count
        length = self.longest(each)
        return [(self.begin + i * each, length) for i in range(count)] if length >= 0 else []

    def candidates(self) -> Iterator[Structure]:
        """Structures worth trying, the likeliest first."""
        if self.end <= self.begin:
            return
        most = max(int((self.end - self.begin) / self.duration(self.shortest)), 1)
        tried = [self.even(max(round(most * part), 1)) for part in _EVEN[:2]]
        for factor in _SHORT:
            length = self.shortest * factor
            tried += [
                self.from_both_ends(length),
                self.forward(self.begin, self.end, length),
                self.backward(self.begin, self.end, length),
            ]
        tried[3:3] = [self.even(max(round(most * part), 1)) for part in _EVEN[2:]]
        seen = set()
        for rounds in tried:
            key = tuple((round(start), round(length)) for start, length in rounds)
            if rounds and key not in seen:
                seen.add(key)
                yield self.filtered(rounds)
