"""Regions of the sky as half-open ranges of HEALPix NESTED indices at order 29."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import astropy_healpix
import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import ArrayLike, NDArray

HIGHEST_ORDER = 29
"""HEALPix order whose NESTED index still fits a signed 64-bit integer."""

SKY_END = 12 << (2 * HIGHEST_ORDER)
"""One past the last index at order 29."""

CELL_AREA = 4 * np.pi / SKY_END
"""Solid angle of one cell of order 29, sr."""


def hpx29(coord: SkyCoord) -> NDArray[np.int64]:
    """Order-29 NESTED index of the cell that holds each position; shape of `coord`."""
    coord = coord.icrs
    index = astropy_healpix.lonlat_to_healpix(
        coord.ra, coord.dec, nside=1 << HIGHEST_ORDER, order="nested"
    )
    return np.asarray(index, dtype=np.int64)


def expand(count: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Enumerate `count[i]` things for each i.

    Returns
    -------
    owner
        i, `count[i]` times over. Shape (sum(count).
    rank
        0 to ``count[i] - 1`` within each owner. Shape (sum(count).
    """
    owner = np.repeat(np.arange(len(count)), count)
    first = np.cumsum(count) - count
    return owner, np.arange(len(owner)) - first[owner]


def sorted_unique(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Distinct values, ascending; several times faster than `numpy.unique` hashes them."""
    ordered = np.sort(values)
    return np.asarray(
        ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(ordered)]]
    )


def consecutive(
    cell: NDArray[np.int64], *labels: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Runs of cells that follow one another and agree in every label.

    Parameters
    ----------
    cell
        NESTED indices of one order. Shape (n,).
    *labels
        What a cell belongs to. Shape (n,).

    Returns
    -------
    first, last
        Positions in `cell` of the first and last cell of each run. Shape (n_runs,).
    """
    follows = np.diff(cell) == 1
    for label in labels:
        follows &= label[1:] == label[:-1]
    if len(cell) == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    begins = np.concatenate([[True], ~follows])
    ends = np.concatenate([~follows, [True]])
    return np.flatnonzero(begins), np.flatnonzero(ends)


def merged(lo: NDArray[np.int64], hi: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """Sort ranges and join those that touch or overlap; empty ones vanish.

    Returns
    -------
    lo, hi
        Sorted, and no two touch. Shape (n_ranges,).
    """
    keep = lo < hi
    lo, hi = lo[keep], hi[keep]
    if len(lo) == 0:
        return lo, hi
    order = np.argsort(lo, kind="stable")
    lo, reach = lo[order], np.maximum.accumulate(hi[order])
    starts = np.concatenate([[True], lo[1:] > reach[:-1]])
    ends = np.concatenate([starts[1:], [True]])
    return lo[starts], reach[ends]


def overlaps(
    lo: NDArray[np.int64],
    hi: NDArray[np.int64],
    other_lo: NDArray[np.int64],
    other_hi: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Every common piece of two sets of ranges.

    Parameters
    ----------
    lo, hi
        Ranges in any order; they may overlap one another. Shape (n,).
    other_lo, other_hi
        Sorted and disjoint. Shape (m,).

    Returns
    -------
    piece_lo, piece_hi
        The pieces, by the order of the first set, then of the second. Shape (n_pieces,).
    index, other_index
        The range of each set that a piece comes from. Shape (n_pieces,).
    """
    first = np.searchsorted(other_hi, lo, side="right")
    last = np.searchsorted(other_lo, hi, side="left")
    index, rank = expand(np.maximum(last - first, 0))
    other_index = first[index] + rank
    piece_lo = np.maximum(lo[index], other_lo[other_index])
    piece_hi = np.minimum(hi[index], other_hi[other_index])
    return piece_lo, piece_hi, index, other_index


@dataclass(frozen=True, eq=False)
class Ranges:
    """A region of the sky. Make one by `Ranges.of`, which sorts and merges.

    Examples
    --------
    Three cells of HEALPix order 1, of which the third is taken away again.

    >>> from planners import Ranges
    >>> three = Ranges.of_cells(1, [4, 5, 9])
    >>> two = three.difference(Ranges.of_cells(1, [9]))
    >>> len(three), len(two)
    (2, 1)
    >>> print(f"{two.area:.2f}, and {two.complement().area:.2f} besides")
    1718.87 deg2, and 39534.09 deg2 besides
    """

    lo: NDArray[np.int64]
    """First order-29 NESTED index of each range; sorted; shape (n_ranges,)."""

    hi: NDArray[np.int64]
    """One past the last; no two ranges touch; shape (n_ranges,)."""

    @classmethod
    def of(cls, lo: ArrayLike, hi: ArrayLike) -> Self:
        """Region covered by any ranges, in any order, overlapping or not."""
        return cls(*merged(np.asarray(lo, dtype=np.int64), np.asarray(hi, dtype=np.int64)))

    @classmethod
    def of_cells(cls, order: int, cell: ArrayLike) -> Self:
        """Region covered by cells of one HEALPix order, given by NESTED index."""
        shift = 2 * (HIGHEST_ORDER - order)
        index = np.asarray(cell, dtype=np.int64)
        return cls.of(index << shift, (index + 1) << shift)

    @classmethod
    def empty(cls) -> Self:
        """Nowhere."""
        return cls.of([], [])

    @classmethod
    def sky(cls) -> Self:
        """Everywhere."""
        return cls.of([0], [SKY_END])

    def __len__(self) -> int:
        return len(self.lo)

    @property
    def area(self) -> u.Quantity[u.deg**2]:
        """Solid angle."""
        cells = np.sum((self.hi - self.lo).astype(float))
        return (cells * CELL_AREA * u.sr).to(u.deg**2)

    def contains(self, index: ArrayLike) -> NDArray[np.bool_]:
        """Whether each order-29 index (any shape; see `hpx29`) lies within."""
        at = np.asarray(index, dtype=np.int64)
        if len(self.lo) == 0:
            return np.zeros(at.shape, dtype=bool)
        nearest = np.searchsorted(self.lo, at, side="right") - 1
        return (nearest >= 0) & (at < self.hi[np.maximum(nearest, 0)])

    def union(self, *others: Ranges) -> Ranges:
        """What lies in this region or in any other."""
        regions = (self, *others)
        return Ranges.of(
            np.concatenate([region.lo for region in regions]),
            np.concatenate([region.hi for region in regions]),
        )

    def intersection(self, other: Ranges) -> Ranges:
        """What lies in both."""
        lo, hi, _, _ = overlaps(self.lo, self.hi, other.lo, other.hi)
        return Ranges(lo, hi)

    def complement(self) -> Ranges:
        """The rest of the sky."""
        lo = np.concatenate([[0], self.hi])
        hi = np.concatenate([self.lo, [SKY_END]])
        return Ranges(lo[lo < hi], hi[lo < hi])

    def difference(self, other: Ranges) -> Ranges:
        """What lies in this region but not in the other."""
        return self.intersection(other.complement())

    def touching(self, order: int) -> Ranges:
        """Whole cells of an order that the region touches."""
        shift = 2 * (HIGHEST_ORDER - order)
        return Ranges.of((self.lo >> shift) << shift, -(-self.hi >> shift) << shift)

    def cells(self, order: int) -> NDArray[np.int64]:
        """NESTED indices of the cells of `order` whose first order-29 index lies within."""
        shift = 2 * (HIGHEST_ORDER - order)
        first = -(-self.lo >> shift)
        owner, rank = expand(-(-self.hi >> shift) - first)
        return first[owner] + rank
