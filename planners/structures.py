"""Structures: when the rounds of a plan begin, in which filters, and how long their passes are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from planners.problem import Problem
from planners.rounds import exchanges, sequences


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

_CUTS = (
    (1.0, "both"),
    (2.25, "both"),
    (1.5, "backward"),
    (1.0, "backward"),
    (0.3, "both"),
    (1.5, "forward"),
    (3.5, "both"),
    (1.0, "forward"),
    (0.6, "both"),
    (2.25, "backward"),
    (1.5, "both"),
    (0.3, "backward"),
    (3.5, "backward"),
    (2.25, "forward"),
    (0.6, "forward"),
    (0.3, "forward"),
)
"""Length of a pass, over the shortest that fills the gap, and from where rounds are counted: in
the order in which they are tried. Short rounds suit small maps, long ones short nights."""


class StructureBuilder:
    """Cuts the window of a problem into rounds."""

    def __init__(self, problem: Problem, cost: float) -> None:
        self.problem = problem
        self.cost = cost
        self.wanted = max(problem.needs, key=len)
        self.orders = sequences(self.wanted)
        self.exchange = problem.slews.filter_exchange
        begin, end = problem.visible.first, problem.visible.last
        self.begin = float(begin.min(initial=math.inf))
        self.end = float(end.max(initial=-math.inf))

    @property
    def shortest(self) -> float:
        """Pass that just fills the gap, s; half an hour where there is none to fill."""
        gap = self.problem.gap - self.exchange * (len(set(self.wanted)) > 1)
        return max(gap, 0.0) if len(self.wanted) > 1 and gap > 0 else 1800.0

    def duration(self, length: float) -> float:
        """Time of a round whose passes have a length, s."""
        visits = len(self.wanted)
        step = max(
            length + self.cost + self.exchange * exchanges(self.orders[0]) / max(visits - 1, 1),
            self.problem.gap,
        )
        return (visits - 1) * step + length + self.cost

    def longest(self, time: float) -> float:
        """Longest pass of a round that takes no more than `time`, s; negative if none does."""
        visits = len(self.wanted)
        changes = exchanges(self.orders[0])
        even = (time - changes * self.exchange) / visits - self.cost
        if even + self.cost + self.exchange * changes / max(visits - 1, 1) >= self.problem.gap:
            return even
        return time - (visits - 1) * self.problem.gap - self.cost

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

    def candidates(self) -> Iterator[Structure]:
        """Structures worth trying, the likeliest first."""
        if self.end <= self.begin:
            return
        seen = set()
        for factor, cut in _CUTS:
            length = self.shortest * factor
            if cut == "both":
                rounds = self.from_both_ends(length)
            elif cut == "forward":
                rounds = self.forward(self.begin, self.end, length)
            else:
                rounds = self.backward(self.begin, self.end, length)
            key = tuple((round(start), round(length)) for start, length in rounds)
            if rounds and key not in seen:
                seen.add(key)
                yield self.filtered(rounds)
