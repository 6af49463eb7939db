"""Fields that may matter: a quick, generous choice among very many."""

from __future__ import annotations

import astropy_healpix
import numpy as np
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.geometry.polygons import cell_centers, circumradius, unit_vectors
from planners.geometry.ranges import HIGHEST_ORDER, hpx29
from planners.skymaps.skymap import SkyMap

_NARROWEST = 0.7
"""Times NSIDE^-1 rad: from a point to what lies beyond its cell and the cell's neighbors is
never less. The least found among a million random points at each order is 0.709."""

_COARSEST, _FINEST = 0, 6

_DEEPER = 2
"""Orders between the cells that surround a position and those that are summed."""

_BATCH = 1 << 13


def _order_as_wide_as(radius: float) -> int:
    """Finest order of which a cell and its neighbors hold a circle around any of its points."""
    return int(np.clip(np.floor(np.log2(_NARROWEST / radius)), _COARSEST, _FINEST))


def probability_nearby(skymap: SkyMap, coord: SkyCoord, radius: float) -> NDArray[np.float64]:
    """Upper limit of the probability within `radius` of each position.

    Parameters
    ----------
    coord
        Positions. Shape (n,).
    radius
        rad.

    Returns
    -------
    ndarray, shape (n,)
        Probability of all cells that touch the circle, and of a few more.
    """
    if radius > _NARROWEST:
        return np.ones(len(coord))
    order = _order_as_wide_as(radius)
    cell = hpx29(coord) >> (2 * (HIGHEST_ORDER - order))
    # Eight cells at the corners of the base cells have seven neighbors; the eighth is -1.
    with np.errstate(invalid="ignore"):
        around = astropy_healpix.neighbours(cell, 1 << order, order="nested")
    around = np.vstack([cell, around]).T
    raster = skymap.rasterize(order)
    limit = np.where(around >= 0, raster[np.maximum(around, 0)], 0).sum(axis=1)
    fine = skymap.rasterize(order + _DEEPER)
    centers = cell_centers(order + _DEEPER, np.arange(len(fine)))
    bound = np.cos(min(radius + circumradius(order + _DEEPER), np.pi))
    directions = unit_vectors(coord)
    n_children = 1 << (2 * _DEEPER)
    likely = np.flatnonzero(limit > 0)
    for first in range(0, len(likely), _BATCH):
        batch = likely[first : first + _BATCH]
        children = (around[batch][:, :, None] * n_children + np.arange(n_children)).reshape(
            len(batch), -1
        )
        known = np.maximum(children, 0)
        near = np.einsum("ijk,ik->ij", centers[known], directions[batch]) >= bound
        limit[batch] = np.where(near & (children >= 0), fine[known], 0).sum(axis=1)
    return np.asarray(limit)
