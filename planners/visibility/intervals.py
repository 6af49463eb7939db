"""Intervals of time in which a rule holds, to a small fraction of a second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planners.visibility.local_sky import Circumstances, LocalSky, Positions
from planners.visibility.rules import Rule

_STEP = 300.0
"""Between the samples whose signs are compared, s. A rule that holds for less, between two
samples, is not seen; a plan's exposures are therefore checked once more at their own times."""

_BLOCK = 8192
"""Positions that are looked at together: of all at once a narrow camera's sky takes gigabytes."""

_ACCURACY = 0.02
"""Of the moment at which a rule begins or ceases to hold, s; always on the kept side."""

_ANY_NUMBER = int(np.iinfo(np.int32).max)
"""Of visits that may follow each other at once."""


@dataclass(frozen=True, eq=False)
class Intervals:
    """Disjoint intervals of time, sorted by owner and then by start."""

    owner: NDArray[np.int64]
    """Field that each belongs to, shape (n_intervals,)."""

    start: NDArray[np.float64]
    """s, shape (n_intervals,)."""

    end: NDArray[np.float64]
    """s, shape (n_intervals,)."""

    n: int
    """Number of owners, those without an interval included."""

    @property
    def spans(self) -> list[tuple[float, float]]:
        """Start and end of each, s."""
        return list(zip(self.start.tolist(), self.end.tolist(), strict=True))

    def lasting(self, least: float) -> Intervals:
        """Those that last `least` seconds or more."""
        keep = self.end - self.start >= least
        return Intervals(self.owner[keep], self.start[keep], self.end[keep], self.n)

    def within(self, windows: Sequence[tuple[float, float]]) -> Intervals:
        """What remains inside `windows` (s), which are disjoint and sorted."""
        pieces = [
            (self.owner, np.maximum(self.start, start), np.minimum(self.end, end))
            for start, end in windows
        ]
        if not pieces:
            return Intervals(self.owner[:0], self.start[:0], self.end[:0], self.n)
        owner, start, end = (np.concatenate(part) for part in zip(*pieces, strict=True))
        keep = end > start
        order = np.lexsort((start[keep], owner[keep]))
        return Intervals(owner[keep][order], start[keep][order], end[keep][order], self.n)

    def of(self, chosen: NDArray[np.int64]) -> Intervals:
        """Those of some owners, renumbered in the order of `chosen`."""
        place = np.full(self.n, -1)
        place[chosen] = np.arange(len(chosen))
        owner = place[self.owner]
        keep = owner >= 0
        order = np.lexsort((self.start[keep], owner[keep]))
        return Intervals(
            owner[keep][order], self.start[keep][order], self.end[keep][order], len(chosen)
        )

    @property
    def first(self) -> NDArray[np.float64]:
        """Start of each owner's first interval; inf where it has none; shape (n,)."""
        first = np.full(self.n, np.inf)
        np.minimum.at(first, self.owner, self.start)
        return first

    @property
    def last(self) -> NDArray[np.float64]:
        """End of each owner's last interval; -inf where it has none; shape (n,)."""
        last = np.full(self.n, -np.inf)
        np.maximum.at(last, self.owner, self.end)
        return last

    @property
    def total(self) -> NDArray[np.float64]:
        """Time in all intervals of each owner, s, shape (n,)."""
        return np.bincount(self.owner, self.end - self.start, self.n).astype(np.float64)


def visits_that_fit(visible: Intervals, exposure: float, gap: float) -> NDArray[np.int64]:
    """How many visits, `gap` apart, fit into each owner's intervals; shape (n,).

    Parameters
    ----------
    exposure, gap
        s.
    """
    whole = visible.lasting(exposure)
    fitting = np.zeros(visible.n, dtype=np.int64)
    earliest = np.full(visible.n, -np.inf)
    turn = np.arange(len(whole.owner)) - np.searchsorted(whole.owner, whole.owner)
    # First the first interval of every owner, then the second, and so on: there are few each.
    for k in range(int(turn.max(initial=-1)) + 1):
        now = np.flatnonzero(turn == k)
        first = np.maximum(whole.start[now], earliest[whole.owner[now]])
        room = whole.end[now] - exposure - first
        now, first, room = now[room >= 0], first[room >= 0], room[room >= 0]
        owner = whole.owner[now]
        count = 1 + (room / gap).astype(np.int64) if gap > 0 else np.full(len(now), _ANY_NUMBER)
        fitting[owner] += count
        earliest[owner] = first + count * gap
    return fitting


