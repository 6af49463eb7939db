"""Which columns cover which atoms: a sparse matrix in both orders."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planners.geometry.ranges import expand


class Incidence:
    """Columns, the atoms that each covers, and the probability in the atoms."""

    def __init__(
        self,
        probability: NDArray[np.float64],
        pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
        n_columns: int,
    ) -> None:
        """Prepare.

        Parameters
        ----------
        probability
            Of each atom. Shape (n_atoms,).
        pairs
            Column and atom, for each column that covers an atom; sorted by atom.
            Shape (n_pairs,).
        n_columns
            Number of columns.
        """
        self.probability = probability
        self.n_columns = n_columns
        self._column, atom = pairs
        self._atom_start = np.searchsorted(atom, np.arange(len(probability) + 1))
        by_column = np.argsort(self._column, kind="stable")
        self._atom = atom[by_column]
        self._column_start = np.searchsorted(self._column[by_column], np.arange(n_columns + 1))

    def atoms_of(self, column: int) -> NDArray[np.int64]:
        """Atoms that one column covers."""
        return self._atom[self._column_start[column] : self._column_start[column + 1]]

    def columns_of(self, atoms: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Columns that cover some atoms, once for each, and the probability of the atom."""
        start = self._atom_start
        which, rank = expand(start[atoms + 1] - start[atoms])
        return self._column[start[atoms][which] + rank], self.probability[atoms][which]

    def spread(self, atoms: NDArray[np.int64]) -> NDArray[np.float64]:
        """Probability of some atoms, summed over the columns that cover them; (n_columns,)."""
        columns, weight = self.columns_of(atoms)
        return np.bincount(columns, weight, self.n_columns).astype(np.float64)


class MarginalProbability:
    """Keeps, for every column, the probability in its atoms that nothing chosen covers yet."""

    def __init__(self, cover: Incidence, wanted: NDArray[np.bool_] | None = None) -> None:
        self._cover = cover
        n_atoms = len(cover.probability)
        self._open = np.ones(n_atoms, dtype=bool) if wanted is None else wanted.copy()
        self.gain = cover.spread(np.flatnonzero(self._open))
        """Probability that each column would add, shape (n_columns,)."""

    def take(self, column: int) -> None:
        """Cover a column."""
        covered = self._cover.atoms_of(column)
        covered = covered[self._open[covered]]
        self._open[covered] = False
        columns, weight = self._cover.columns_of(covered)
        np.subtract.at(self.gain, columns, weight)

    def copy(self) -> MarginalProbability:
        """An independent copy."""
        other = object.__new__(MarginalProbability)
        other._cover, other._open, other.gain = self._cover, self._open.copy(), self.gain.copy()
        return other
