"""Atoms of the sky: what a set of overlapping fields tells apart.

All cells that the same fields cover are one atom. A plan's coverage depends on which atoms it
covers and on nothing else, and there are a hundred times fewer atoms than cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planners.footprints.cell_numbers import numbered
from planners.geometry.ranges import CELL_AREA, HIGHEST_ORDER
from planners.skymaps.skymap import SkyMap

LIKELY = 0.99
"""Credible level of the region whose fields a plan must account for."""


@dataclass(frozen=True, eq=False)
class CoveredCells:
    """Cells of one order that some field covers, and the atom that each belongs to."""

    order: int
    """HEALPix order."""

    cell: NDArray[np.int64]
    """NESTED indices, shape (n_cells,)."""

    atom: NDArray[np.int64]
    """Shape (n_cells,)."""

    probability: NDArray[np.float64]
    """In each cell, shape (n_cells,)."""


@dataclass(frozen=True, eq=False)
class Atoms:
    """Atoms, and the fields that cover each, as a sparse matrix in both orders."""

    probability: NDArray[np.float64]
    """Probability in each atom, shape (n_atoms,)."""

    area: NDArray[np.float64]
    """Solid angle of each atom, sr, shape (n_atoms,)."""

    need: NDArray[np.int64]
    """Class of visits that each atom still wants, or, at first, bit k set where it has the k-th
    mark; shape (n_atoms,)."""

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

    cells: tuple[CoveredCells, ...] = ()
    """What they consist of, where that was asked for."""

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
        times = np.bincount(self.atom, counts[self.owner], minlength=len(self.probability))
        return times.astype(np.int64)

    @cached_property
    def owner(self) -> NDArray[np.int64]:
        """Field of each pair of `atom`, shape (n_pairs,)."""
        return np.repeat(np.arange(self.n_fields), np.diff(self.field_start))

    def sum_by_field(self, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of the weights (n_atoms,) of the atoms of each field, shape (n_fields,)."""
        sums = np.bincount(self.owner, weight[self.atom], self.n_fields)
        return sums.astype(np.float64)

    @cached_property
    def field_probability(self) -> NDArray[np.float64]:
        """Probability in each field, overlaps not removed; shape (n_fields,)."""
        return self.sum_by_field(self.probability)


@dataclass(frozen=True, eq=False)
class Layer:
    """Cells of one order that fields cover. The layers of one sky do not overlap."""

    order: int
    """HEALPix order of the cells."""

    start: NDArray[np.int64]
    """Where the cells of each field begin, and the end; shape (n_fields + 1,)."""

    cell: NDArray[np.int64]
    """NESTED indices, none twice within a field; shape (n_cells,)."""

    detector: NDArray[np.int16]
    """Index in the footprint of the detector that each falls on, shape (n_cells,)."""

    marks: tuple[NDArray[np.int64], ...] = ()
    """Sets of cells that are to be told apart."""

    def split_executed(self, n: int) -> tuple[Layer, Layer]:
        """The first `n` fields, and the others."""
        at = int(self.start[n])
        return (
            replace(
                self, start=self.start[: n + 1], cell=self.cell[:at], detector=self.detector[:at]
            ),
            replace(
                self, start=self.start[n:] - at, cell=self.cell[at:], detector=self.detector[at:]
            ),
        )


def atoms_of(skymap: SkyMap, layers: Sequence[Layer], *, with_cells: bool = False) -> Atoms:
    """Group the cells of some fields into atoms.

    Parameters
    ----------
    skymap
        Where the probability is.
    layers
        One or more, each with the same fields and the same marks.
    with_cells
        Keep the cells.
    """
    runs = [_Runs(skymap, layer) for layer in layers]
    signature = np.concatenate([run.signature for run in runs])
    _, first, which = np.unique(signature, return_index=True, return_inverse=True)
    n = len(first)

    def total(name: str) -> NDArray[np.float64]:
        values = np.concatenate([getattr(run, name) for run in runs])
        return np.bincount(which, values, n).astype(np.float64)

    need = np.concatenate([run.need for run in runs])[first]
    field, start, atom, field_start = _members(runs, first, layers[0].start)
    return Atoms(
        probability=total("probability"),
        area=total("area"),
        need=need,
        likely=total("likely") > 0,
        field=field,
        start=start,
        atom=atom,
        field_start=field_start,
        cells=_cells(runs, which) if with_cells else (),
    )


