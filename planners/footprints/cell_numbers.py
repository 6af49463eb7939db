"""Consecutive numbers for cells of the sky, so that what is kept for each takes little memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_COMPACT_ORDER = 7
"""HEALPix order of the blocks of cells that are numbered together."""

_SPARSE, _SMALL = 30, 1_000_000
"""Where blocks hold so many times the cells that fields cover, and more than the second, each cell
is numbered for itself."""


class _Compact:
    """Consecutive numbers for the cells near some fields, so that arrays stay small."""

    def __init__(self, cell: NDArray[np.int64], order: int) -> None:
        level = min(order, _COMPACT_ORDER)
        self._shift = 2 * (order - level)
        present = np.zeros(12 << (2 * level), dtype=bool)
        present[cell >> self._shift] = True
        self._present = present
        self._block = np.flatnonzero(present)
        self._rank = np.cumsum(present) - 1
        self.size = len(self._block) << self._shift

    def index_of(self, cell: NDArray[np.int64]) -> NDArray[np.int64]:
        """Compact number of each cell."""
        low = cell & ((1 << self._shift) - 1)
        return np.asarray((self._rank[cell >> self._shift] << self._shift) | low)

    def flagged(self, cell: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which numbers belong to some cells, shape (size,)."""
        flags = np.zeros(self.size, dtype=bool)
        flags[self.index_of(cell[self._present[cell >> self._shift]])] = True
        return flags

    def cell(self, index: NDArray[np.int64]) -> NDArray[np.int64]:
        """The cell of each compact number."""
        low = index & ((1 << self._shift) - 1)
        return np.asarray((self._block[index >> self._shift] << self._shift) | low)


class _Scattered:
    """The same for few cells far from each other, as those around galaxies: a number a cell.

    The blocks of `_Compact` would be a million times as many cells where a camera is narrow.
    """

    def __init__(self, cell: NDArray[np.int64]) -> None:
        self._known = np.unique(cell)
        self.size = len(self._known)

    def index_of(self, cell: NDArray[np.int64]) -> NDArray[np.int64]:
        """Compact number of each cell."""
        return np.searchsorted(self._known, cell)

    def flagged(self, cell: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which numbers belong to some cells, shape (size,)."""
        return np.isin(self._known, cell)

    def cell(self, index: NDArray[np.int64]) -> NDArray[np.int64]:
        """The cell of each compact number."""
        return self._known[index]


def numbered(cell: NDArray[np.int64], order: int) -> _Compact | _Scattered:
    """Numbers for the cells of some fields, in the way that takes little memory.

    Parameters
    ----------
    cell
        NESTED indices, in any order and as often as they come. Shape (n,).
    order
        Their HEALPix order.
    """
    compact = _Compact(cell, order)
    return _Scattered(cell) if compact.size > max(_SPARSE * len(cell), _SMALL) else compact
