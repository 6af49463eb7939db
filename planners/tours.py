"""Short tours among fields: the order within a block."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from planners.clock import RobotState
from planners.problem import Problem

_MOST_MOVES = 400


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
    order = shortened(cost, nearest_neighbour(cost, first))
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


def shortened(cost: NDArray[np.float64], order: Sequence[int]) -> list[int]:
    """Improve an open tour with a fixed start by reversing pieces until none helps (2-opt).

    Parameters
    ----------
    cost : ndarray, shape (n, n)
        Symmetric.
    order : sequence of int
        Every index once.
    """
    way = np.array(order)
    n = len(way)
    upper = np.triu(np.ones((n, n), dtype=bool), 2)
    upper[-1] = False
    for _ in range(_MOST_MOVES if n > 3 else 0):
        # Reversing way[i + 1 : j + 1] replaces the steps after i and after j by those from
        # i to j and from i + 1 to j + 1; nothing follows the last.
        step = np.concatenate([cost[way[:-1], way[1:]], [0.0]])
        along = cost[np.ix_(way, way)]
        beyond = np.zeros((n, n))
        beyond[:-1, :-1] = along[1:, 1:]
        saving = np.where(upper, step[:, None] + step[None, :] - along - beyond, 0.0)
        best = int(np.argmax(saving))
        if saving.flat[best] < 1e-6:
            break
        i, j = divmod(best, n)
        way[i + 1 : j + 1] = way[i + 1 : j + 1][::-1]
    return [int(i) for i in way]
