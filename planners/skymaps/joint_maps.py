"""Two sky maps of what may be one source: how well they agree, and where both would have it."""

from __future__ import annotations

import numpy as np

from planners.geometry.ranges import CELL_AREA, overlaps
from planners.skymaps.skymap import SkyMap, SkyMapInvalid

_NO_OVERLAP = 1e-12
"""Below this overlap the product is rounding, and no map."""


def sky_overlap(first: SkyMap, second: SkyMap) -> float:
    r"""Overlap of two sky maps, :math:`4\pi \int p_1 p_2 \, d\Omega`.

    It is the odds, from position alone, that the two are one source rather than two unrelated
    ones: 1 where one of the maps is the whole sky, 0 where they exclude each other.

    References
    ----------
    Ashton et al. 2018, ApJ 860, 6, equation 22 (as in RAVEN, with a flat prior on the sky).
    """
    lo, hi, in_first, in_second = overlaps(first.lo, first.hi, second.lo, second.hi)
    area = (hi - lo) * CELL_AREA
    return float(4 * np.pi * np.sum(first.density[in_first] * second.density[in_second] * area))


def product_skymap(first: SkyMap, second: SkyMap) -> SkyMap:
    """Sky map of a source that both maps describe: their densities multiplied and normalized.

    Distances, where the first map has them, stay as they are in each direction.

    Raises
    ------
    SkyMapInvalid
        If the maps exclude each other.
    """
    if sky_overlap(first, second) < _NO_OVERLAP:
        raise SkyMapInvalid("the two maps exclude each other")
    lo, hi, in_first, in_second = overlaps(first.lo, first.hi, second.lo, second.hi)
    density = first.density[in_first] * second.density[in_second]
    distance = None
    if first.distmu is not None and first.distsigma is not None and first.distnorm is not None:
        distance = (
            first.distmu[in_first],
            first.distsigma[in_first],
            first.distnorm[in_first],
        )
    return SkyMap.normalized((lo, hi), density, distance, {"creator": "product of two maps"})