def _cells(runs: Sequence[_Runs], which: NDArray[np.int64]) -> tuple[CoveredCells, ...]:
    """The cells of atoms, by the atom of each run."""
    ends = np.cumsum([len(run.signature) for run in runs])
    return tuple(
        run.cells(atom) for run, atom in zip(runs, np.split(which, ends[:-1]), strict=True)
    )


def _members(
    runs: Sequence[_Runs], first: NDArray[np.int64], start: NDArray[np.int64]
) -> tuple[NDArray[np.int64], ...]:
    """The sparse part of `Atoms`, from the first run of each."""
    atoms, fields = [], []
    begin = 0
    for run in runs:
        own = np.flatnonzero((first >= begin) & (first < begin + len(run.signature)))
        atom, field = run.members(own, first[own] - begin)
        atoms.append(atom)
        fields.append(field)
        begin += len(run.signature)
    atom, field = np.concatenate(atoms), np.concatenate(fields)
    by_field = np.lexsort((atom, field))
    by_atom = np.lexsort((field, atom))
    return (
        field[by_atom],
        np.searchsorted(atom[by_atom], np.arange(len(first) + 1)),
        atom[by_field],
        np.searchsorted(field[by_field], np.arange(len(start))),
    )


class _Runs:
    """Consecutive cells of one layer that the same fields cover.

    Neighbors along the HEALPix curve mostly do, so that there is much less to sort.
    """

    def __init__(self, skymap: SkyMap, layer: Layer) -> None:
        n_fields = len(layer.start) - 1
        self._start = layer.start
        compact = numbered(layer.cell, layer.order)
        self._index = compact.index_of(layer.cell)
        self._size = compact.size
        mixed = np.zeros(compact.size, dtype=np.uint64)
        hashes = _hashes(n_fields + len(layer.marks))
        for i in range(n_fields):
            mixed[self._index[layer.start[i] : layer.start[i + 1]]] += hashes[i]
        covered = np.flatnonzero(mixed)
        values = mixed[covered]
        shift = 2 * (HIGHEST_ORDER - layer.order)
        edge = compact.cell(covered) << shift
        need = np.zeros(len(covered), dtype=np.int64)
        for k, mark in enumerate(layer.marks):
            inside = compact.flagged(mark)[covered]
            values[inside] += hashes[n_fields + k]
            need[inside] |= 1 << k
        first = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]])[: len(values)])
        in_cell = skymap.cumulative(edge + (1 << shift)) - skymap.cumulative(edge)
        self.signature = values[first]
        self.probability = np.add.reduceat(in_cell, first) if len(first) else np.empty(0)
        length = np.diff(np.concatenate([first, [len(covered)]]))
        self.area = length * float(1 << shift) * CELL_AREA
        self.likely = skymap.region(LIKELY).contains(edge[first]).astype(float)
        self.need = need[first]
        self._stands_for = covered[first]
        self._order, self._covered = layer.order, compact.cell(covered)
        self._length, self._in_cell = length, in_cell

    def cells(self, atom: NDArray[np.int64]) -> CoveredCells:
        """The cells, of runs whose atoms are known; shape (n_runs,)."""
        return CoveredCells(
            self._order, self._covered, np.repeat(atom, self._length), self._in_cell
        )

    def members(
        self, atom: NDArray[np.int64], run: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(atom, field) pairs of atoms, each of which a run stands for."""
        atom_at = np.full(self._size, -1, dtype=np.int64)
        atom_at[self._stands_for[run]] = atom
        atoms = atom_at[self._index]
        at = np.flatnonzero(atoms >= 0)
        bounds = np.searchsorted(at, self._start)
        return atoms[at], np.repeat(np.arange(len(self._start) - 1), np.diff(bounds))


def _hashes(n: int) -> NDArray[np.uint64]:
    """A fixed 64-bit number for each field; sums of different sets differ but for chance."""
    return np.random.default_rng(20171018).integers(1, 1 << 63, size=n, dtype=np.uint64)
