"""Convex polygons on the sphere, as HEALPix cells."""

from __future__ import annotations

import astropy_healpix
import numpy as np
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.geometry.ranges import HIGHEST_ORDER

# The corner of a cell that lies farthest from its center is never farther than this, divided
# by NSIDE (rad): the largest value over all cells of orders 0 to 8 is 0.841, 0.963, 1.017,
# ... 1.0682, growing towards 1.0690.
_CIRCUMRADIUS = 1.07


def cell_centers(order: int, cell: NDArray[np.int64]) -> NDArray[np.float64]:
    """Unit vectors of the centers of NESTED cells, shape (n_cells, 3)."""
    return np.stack(astropy_healpix.healpix_to_xyz(cell, 1 << order, order="nested"), axis=-1)


def circumradius(order: int) -> float:
    """Upper bound of the distance from the center of a cell to its corners, rad."""
    return _CIRCUMRADIUS / (1 << order)


def unit_vectors(coord: SkyCoord) -> NDArray[np.float64]:
    """Unit vectors (ICRS), shape (..., 3)."""
    xyz = coord.icrs.represent_as("unitspherical").to_cartesian().xyz.value
    return np.moveaxis(np.asarray(xyz), 0, -1)


def inward_normals(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit normals of the great circles through consecutive corners, towards the inside.

    Parameters
    ----------
    corners
        Unit vectors in order around convex polygons, in either sense. Shape (..., n_corners, 3).

    Returns
    -------
    ndarray, shape (..., n_corners, 3)

    Raises
    ------
    ValueError
        If a polygon has no area, is not convex, or does not fit in a hemisphere.
    """
    normals = np.cross(corners, np.roll(corners, -1, axis=-2))
    lengths = np.linalg.norm(normals, axis=-1, keepdims=True)
    if np.any(lengths == 0):
        raise ValueError("two consecutive corners of a polygon coincide")
    normals = normals / lengths
    middle = corners.mean(axis=-2, keepdims=True)
    normals = normals * np.sign(np.sum(normals * middle, axis=(-2, -1), keepdims=True))
    depth = normals @ np.swapaxes(corners, -1, -2)
    if np.any(depth < -1e-9) or np.any(np.max(depth, axis=(-2, -1)) <= 0):
        raise ValueError("a polygon is not convex, or does not fit in a hemisphere")
    return np.asarray(normals)


def _children(cell: NDArray[np.int64]) -> NDArray[np.int64]:
    return (cell[:, None] * 4 + np.arange(4)).ravel()


def polygon_cells(
    corners: NDArray[np.float64], order: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Cells of each of many convex polygons.

    A cell that lies wholly inside is kept whole; one on the boundary is divided down to
    `order`, where it belongs to the polygon if its center does.

    Parameters
    ----------
    corners
        Unit vectors in order around each polygon. Shape (n_polygons, n_corners, 3).
    order
        Finest HEALPix order.

    Returns
    -------
    lo, hi
        Order-29 range of each cell. Shape (n_cells,).
    owner
        Its polygon. Shape (n_cells,).
    """
    normals = inward_normals(corners)
    owner = np.repeat(np.arange(len(corners)), 12)
    cell = np.tile(np.arange(12), len(corners))
    parts = []
    for level in range(order + 1):
        inside = np.einsum("kij,kj->ki", normals[owner], cell_centers(level, cell)).min(axis=-1)
        margin = np.sin(circumradius(level)) if level < order else 0.0
        shift = 2 * (HIGHEST_ORDER - level)
        whole = inside >= margin
        parts.append((cell[whole] << shift, (cell[whole] + 1) << shift, owner[whole]))
        divided = ~whole & (inside > -margin)
        cell, owner = _children(cell[divided]), np.repeat(owner[divided], 4)
    lo, hi, owners = (np.concatenate(part) for part in zip(*parts, strict=True))
    return lo, hi, owners
