"""Fields that may matter: a quick, generous choice among very many."""

from __future__ import annotations

import numpy as np
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.geometry.neighbors import cells_around, order_as_wide_as
from planners.geometry.polygons import cell_centers, circumradius, unit_vectors
from planners.skymaps.skymap import SkyMap

_FINEST_SUMMED, _DEEPER = 8, 2
"""Finest order of the cells that are summed, and orders at the most between those that surround a
position and those."""

_BATCH = 1 << 13


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
    order = order_as_wide_as(radius)
    if order is None:
        return np.ones(len(coord))
    order = min(order, _FINEST_SUMMED - 1)
    deeper = min(_FINEST_SUMMED - order, _DEEPER)
    around = cells_around(coord, order)
    raster = skymap.rasterize(order)
    limit = np.where(around >= 0, raster[np.maximum(around, 0)], 0).sum(axis=1)
    fine = skymap.rasterize(order + deeper)
    centers = cell_centers(order + deeper, np.arange(len(fine)))
    bound = np.cos(min(radius + circumradius(order + deeper), np.pi))
    directions = unit_vectors(coord)
    n_children = 1 << (2 * deeper)
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
