"""Marginal probability: what each field would add to what has been chosen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planners.atoms import Atoms
from planners.ranges import expand


class MarginalProbability:
    """Keeps, for every field, the probability in its atoms that nothing chosen covers yet."""

    def __init__(self, atoms: Atoms, wanted: NDArray[np.bool_] | None = None) -> None:
        self._atoms = atoms
        n_atoms = len(atoms.probability)
        self._open = np.ones(n_atoms, dtype=bool) if wanted is None else wanted.copy()
        self.gain = atoms.sum_by_field(np.where(self._open, atoms.probability, 0.0))
        """Probability that each field would add, shape (n_fields,)."""

    def take(self, field: int) -> None:
        """Cover a field."""
        covered = self._atoms.of_field(field)
        covered = covered[self._open[covered]]
        self._open[covered] = False
        start = self._atoms.start
        which, rank = expand(start[covered + 1] - start[covered])
        pairs = start[covered][which] + rank
        lost = self._atoms.probability[covered]
        np.subtract.at(self.gain, self._atoms.field[pairs], lost[which])

    def copy(self) -> MarginalProbability:
        """An independent copy."""
        return MarginalProbability(self._atoms, self._open)
