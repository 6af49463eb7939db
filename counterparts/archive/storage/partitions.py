"""Into which cells of the sky a catalog is divided: fewer than a number of rows in each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planners.geometry.ranges import HIGHEST_ORDER

MAX_ROWS = 1_000_000
"""Rows in a cell."""

FINEST = 9
"""Order at which rows are counted; cells of this order, 7 arcmin wide, stay whole."""

_CELLS = 12 << (2 * FINEST)
_SHIFT = 2 * (HIGHEST_ORDER - FINEST)


@dataclass(frozen=True, order=True)
class Cell:
    """A HEALPix cell."""

    order: int
    pixel: int

    @property
    def lo(self) -> int:
        """First order-29 index in it."""
        return self.pixel << (2 * (HIGHEST_ORDER - self.order))

    @property
    def hi(self) -> int:
        """One past the last."""
        return (self.pixel + 1) << (2 * (HIGHEST_ORDER - self.order))


class Histogram:
    """How many rows there are in every cell of the finest order."""

    def __init__(self) -> None:
        self._count = np.zeros(_CELLS, dtype=np.int64)

    def add(self, index: NDArray[np.int64]) -> None:
        """Count rows by their order-29 indices."""
        cell, count = np.unique(index >> _SHIFT, return_counts=True)
        self._count[cell] += count

    def cells(self, max_rows: int = MAX_ROWS) -> list[tuple[Cell, int]]:
        """Largest cells with at most so many rows, by their place, and the rows of each."""
        chosen, level = [], self._levels()
        open_cells = np.flatnonzero(level[0])
        for order, count in enumerate(level):
            is_small = (count[open_cells] <= max_rows) | (order == FINEST)
            chosen += [
                (Cell(order, int(pixel)), int(count[pixel])) for pixel in open_cells[is_small]
            ]
            if order < FINEST:
                split = (open_cells[~is_small, None] * 4 + np.arange(4)).ravel()
                open_cells = split[level[order + 1][split] > 0]
        return sorted(chosen, key=lambda one: one[0].lo)

    def _levels(self) -> list[NDArray[np.int64]]:
        levels = [self._count]
        for _ in range(FINEST):
            levels.append(levels[-1].reshape(-1, 4).sum(axis=1))
        return levels[::-1]
