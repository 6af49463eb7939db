"""Short tours among fields: the order within a block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from planners.problem.problem import Problem
from planners.problem.scheduler import RobotState

_MAX_MOVES, _TRIES = 300, 12
"""Changes to a tour, and how many are tried before the next one is given up."""

_PIECES = (1, 2)
"""Lengths of the pieces that are moved."""

_MIN = 0.05
"""What a change must save, s."""


def tour(problem: Problem, fields: Sequence[int], state: RobotState) -> list[int]:
    """Fields in an order of short slews, from where the robot points.

    Where nobody knows where it points, the tour begins with the field that sets first.
    """
    if not fields:
        return []
    chosen = np.array(fields)
    cost = problem.slews.between(chosen[:, None], chosen[None, :], state.time)
    if state.field is None:
        first = int(np.argmin(problem.visible.of(chosen).last))
    else:
        first = int(np.argmin(problem.slews.between(state.field, chosen, state.time)))
    passes = len(problem.request.filters)
    order = shortened(cost, nearest_neighbor(cost, first), passes - 1)
    return [int(chosen[i]) for i in order]


def nearest_neighbor(cost: NDArray[np.float64], first: int) -> list[int]:
    """Tour that always goes on to the cheapest of what is left.

    Parameters
    ----------
    cost
        Symmetric. Shape (n, n).
    first
        Where it begins.
    """
    left = np.ones(len(cost), dtype=bool)
    order = [first]
    left[first] = False
    for _ in range(len(cost) - 1):
        order.append(int(np.argmin(np.where(left, cost[order[-1]], np.inf))))
        left[order[-1]] = False
    return order


def shortened(
    cost: NDArray[np.float64],
    order: Sequence[int],
    returns: int = 0,
    lateness: Callable[[NDArray[np.int64]], float] | None = None,
) -> list[int]:
    """Improve a tour with a fixed start, until no small change helps.

    Pieces are reversed (2-opt) and short pieces moved elsewhere (Or-opt).

    Parameters
    ----------
    cost
        Symmetric. Shape (n, n).
    order
        Every index once.
    returns
        How often the tour is begun again from its end.
    lateness
        How far an order is from what is wanted; no change may make that worse.
    """
    way = np.array(order, dtype=np.int64)
    if len(way) < 4:
        return [int(i) for i in way]
    late = lateness(way) if lateness else 0.0
    for _ in range(_MAX_MOVES):
        for saving, change in ((_reversals(cost, way, returns), _reversed),) + tuple(  # noqa: RUF005 - mypy follows only this
            (_moves(cost, way, length), partial(_moved, length)) for length in _PIECES
        ):
            better = _first_allowed(way, saving, change, lateness, late)
            if better is not None:
                break
        if better is None:
            break
        way = better
        late = lateness(way) if lateness else 0.0
    return [int(i) for i in way]


def _reversals(
    cost: NDArray[np.float64], way: NDArray[np.int64], returns: int
) -> NDArray[np.float64]:
    """What is saved when way[i + 1 : j + 1] is reversed, for each i < j; shape (n, n).

    It replaces the steps after i and after j by those from i to j and from i + 1 to j + 1. The
    step after the last leads back to the first.
    """
    n = len(way)
    weight = np.ones(n)
    weight[-1] = returns / (returns + 1)
    ahead = np.concatenate([way[1:], way[:1]])
    step = weight * cost[way, ahead]
    saving = step[:, None] + step[None, :] - cost[np.ix_(way, way)]
    saving -= weight[None, :] * cost[np.ix_(ahead, ahead)]
    return np.triu(saving, 2)


def _reversed(way: NDArray[np.int64], i: int, j: int) -> NDArray[np.int64]:
    other = way.copy()
    other[i + 1 : j + 1] = other[i + 1 : j + 1][::-1]
    return other


def _moves(cost: NDArray[np.float64], way: NDArray[np.int64], length: int) -> NDArray[np.float64]:
    """What is saved when a piece that begins at i is put after j, turned round or not.

    The first stays where it is. Shape (n, n); nothing where that is no change.
    """
    n = len(way)
    saving = np.zeros((n, n))
    i = np.arange(1, n - length)
    before, first, last, after = way[i - 1], way[i], way[i + length - 1], way[i + length]
    removed = cost[before, first] + cost[last, after] - cost[before, after]
    at, following = way[:-1], way[1:]
    straight = cost[first][:, at] + cost[last][:, following]
    turned = cost[last][:, at] + cost[first][:, following]
    added = np.minimum(straight, turned) - cost[at, following]
    saving[1 : n - length, : n - 1] = removed[:, None] - added
    near = np.arange(n)[None, :] - np.arange(n)[:, None]
    return np.where((near >= -1) & (near < length), 0.0, saving)


def _moved(length: int, way: NDArray[np.int64], i: int, j: int) -> NDArray[np.int64]:
    piece = way[i : i + length]
    remaining = np.delete(way, np.s_[i : i + length])
    at = j + 1 if j < i else j + 1 - length
    return np.concatenate([remaining[:at], piece, remaining[at:]])


def _first_allowed(
    way: NDArray[np.int64],
    saving: NDArray[np.float64],
    change: Callable[[NDArray[np.int64], int, int], NDArray[np.int64]],
    lateness: Callable[[NDArray[np.int64]], float] | None,
    late: float,
) -> NDArray[np.int64] | None:
    """The order after the best change that is allowed; None if none saves anything."""
    if lateness is None:
        tries = [int(np.argmax(saving))]
    else:
        tries = np.argsort(-saving, axis=None, kind="stable")[:_TRIES].tolist()
    for best in tries:
        if saving.flat[best] < _MIN:
            return None
        other = change(way, *divmod(best, len(way)))
        if lateness is None or lateness(other) <= late:
            return other
    return None
