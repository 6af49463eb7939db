"""Short tours among fields: the order within a block."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from planners.clock import RobotState
from planners.problem import Problem

_MOST_MOVES = 300


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
    order = shortened(cost, nearest_neighbour(cost, first), passes - 1)
    return [int(chosen[i]) for i in order]


def nearest_neighbour(cost: NDArray[np.float64], first: int) -> list[int]:
    """Tour that always goes on to the cheapest of what is left.

    Parameters
    ----------
    cost : ndarray, shape (n, n)
        Symmetric.
    first : int
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
    allowed: Callable[[NDArray[np.int64]], bool] | None = None,
) -> list[int]:
    """Improve a tour with a fixed start by reversing pieces until none helps (2-opt).

    Parameters
    ----------
    cost : ndarray, shape (n, n)
        Symmetric.
    order : sequence of int
        Every index once.
    returns : int
        How often the tour is begun again from its end.
    allowed : callable, optional
        Whether an order may be.
    """
    way = np.array(order, dtype=np.int64)
    n = len(way)
    if n < 4:
        return [int(i) for i in way]
    upper = np.triu(np.ones((n, n), dtype=bool), 2)
    weight = np.ones(n)
    weight[-1] = returns / (returns + 1)
    for _ in range(_MOST_MOVES):
        # Reversing way[i + 1 : j + 1] replaces the steps after i and after j by those from
        # i to j and from i + 1 to j + 1. The step after the last leads back to the first.
        ahead = np.concatenate([way[1:], way[:1]])
        step = weight * cost[way, ahead]
        saving = step[:, None] + step[None, :] - cost[np.ix_(way, way)]
        saving -= weight[None, :] * cost[np.ix_(ahead, ahead)]
        saving = np.where(upper, saving, 0.0)
        better = _first_allowed(way, saving, allowed)
        if better is None:
            break
        way = better
    return [int(i) for i in way]


def _first_allowed(
    way: NDArray[np.int64],
    saving: NDArray[np.float64],
    allowed: Callable[[NDArray[np.int64]], bool] | None,
) -> NDArray[np.int64] | None:
    """The order after the best reversal that may be; None if none saves anything."""
    tries = np.argsort(-saving, axis=None, kind="stable")[:20] if allowed else [np.argmax(saving)]
    for best in tries:
        if saving.flat[best] < 1e-3:
            return None
        i, j = divmod(int(best), len(way))
        other = way.copy()
        other[i + 1 : j + 1] = other[i + 1 : j + 1][::-1]
        if allowed is None or allowed(other):
            return other
    return None
