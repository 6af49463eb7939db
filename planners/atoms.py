"""Atoms of the sky: what a set of overlapping fields tells apart.

All cells that the same fields cover are one atom. A plan's coverage depends on which atoms it
covers and on nothing else, and there are a hundred times fewer atoms than cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planners.ranges import CELL_AREA, HIGHEST_ORDER
from planners.skymaps import SkyMap

LIKELY = 0.99
"""Credible level of the region whose fields a plan must account for."""


@dataclass(frozen=True, eq=False)
class Atoms:
    """Atoms, and the fields that cover each, as a sparse matrix in both orders."""

    probability: NDArray[np.float64]
    """Probability in each atom, shape (n_atoms,)."""

    area: NDArray[np.float64]
    """Solid angle of each atom, sr, shape (n_atoms,)."""

    need: NDArray[np.int64]
    """Class of visits that each atom still wants: what `classes` told apart; shape (n_atoms,)."""

    likely: NDArray[np.bool_]
    """Whether some of each atom lies in the region of `LIKELY`, shape (n_atoms,)."""

    field: NDArray[np.int64]
    """Field of each (atom, field) pair, by atom; shape (n_pairs,)."""

    start: NDArray[np.int64]
    """Where the pairs of each atom begin, and the end; shape (n_atoms + 1,)."""

    atom: NDArray[np.int64]
    """Atom of each pair, by field; shape (n_pairs,)."""

    field_start: NDArray[np.int64]
    """Where the pairs of each field begin, and the end; shape (n_fields + 1,)."""

    @property
    def n_fields(self) -> int:
        """Number of fields."""
        return len(self.field_start) - 1

    def of_field(self, field: int) -> NDArray[np.int64]:
        """Atoms that one field covers."""
        return self.atom[self.field_start[field] : self.field_start[field + 1]]

    def covered(self, fields: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether any of some fields covers each atom; shape (n_atoms,)."""
        return self.times_covered(fields) > 0

    def times_covered(self, fields: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many of some fields cover each atom; a field given twice counts twice."""
        counts = np.bincount(fields, minlength=self.n_fields)
        return np.bincount(self.atom, counts[self.owner], minlength=len(self.probability)).astype(
            int
        )

    @cached_property
    def owner(self) -> NDArray[np.int64]:
        """Field of each pair of `atom`, shape (n_pairs,)."""
        return np.repeat(np.arange(self.n_fields), np.diff(self.field_start))

    def sum_by_field(self, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of the weights (n_atoms,) of the atoms of each field, shape (n_fields,)."""
        return np.bincount(self.owner, weight[self.atom], minlength=self.n_fields)

    @cached_property
    def field_probability(self) -> NDArray[np.float64]:
        """Probability in each field, overlaps not removed; shape (n_fields,)."""
        return self.sum_by_field(self.probability)


class _Compact:
    """Consecutive numbers for the cells near some fields, so that arrays stay small."""

    def __init__(self, cell: NDArray[np.int64], order: int) -> None:
        level = min(order, 7)
        self._shift = 2 * (order - level)
        present = np.zeros(12 << (2 * level), dtype=bool)
        present[cell >> self._shift] = True
        self._block = np.flatnonzero(present)
        self._rank = np.cumsum(present) - 1
        self.size = len(self._block) << self._shift

    def number(self, cell: NDArray[np.int64]) -> NDArray[np.int64]:
        """Compact number of each cell."""
        low = cell & ((1 << self._shift) - 1)
        return np.asarray((self._rank[cell >> self._shift] << self._shift) | low)

    def cell(self, number: NDArray[np.int64]) -> NDArray[np.int64]:
        """The cell of each compact number."""
        low = number & ((1 << self._shift) - 1)
        return np.asarray((self._block[number >> self._shift] << self._shift) | low)


def _field_hashes(n: int) -> NDArray[np.uint64]:
    """A fixed 64-bit number for each field; sums of different sets differ but for chance."""
    return np.random.default_rng(20171018).integers(1, 1 << 63, size=n, dtype=np.uint64)


def atoms_of(
    skymap: SkyMap,
    order: int,
    start: NDArray[np.int64],
    cell: NDArray[np.int64],
    classes: tuple[NDArray[np.int64], ...] = (),
) -> Atoms:
    """Group the cells of some fields into atoms.

    Parameters
    ----------
    skymap : SkyMap
        Where the probability is.
    order : int
        HEALPix order of the cells.
    start : ndarray, shape (n_fields + 1,)
        Where the cells of each field begin, and the end.
    cell : ndarray, shape (n_cells,)
        NESTED indices, none twice within a field.
    classes : tuple of ndarray
        Sets of cells that are to be told apart: cell in ``classes[k]`` adds ``2**k`` to `need`.
    """
    n_fields = len(start) - 1
    compact = _Compact(cell, order)
    number = compact.number(cell)
    signature = np.zeros(compact.size, dtype=np.uint64)
    hashes = _field_hashes(n_fields + len(classes))
    for i in range(n_fields):
        signature[number[start[i] : start[i + 1]]] += hashes[i]
    covered = np.flatnonzero(signature)
    need = np.zeros(compact.size, dtype=np.int64)
    everywhere = compact.cell(covered)
    for k, chosen in enumerate(classes):
        inside = covered[np.isin(everywhere, chosen)]
        signature[inside] += hashes[n_fields + k]
        need[inside] |= 1 << k
    # Neighbours along the HEALPix curve mostly share their signature: sort runs, not cells.
    values = signature[covered]
    first = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    length = np.diff(np.concatenate([first, [len(covered)]]))
    shift = 2 * (HIGHEST_ORDER - order)
    edge = everywhere << shift
    in_cell = skymap.cumulative(edge + (1 << shift)) - skymap.cumulative(edge)
    in_run = np.add.reduceat(in_cell, first) if len(first) else np.empty(0)
    _, representative, which = np.unique(values[first], return_index=True, return_inverse=True)
    n_atoms = len(representative)
    probability = np.bincount(which, in_run, minlength=n_atoms)
    in_region = skymap.region(LIKELY).contains(edge[first])
    likely = np.bincount(which, in_region, minlength=n_atoms) > 0
    area = np.bincount(which, length, minlength=n_atoms) * float(1 << shift) * CELL_AREA
    stands_for = covered[first[representative]]
    members = _members(stands_for, number, start, compact)
    return Atoms(probability, area, need[stands_for], likely, *members)


def _members(
    stands_for: NDArray[np.int64],
    number: NDArray[np.int64],
    start: NDArray[np.int64],
    compact: _Compact,
) -> tuple[NDArray[np.int64], ...]:
    """Find the fields of each atom from one cell of each: the sparse part of `Atoms`."""
    atom_at = np.full(compact.size, -1, dtype=np.int64)
    atom_at[stands_for] = np.arange(len(stands_for))
    found = atom_at[number]
    at = np.flatnonzero(found >= 0)
    atom = found[at]
    field_start = np.searchsorted(at, start)
    field = np.repeat(np.arange(len(start) - 1), np.diff(field_start))
    by_atom = np.argsort(atom, kind="stable")
    atom_start = np.searchsorted(atom[by_atom], np.arange(len(stands_for) + 1))
    return field[by_atom], atom_start, atom, field_start
