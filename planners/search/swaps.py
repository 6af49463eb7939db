"""Swaps: a whole solution of maximum coverage improved by exchanging one column for another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planners.problem.incidence import Incidence

Budget = tuple[NDArray[np.integer], NDArray[np.float64], float]
"""Columns, their weights and the limit of the weighted sum."""

_MIN = 1e-7
"""Probability that a swap must add."""

_ROUNDING = 1e-9
"""Of a budget, so that what fills it exactly fits."""

_SWEEPS, _TRIES = 8, 6
"""Times that all columns are looked at; columns that are tried in place of each."""


class Spending:
    """What a choice of columns uses of each budget."""

    def __init__(self, budgets: list[Budget], n_columns: int) -> None:
        self._left = np.array([limit for _, _, limit in budgets], dtype=np.float64)
        lengths = [len(columns) for columns, _, _ in budgets]
        row = np.repeat(np.arange(len(budgets)), lengths)
        empty = np.empty(0)
        column = np.concatenate([empty, *(columns for columns, _, _ in budgets)]).astype(np.int64)
        weight = np.concatenate([empty, *(weights for _, weights, _ in budgets)])
        order = np.argsort(column, kind="stable")
        self._column, self._row, self._weight = column[order], row[order], weight[order]
        self._start = np.searchsorted(self._column, np.arange(n_columns + 1))

    def take(self, column: int) -> bool:
        """Take a column if every budget allows it; whether it was."""
        rows, weights = self._of(column)
        if (weights > self._left[rows] + _ROUNDING).any():
            return False
        self._left[rows] -= weights
        return True

    def release(self, column: int) -> None:
        """Give a column back."""
        rows, weights = self._of(column)
        self._left[rows] += weights

    def beyond(self) -> NDArray[np.bool_]:
        """Columns that some budget no longer allows. Shape (n_columns,)."""
        too_much = self._weight > self._left[self._row] + _ROUNDING
        return np.bincount(self._column[too_much], minlength=len(self._start) - 1) > 0

    def _of(self, column: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Budgets that a column uses, each once, and how much."""
        own = slice(self._start[column], self._start[column + 1])
        return self._row[own], self._weight[own]


class SwapSearch:
    """Improves a choice of columns."""

    def __init__(self, cover: Incidence) -> None:
        self._cover = cover

    def improved(self, taken: NDArray[np.bool_], spending: Spending) -> NDArray[np.bool_]:
        """A choice that covers no less.

        Parameters
        ----------
        taken
            The choice. Shape (n_columns,).
        spending
            What it uses of the budgets.
        """
        taken = taken.copy()
        times = np.zeros(len(self._cover.probability), dtype=np.int64)
        for column in np.flatnonzero(taken).tolist():
            times[self._cover.atoms_of(column)] += 1
        gain = self._cover.spread(np.flatnonzero(times == 0))
        for _ in range(_SWEEPS):
            changed = False
            for column in np.flatnonzero(taken).tolist():
                other = self._better(column, taken, times, gain, spending)
                if other is None:
                    continue
                changed = True
                taken[column], taken[other] = False, True
                gain = self._swap(column, other, times, gain)
            if not changed:
                break
        return taken

    def _better(
        self,
        column: int,
        taken: NDArray[np.bool_],
        times: NDArray[np.int64],
        gain: NDArray[np.float64],
        spending: Spending,
    ) -> int | None:
        """A column that is worth more than one that is taken, and that the budgets allow."""
        atoms = self._cover.atoms_of(column)
        only = atoms[times[atoms] == 1]
        loss = float(self._cover.probability[only].sum())
        worth = np.where(taken, 0.0, gain + self._cover.spread(only))
        promising = np.flatnonzero(worth > loss + _MIN)
        if len(promising) == 0:
            return None
        spending.release(column)
        for other in promising[np.argsort(-worth[promising], kind="stable")][:_TRIES].tolist():
            if spending.take(other):
                return int(other)
        spending.take(column)
        return None

    def _swap(
        self, column: int, other: int, times: NDArray[np.int64], gain: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Gains after a swap; `times` is brought up to date."""
        out, into = self._cover.atoms_of(column), self._cover.atoms_of(other)
        before = np.union1d(out, into)
        was_open = times[before] == 0
        times[out] -= 1
        times[into] += 1
        is_open = times[before] == 0
        return (
            gain
            + self._cover.spread(before[is_open & ~was_open])
            - self._cover.spread(before[was_open & ~is_open])
        )
