"""Structures: when the rounds of a plan begin, in which filters, and how long their passes are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from planners.problem.problem import Problem
from planners.search.blocks import Pace, exchanges, sequences


@dataclass(frozen=True)
class Step:
    """Usual time from the start of one exposure to that of the next."""

    exposure: float
    """Open shutter, s."""

    overhead: float
    """Readout and slew, s."""


@dataclass(frozen=True)
class PlannedBlock:
    """One round of a structure."""

    start: float
    """s from the start of the request."""

    filters: tuple[str, ...]
    """Filter of each pass."""

    length: float
    """From the first to the last exposure of a pass, s."""


BlockLayout = tuple[PlannedBlock, ...]

_Cut = Callable[[float, float], list[tuple[float, float]]]
"""From the begin and end of a window to the start and length of its rounds."""

_UNBOUND = 1800.0
"""Length of a pass where there is no gap to fill, s."""

_ROUNDING = 1e-6
"""Of a number of exposures."""

_BACK = 0.2
"""Slew to the start of a pass, over the longest slew there is."""

_FIRST_EVEN = 3
"""Even cuts that are tried before all others."""

_EVEN = (1.0, 0.5, 0.75, 0.35, 0.9, 0.2)
"""Numbers of rounds that fill the window evenly, over the greatest: in the order in which they
are tried. Many rounds suit fields that set and rise, few save filter exchanges."""

_SHORT = (0.3, 1.0, 0.6, 0.1)
"""Lengths of a pass, over that which fills the gap, of rounds that are counted from both ends,
from the start and from the end of the window. Short ones suit small maps."""


_HEADS = (0.7, 0.5)
"""Lengths of a first, or last, pass of its own, over that which fills the gap: fields that set
soon leave no time for a whole first round, and those that rise late none for a last one."""


class BlockLayoutBuilder:
    """Cuts the window of a problem into rounds of some visits."""

    def __init__(self, problem: Problem, step: Step, wanted: tuple[str, ...]) -> None:
        """Prepare.

        Parameters
        ----------
        step
            From one exposure to the next.
        wanted
            Visits of a round, by filter.
        """
        self.problem = problem
        self.step = step
        self.cost = step.exposure + step.overhead
        self.wanted = wanted
        self.orders = sequences(self.wanted)
        self.exchange = problem.slews.filter_exchange
        self._turn = _BACK * problem.slews.longest
        self.windows = _windows(problem)
        self.begin = self.windows[0][0] if self.windows else math.inf
        self.end = self.windows[-1][1] if self.windows else -math.inf

    @property
    def shortest(self) -> float:
        """Pass that just fills the gap, s; half an hour where there is none to fill."""
        gap = self.problem.gap - self._between_passes - self.cost
        return gap if len(self.wanted) > 1 and gap > 0 else self._whole(_UNBOUND + self.cost)

    def _whole(self, length: float) -> float:
        """The longest pass of no more than `length` (s) in which exposures leave nothing over."""
        return math.floor(length / self.cost + _ROUNDING) * self.cost

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
        filter_blocks: list[tuple[float, float]] = []
        while True:
            fitting = min(length, self.longest(end - begin))
            if fitting < 0:
                return filter_blocks
            filter_blocks.append((begin, fitting))
            begin += self.duration(fitting)

    def backward(self, begin: float, end: float, length: float) -> list[tuple[float, float]]:
        """Start and length of rounds up to `end`, the first one cut short."""
        filter_blocks: list[tuple[float, float]] = []
        while True:
            fitting = min(length, self.longest(end - begin))
            if fitting < 0:
                return filter_blocks[::-1]
            end -= self.duration(fitting)
            filter_blocks.append((end, fitting))

    def headed(
        self, begin: float, end: float, head: float, length: float
    ) -> list[tuple[float, float]]:
        """A round with passes of `head` first, and then `forward` with those of `length`."""
        middle = min(begin + self.duration(head), end)
        return [*self.forward(begin, middle, head), *self.forward(middle, end, length)]

    def tailed(
        self, begin: float, end: float, head: float, length: float
    ) -> list[tuple[float, float]]:
        """A round with passes of `head` last, and before it `backward` with those of `length`."""
        middle = max(end - self.duration(head), begin)
        return [*self.backward(begin, middle, length), *self.backward(middle, end, head)]

    def from_both_ends(self, begin: float, end: float, length: float) -> list[tuple[float, float]]:
        """Whole rounds from both ends of a window, with what remains in the middle."""
        whole = self.duration(length)
        count = int((end - begin) / whole)
        head, tail = (count + 1) // 2, count // 2
        first = [(begin + i * whole, length) for i in range(head)]
        last = [(end - (tail - i) * whole, length) for i in range(tail)]
        return first + self.forward(begin + head * whole, end - tail * whole, length) + last

    def order_after(self, mounted: str | None) -> tuple[str, ...]:
        """Order of the visits that begins with the filter that is mounted, if there is one."""
        return next((order for order in self.orders if order[0] == mounted), self.orders[0])

    def filtered(
        self, filter_blocks: list[tuple[float, float]], mounted: str | None = None
    ) -> BlockLayout:
        """Give each round an order of filters that begins with the last one's last."""
        layout: list[PlannedBlock] = []
        for start, length in filter_blocks:
            mounted = layout[-1].filters[-1] if layout else mounted
            layout.append(PlannedBlock(start, self.order_after(mounted), length))
        return tuple(layout)

    def even(self, begin: float, end: float, part: float) -> list[tuple[float, float]]:
        """Start and length of rounds that fill a window: a part of the greatest number."""
        most = max(int((end - begin) / self.duration(self.shortest)), 1)
        count = max(round(most * part), 1)
        each = (end - begin) / count
        length = self.longest(each)
        if length < 0:
            return []
        if len(self.wanted) == 1:
            # What a pass leaves over is lost, and of long exposures that is much.
            return self.forward(begin, end, self._whole(length))
        return [(begin + i * each, length) for i in range(count)]

    def _as_asked(self, blocks: int) -> list[tuple[float, float]]:
        """Start and length of rounds that make so many filter blocks, as nearly as can be."""
        changes = exchanges(self.orders[0])
        count = blocks if changes == 0 else max(round((blocks - 1) / changes), 1)
        whole = sum(end - begin for begin, end in self.windows)
        filter_blocks = []
        for begin, end in self.windows:
            own = max(round(count * (end - begin) / whole), 1)
            each = (end - begin) / own
            length = self.longest(each)
            filter_blocks += [(begin + i * each, length) for i in range(own) if length >= 0]
        return filter_blocks

    def window_end(self, time: float) -> float:
        """End of the window that holds `time`, or follows it, s."""
        return next((end for _, end in self.windows if end > time), self.end)

    def _cuts(self) -> list[_Cut]:
        """Ways to cut a window, the likeliest first."""
        even: list[_Cut] = [partial(self.even, part=part) for part in _EVEN]
        ends: list[_Cut] = [
            partial(way, length=self.shortest * factor)
            for factor in _SHORT
            for way in (self.from_both_ends, self.forward, self.backward)
        ]
        heads: list[_Cut] = [
            partial(way, head=self.shortest * head, length=self.shortest * factor)
            for head in _HEADS
            for factor in _SHORT[:2]
            for way in (self.headed, self.tailed)
        ]
        return even[:_FIRST_EVEN] + ends[:3] + heads + ends[3:] + even[_FIRST_EVEN:]

    def candidates(self) -> Iterator[BlockLayout]:
        """Structures worth trying, the likeliest first."""
        if self.problem.request.blocks is not None:
            yield self.filtered(self._as_asked(self.problem.request.blocks))
            return
        seen = set()
        for cut in self._cuts():
            filter_blocks = [one for begin, end in self.windows for one in cut(begin, end)]
            key = tuple((round(start), round(length)) for start, length in filter_blocks)
            if filter_blocks and key not in seen:
                seen.add(key)
                yield self.filtered(filter_blocks)


def _windows(problem: Problem) -> list[tuple[float, float]]:
    """Of each dark interval, the part in which some field is up, s."""
    windows = []
    visible = problem.visible
    for start, end in problem.dark.spans:
        inside = (visible.start >= start) & (visible.start < end)
        if inside.any():
            windows.append((float(visible.start[inside].min()), float(visible.end[inside].max())))
    return windows
