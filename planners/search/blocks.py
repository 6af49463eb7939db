"""Rounds: the same fields once in each filter, pass after pass, in one order.

Passes of equal length give every field the same gap between its visits, and leave a single
choice to make for it: its place in the order. Where that may be follows from when the field can
be seen during all passes. A plan is a series of rounds.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations

import numpy as np
from numpy.typing import NDArray

from planners.problem.scheduler import RobotState
from planners.problem.visit_options import VisitOptions
from planners.search.tours import shortened


def exchanges(filters: tuple[str, ...]) -> int:
    """Filter exchanges between visits in an order."""
    return sum(a != b for a, b in pairwise(filters))


def sequences(wanted: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Orders of some visits that need the fewest filter exchanges; that asked for comes first."""
    orders = sorted(set(permutations(wanted)), key=lambda order: (order != wanted, order))
    fewest = min(exchanges(order) for order in orders)
    return [order for order in orders if exchanges(order) == fewest]


@dataclass(frozen=True)
class Pace:
    """How long the passes of a round are, and how fast things go."""

    length: float
    """From the first to the last exposure of a pass, s."""

    cost: float
    """Usual time from one exposure to the next, s."""

    turn: float
    """From the end of a pass back to the start of its order, beyond the usual, s."""


@dataclass(frozen=True, eq=False)
class Block:
    """A round that could begin now: its passes, and where each program may stand in it."""

    filters: tuple[str, ...]
    """Filter of each pass."""

    length: float
    """Time from the first to the last exposure of a pass, s."""

    earliest: NDArray[np.float64]
    """Place in the order, as time after the start of the pass, s, shape (n_programs,)."""

    latest: NDArray[np.float64]
    """Likewise; below `earliest` where a program cannot be part of the round."""


def passes_of(
    visit_options: VisitOptions, filters: Sequence[str], order: Sequence[int]
) -> list[tuple[str, list[int]]]:
    """The fields of some programs, pass by pass.

    Parameters
    ----------
    filters
        Filter of each pass.
    order
        Programs.
    """
    left = {k: list(visit_options.problem.needs[visit_options.need[k]]) for k in order}
    passes = []
    for name in filters:
        fields = []
        for k in order:
            if name in left[k]:
                left[k].remove(name)
                fields.append(int(visit_options.field[k]))
        passes.append((name, fields))
    return passes


def block_at(
    visit_options: VisitOptions, state: RobotState, filters: tuple[str, ...], pace: Pace
) -> Block:
    """The round of given passes that begins when the robot is free.

    Parameters
    ----------
    filters
        Filter of each pass.
    pace
        Length of the passes, and how fast things go.
    """
    problem = visit_options.problem
    begin = state.time
    if state.filter is not None and state.filter != filters[0]:
        begin += problem.slews.filter_exchange
    n = len(visit_options)
    length = pace.length
    earliest, latest = np.zeros(n), np.full(n, length)
    left = [list(wanted) for wanted in problem.needs]
    offset = 0.0
    for k, name in enumerate(filters):
        if k > 0:
            exchange = problem.slews.filter_exchange if filters[k - 1] != name else 0.0
            offset += max(length + pace.cost + pace.turn + exchange, problem.gap)
        takes_part = np.array([name in wanted for wanted in left])
        for wanted in left:
            if name in wanted:
                wanted.remove(name)
        own = takes_part[visit_options.need]
        low, high = _places(visit_options, begin + offset, length, name)
        earliest = np.where(own, np.maximum(earliest, low), earliest)
        latest = np.where(own, np.minimum(latest, high), latest)
    return Block(filters, length, earliest, latest)


def _places(
    visit_options: VisitOptions, begin: float, length: float, name: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where each field may stand in a pass that begins at `begin`, at the earliest and latest."""
    problem = visit_options.problem
    exposure = (problem.exposure[name] * problem.exposure_scale)[problem.visible.owner]
    visible = problem.visible
    low = np.maximum(
        np.maximum(visible.start, problem.earliest_revisit[visible.owner]) - begin, 0.0
    )
    high = np.minimum(visible.end - exposure - begin, length)
    room = high - low
    # The interval that leaves most room is the one that is used.
    order = np.lexsort((room, visible.owner))
    owners, last_of = visible.owner[order], np.ones(len(order), dtype=bool)
    last_of[:-1] = owners[1:] != owners[:-1]
    best = order[last_of]
    first, final = np.full(visible.n, math.inf), np.full(visible.n, -math.inf)
    first[visible.owner[best]], final[visible.owner[best]] = low[best], high[best]
    return first[visit_options.field], final[visit_options.field]


def can_stand(block: Block, chosen: Sequence[int], cost: float) -> bool:
    """Whether programs can stand in some order, an exposure every `cost` seconds.

    The most urgent that is up goes first, which finds an order if there is one, but for gaps
    of less than an exposure.
    """
    coming = sorted(
        ((float(block.earliest[k]), float(block.latest[k])) for k in chosen), reverse=True
    )
    up: list[float] = []
    time = 0.0
    while coming or up:
        if not up:
            time = max(time, coming[-1][0])
        while coming and coming[-1][0] <= time:
            heapq.heappush(up, coming.pop()[1])
        if heapq.heappop(up) < time:
            return False
        time += cost
    return True


def in_order(
    visit_options: VisitOptions, block: Block, chosen: Sequence[int], state: RobotState, cost: float
) -> list[int]:
    """Order with short slews in which each stands where it may.

    At each step the nearest goes next, unless others would then come too late.
    """
    left = np.array(chosen, dtype=np.int64)
    if len(left) == 0:
        return []
    slews = visit_options.problem.slews
    field = visit_options.field[left]
    distance = slews.between(field[:, None], field[None, :], state.time)
    from_here = (
        np.zeros(len(left))
        if state.field is None
        else slews.between(np.full(len(left), state.field), field, state.time)
    )
    earliest, latest = block.earliest[left], block.latest[left]
    remaining = np.ones(len(left), dtype=bool)
    order: list[int] = []
    time = 0.0
    while remaining.any():
        index = np.flatnonzero(remaining)
        index = index[np.argsort(latest[index], kind="stable")]
        # The j-th most urgent must be reached within j more exposures.
        slack = latest[index] - time - cost * np.arange(len(index))
        tight = np.flatnonzero(slack < cost)
        eligible = index[: tight[0] + 1] if len(tight) else index
        score = from_here[eligible] + np.maximum(earliest[eligible] - time, 0.0)
        best = int(eligible[np.argmin(score)])
        order.append(int(left[best]))
        time = max(time, earliest[best]) + cost
        remaining[best] = False
        from_here = distance[best]
    place = {k: i for i, k in enumerate(left.tolist())}

    def lateness(way: NDArray[np.int64]) -> float:
        at = cost * np.arange(len(way))
        late = np.maximum(at - latest[way], 0.0) + np.maximum(earliest[way] - at, 0.0)
        return float(late.sum())

    way = shortened(distance, [place[k] for k in order], len(block.filters) - 1, lateness)
    return [int(left[i]) for i in way]
