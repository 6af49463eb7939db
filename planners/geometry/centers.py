"""Centers of cells and of ranges of cells.

A cell's center is not the middle of its range of finer cells: half of the range is two of its four
children, and the first cell of the other half lies at the middle of an edge.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planners.geometry.directions import sky_coord
from planners.geometry.polygons import cell_centers
from planners.geometry.ranges import CELL_AREA, HIGHEST_ORDER, expand, hpx29

_BALANCED = 1e-9
"""A mean direction that is shorter is none: the region lies all around."""


def largest_cells(
    lo: NDArray[np.int64], hi: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Fewest whole cells that make up each of many ranges.

    Parameters
    ----------
    lo, hi
        Order-29 ranges. Shape (n_ranges,).

    Returns
    -------
    order, cell
        HEALPix order and NESTED index of each cell. Shape (n_cells,).
    owner
        Its range. Shape (n_cells,).
    """
    orders, cells, owners = [], [], []
    owner = np.arange(len(lo))
    for order in range(HIGHEST_ORDER + 1):
        shift = 2 * (HIGHEST_ORDER - order)
        first, end = -(-lo >> shift), hi >> shift
        is_whole = first < end
        index, rank = expand(np.where(is_whole, end - first, 0))
        orders.append(np.full(len(index), order))
        cells.append(first[index] + rank)
        owners.append(owner[index])
        # What is left stands before and after the whole cells.
        before = np.where(is_whole, first << shift, hi)
        after = np.where(is_whole, end << shift, hi)
        lo, hi, owner = (
            np.concatenate([lo, after]),
            np.concatenate([before, hi]),
            np.concatenate([owner, owner]),
        )
        kept = lo < hi
        lo, hi, owner = lo[kept], hi[kept], owner[kept]
        if len(lo) == 0:
            break
    return np.concatenate(orders), np.concatenate(cells), np.concatenate(owners)


def centers_of(order: NDArray[np.int64], cell: NDArray[np.int64]) -> NDArray[np.float64]:
    """Unit vectors of the centers of NESTED cells of any orders, shape (n_cells, 3)."""
    centers = np.empty((len(cell), 3))
    for one in np.unique(order):
        centers[order == one] = cell_centers(int(one), cell[order == one])
    return centers


def range_centers(lo: NDArray[np.int64], hi: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean direction of each range; the center where it is one cell.

    Parameters
    ----------
    lo, hi
        Order-29 ranges. Shape (n_ranges,).

    Returns
    -------
    ndarray, shape (n_ranges, 3)
        Of length one for a cell, and shorter the wider a range of several is spread.
    """
    order, cell, owner = largest_cells(lo, hi)
    area = cell_area(order)
    weighted = centers_of(order, cell) * area[:, None]
    total = np.bincount(owner, area, len(lo))
    sums = [np.bincount(owner, weighted[:, axis], len(lo)) for axis in range(3)]
    return np.stack(sums, axis=-1) / total[:, None]


def cell_area(order: NDArray[np.int64]) -> NDArray[np.float64]:
    """Solid angle of cells, sr."""
    return np.asarray(CELL_AREA * 4.0 ** (HIGHEST_ORDER - order), dtype=np.float64)


def middle_of(lo: NDArray[np.int64], hi: NDArray[np.int64]) -> NDArray[np.float64]:
    """A direction within a region, in its middle where that lies within.

    The center of a single cell; the mean direction of a region that holds it; else, as of a ring
    or of several parts, the center of that of the widest cells which is nearest to the mean.

    Parameters
    ----------
    lo, hi
        Sorted, disjoint order-29 ranges, at least one. Shape (n_ranges,).

    Returns
    -------
    ndarray, shape (3,)
        A unit vector.
    """
    order, cell, _ = largest_cells(lo, hi)
    centers = centers_of(order, cell)
    if len(cell) == 1:
        return np.asarray(centers[0])
    mean = cell_area(order) @ centers
    length = float(np.linalg.norm(mean))
    if length > _BALANCED * float(cell_area(order).sum()):
        at = hpx29(sky_coord(mean))
        nearest = int(np.searchsorted(lo, at, side="right")) - 1
        if nearest >= 0 and at < hi[nearest]:
            return np.asarray(mean / length)
    widest = centers[order == order.min()]
    return np.asarray(widest[np.argmax(widest @ mean)])
