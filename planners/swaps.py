"""Swaps: a whole solution of maximum coverage improved by exchanging one column for another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planners.ranges import expand

Budget = tuple[NDArray[np.integer], NDArray[np.float64], float]
"""Columns, their weights and the limit of the weighted sum."""

_LEAST = 1e-7
"""Probability that a swap must add."""

_SWEEPS, _TRIES = 8, 6
"""Times that all columns are looked at; columns that are tried in place of each."""


class Spending:
    """What a choice of columns uses of each budget."""

    def __init__(self, budgets: list[Budget], n_columns: int) -> None:
        self._left = [limit for _, _, limit in budgets]
        self._of: list[list[tuple[int, float]]] = [[] for _ in range(n_columns)]
        for row, (columns, weights, _) in enumerate(budgets):
            for column, weight in zip(columns.tolist(), weights.tolist(), strict=True):
                self._of[column].append((row, weight))

    def take(self, column: int) -> bool:
        """Take a column if every budget allows it; whether it was."""
        if any(weight > self._left[row] + 1e-9 for row, weight in self._of[column]):
            return False
        for row, weight in self._of[column]:
            self._left[row] -= weight
        return True

    def release(self, column: int) -> None:
        """Give a column back."""
        for row, weight in self._of[column]:
            self._left[row] += weight


class SwapSearch:
    """Improves a choice of columns."""

    def __init__(
        self,
        probability: NDArray[np.float64],
        pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
        n_columns: int,
    ) -> None:
        """Prepare.

        Parameters
        ----------
        probability : ndarray, shape (n_atoms,)
            Of each atom.
        pairs : two ndarrays, shape (n_pairs,)
            Column and atom, for each column that covers an atom; sorted by atom.
        n_columns : int
            Number of columns.
        """
        self._probability = probability
        self._column, self._atom = pairs
        self._atom_start = np.searchsorted(self._atom, np.arange(len(probability) + 1))
        by_column = np.argsort(self._column, kind="stable")
        self._by_column = self._atom[by_column]
        self._column_start = np.searchsorted(self._column[by_column], np.arange(n_columns + 1))
        self._n_columns = n_columns

    def _atoms_of(self, column: int) -> NDArray[np.int64]:
        return self._by_column[self._column_start[column] : self._column_start[column + 1]]

    def _spread(self, atoms: NDArray[np.int64]) -> NDArray[np.float64]:
        """Probability of some atoms, summed over the columns that cover them."""
        start = self._atom_start
        which, rank = expand(start[atoms + 1] - start[atoms])
        columns = self._column[start[atoms][which] + rank]
        weight = self._probability[atoms][which]
        return np.bincount(columns, weight, minlength=self._n_columns)

    def improved(self, taken: NDArray[np.bool_], spending: Spending) -> NDArray[np.bool_]:
        """A choice that covers no less.

        Parameters
        ----------
        taken : ndarray of bool, shape (n_columns,)
            The choice.
        spending : Spending
            What it uses of the budgets.
        """
        taken = taken.copy()
        times = np.zeros(len(self._probability), dtype=np.int64)
        for column in np.flatnonzero(taken).tolist():
            times[self._atoms_of(column)] += 1
        gain = self._spread(np.flatnonzero(times == 0))
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
        atoms = self._atoms_of(column)
        only = atoms[times[atoms] == 1]
        loss = float(self._probability[only].sum())
        worth = np.where(taken, 0.0, gain + self._spread(only))
        promising = np.flatnonzero(worth > loss + _LEAST)
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
        out, into = self._atoms_of(column), self._atoms_of(other)
        before = np.union1d(out, into)
        was_open = times[before] == 0
        times[out] -= 1
        times[into] += 1
        is_open = times[before] == 0
        return (
            gain
            + self._spread(before[is_open & ~was_open])
            - self._spread(before[was_open & ~is_open])
        )