def _crossings(
    sky: LocalSky,
    positions: Positions,
    rule: Rule,
    kept: NDArray[np.float64],
    broken: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Narrow each bracket between a time at which the rule is kept and one at which it is not.

    Parameters
    ----------
    positions
        One to each bracket. Shape (n,).
    kept, broken
        The two ends, in either order, s. Shape (n,).

    Returns
    -------
    ndarray, shape (n,)
        The kept side of the last bracket, within `_ACCURACY` of the crossing.
    """
    steps = int(np.ceil(np.log2(_STEP / _ACCURACY)))
    for _ in range(steps):
        middle = (kept + broken) / 2
        holds = rule(Circumstances(sky, positions, middle))
        kept, broken = np.where(holds, middle, kept), np.where(holds, broken, middle)
    return kept


def visible_intervals(
    sky: LocalSky,
    positions: Positions,
    rule: Rule,
    windows: Sequence[tuple[float, float]],
    *,
    exact: bool = True,
) -> Intervals:
    """When `rule` holds at each of `positions`, within windows of time.

    Parameters
    ----------
    positions
        The fields. Shape (n,).
    windows
        Starts and ends, s; disjoint.
    exact
        Whether beginnings and ends are found to `_ACCURACY`; else they are those of samples.
    """
    n = len(positions.right_ascension)
    nothing = np.empty(0, np.int64), np.empty(0), np.empty(0)
    found = [
        _in_window(sky, positions, slice(first, first + _BLOCK), rule, window, exact=exact)
        for window in windows
        if window[1] > window[0]
        for first in range(0, n, _BLOCK)
    ]
    owner, start, end = (np.concatenate(part) for part in zip(nothing, *found, strict=True))
    order = np.lexsort((start, owner))
    return Intervals(owner[order], start[order], end[order], n)


def _in_window(  # noqa: PLR0913 - a block of what the caller was asked
    sky: LocalSky,
    positions: Positions,
    block: slice,
    rule: Rule,
    window: tuple[float, float],
    *,
    exact: bool,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Owner, start and end of the intervals of a block of positions in one window."""
    start, end = window
    positions = positions[block]
    n = len(positions.right_ascension)
    times = np.linspace(start, end, max(2, int(np.ceil((end - start) / _STEP)) + 1))
    holds = np.broadcast_to(
        rule(Circumstances(sky, positions[:, None], times)), (n, len(times))
    ).astype(np.int8)
    change = np.diff(holds, axis=1)
    rise_owner, rise = np.nonzero(change == 1)
    set_owner, set_ = np.nonzero(change == -1)
    crossing = np.concatenate([times[rise + 1], times[set_]])
    if exact:
        broken = np.concatenate([times[rise], times[set_ + 1]])
        owners = np.concatenate([rise_owner, set_owner])
        crossing = _crossings(sky, positions[owners], rule, crossing, broken)
    up_at_start, up_at_end = np.flatnonzero(holds[:, 0]), np.flatnonzero(holds[:, -1])
    owner = np.concatenate([up_at_start, rise_owner])
    begins = np.concatenate([np.full(len(up_at_start), start), crossing[: len(rise)]])
    ends = np.concatenate([crossing[len(rise) :], np.full(len(up_at_end), end)])
    by_start = np.lexsort((begins, owner))
    by_end = np.lexsort((ends, np.concatenate([set_owner, up_at_end])))
    return owner[by_start] + block.start, begins[by_start], ends[by_end]
