"""What makes numbers a sky map, and what is wrong with those that are none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planners.geometry.ranges import SKY_END

_FARTHEST = 1e9
"""Mpc."""


class SkyMapInvalid(ValueError):
    """The bytes or numbers are not a sky map; the message names the fault."""


def check_density(density: NDArray[np.float64]) -> None:
    """Raise unless every density is a finite number, none is negative and one is positive."""
    if np.any(np.isnan(density)):
        raise SkyMapInvalid(f"NaN probability in {int(np.isnan(density).sum())} pixels")
    if not np.all(np.isfinite(density)):
        raise SkyMapInvalid(f"infinite probability in {int(np.isinf(density).sum())} pixels")
    if np.any(density < 0):
        raise SkyMapInvalid(f"negative probability in {int((density < 0).sum())} pixels")
    if not np.any(density > 0):
        raise SkyMapInvalid("no pixel has any probability")


def check_ranges(lo: NDArray[np.int64], hi: NDArray[np.int64]) -> None:
    """Raise unless sorted ranges are disjoint and on the sky."""
    if lo[0] < 0 or np.max(hi) > SKY_END or np.any(hi <= lo):
        raise SkyMapInvalid("a pixel lies outside the sky")
    if np.any(hi[:-1] > lo[1:]):
        raise SkyMapInvalid(f"{int(np.sum(hi[:-1] > lo[1:]))} pixels overlap others")


def sanitized_distance(
    distmu: NDArray[np.float64], distsigma: NDArray[np.float64], distnorm: NDArray[np.float64]
) -> tuple[NDArray[np.float64], ...]:
    """Write every way of saying that a distance is unknown as (inf, 1, 0).

    So are numbers that no distance can have: nothing that is seen is a million Gpc away.
    """
    known = (np.abs(distmu) <= _FARTHEST) & np.isfinite(distnorm)
    known &= (distsigma >= 1 / _FARTHEST) & (distsigma <= _FARTHEST)
    return (
        np.where(known, distmu, np.inf),
        np.where(known, distsigma, 1.0),
        np.where(known, np.maximum(distnorm, 0.0), 0.0),
    )
