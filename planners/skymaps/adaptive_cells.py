"""Sampling a smooth density on the sphere with cells as fine as it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planners.geometry.polygons import cell_centers
from planners.geometry.ranges import HIGHEST_ORDER
from planners.skymaps.skymap import SkyMap

_SAMPLES = 2
"""Orders below a cell at which its mean density is taken: 16 samples a cell."""

Density = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""From unit vectors (..., 3) to densities (...), in any unit."""

TooCoarse = Callable[[int, NDArray[np.float64]], NDArray[np.bool_]]
"""From a HEALPix order and the centers (n, 3) of cells to whether they must be divided."""


def sampled_skymap(density: Density, too_coarse: TooCoarse, metadata: Mapping[str, Any]) -> SkyMap:
    """Sky map of a density, divided where `too_coarse` says so.

    Raises
    ------
    SkyMapInvalid
        If the density is zero, or no number, wherever it was sampled.
    """
    cell = np.arange(12)
    lo, hi, value = [], [], []
    for order in range(HIGHEST_ORDER - _SAMPLES + 1):
        divided = np.zeros(len(cell), dtype=bool)
        if order < HIGHEST_ORDER - _SAMPLES:
            divided = too_coarse(order, cell_centers(order, cell))
        kept = cell[~divided]
        shift = 2 * (HIGHEST_ORDER - order)
        lo.append(kept << shift)
        hi.append((kept + 1) << shift)
        samples = (kept[:, None] << (2 * _SAMPLES)) + np.arange(1 << (2 * _SAMPLES))
        centers = cell_centers(order + _SAMPLES, samples.ravel()).reshape(*samples.shape, 3)
        value.append(density(centers).mean(axis=1))
        cell = (cell[divided, None] * 4 + np.arange(4)).ravel()
        if len(cell) == 0:
            break
    ranges = np.concatenate(lo), np.concatenate(hi)
    return SkyMap.normalized(ranges, np.concatenate(value), metadata={**metadata, "order": order})
