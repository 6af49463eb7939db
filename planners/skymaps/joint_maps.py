"""Two sky maps of what may be one source: how well they agree, and where both would have it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planners.geometry.ranges import CELL_AREA, HIGHEST_ORDER, Ranges, overlaps, sorted_unique
from planners.skymaps.skymap import SkyMap, SkyMapInvalid

_NO_OVERLAP = 1e-12
"""Below this overlap the product is rounding, and no map."""

_NO_DIFFERENCE = 1e-3
"""Two maps of which less was moved are one map: a tenth of what the areas are stated to."""

_MANY, _COARSE = 1 << 22, 9
"""A map of more ranges is compared in cells of this order, 0.11 deg, as it is drawn."""


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


@dataclass(frozen=True, eq=False)
class MapDifference:
    """What a later map says otherwise than an earlier one."""

    moved: float
    """Probability that lies elsewhere: as much was gained as was lost. 0 to 1."""

    in_old_50: float
    """Probability of the later map in the 50 % region of the earlier one."""

    in_old_90: float
    """The same, in its 90 % region."""

    common_90: float
    """Area of both 90 % regions in common over that of both together. 0 to 1."""

    gained: SkyMap | None
    """Where there is more than before, scaled to one; None if the maps are the same."""

    lost: SkyMap | None
    """Where there is less."""


def map_difference(old: SkyMap, new: SkyMap) -> MapDifference:
    """Compare a later map with an earlier one; distances are not looked at."""
    old, new = _bounded(old), _bounded(new)
    edges = sorted_unique(np.concatenate([old.lo, old.hi, new.lo, new.hi]))
    lo, hi = edges[:-1], edges[1:]
    change = (_density(new, lo) - _density(old, lo)) * ((hi - lo) * CELL_AREA)
    moved = float(0.5 * np.abs(change).sum())
    is_same = moved < _NO_DIFFERENCE
    before, after = old.region(0.9), new.region(0.9)
    common = before.intersection(after).area / before.union(after).area
    return MapDifference(
        moved,
        new.probability_in(old.region(0.5)),
        new.probability_in(before),
        float(common.to_value("")),
        None if is_same else _part(lo, hi, change),
        None if is_same else _part(lo, hi, -change),
    )


def _bounded(skymap: SkyMap) -> SkyMap:
    """The map, or a coarser one of it where it has too many ranges."""
    if len(skymap.lo) <= _MANY:
        return skymap
    raster = skymap.rasterize(_COARSE)
    cells = Ranges.sky().cells(_COARSE)
    shift = 2 * (HIGHEST_ORDER - _COARSE)
    return SkyMap.normalized((cells << shift, (cells + 1) << shift), raster)


def _density(skymap: SkyMap, at: NDArray[np.int64]) -> NDArray[np.float64]:
    nearest = np.maximum(np.searchsorted(skymap.lo, at, side="right") - 1, 0)
    is_inside = (at >= skymap.lo[nearest]) & (at < skymap.hi[nearest])
    return np.where(is_inside, skymap.density[nearest], 0.0)


def _part(lo: NDArray[np.int64], hi: NDArray[np.int64], change: NDArray[np.float64]) -> SkyMap:
    """What of a change is above zero, as a map."""
    return SkyMap.normalized((lo, hi), np.maximum(change, 0.0) / ((hi - lo) * CELL_AREA))
