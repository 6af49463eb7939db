"""What makes numbers a sky map, and what is wrong with those that are none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planners.geometry.ranges import SKY_END

_FARTHEST = 1e9
"""Mpc."""


class SkyMapInvalid(ValueError):
    """The bytes or numbers are not a sky map; the message names the fault."""


_SMALL = 1e-3
"""Part of the whole that may be negative: smoothing leaves some."""

UNSEEN = -1.6375e30
"""What HEALPix software writes where there is no data."""


def cleaned(
    density: NDArray[np.float64], cells: NDArray[np.int64], area: NDArray[np.int64]
) -> tuple[NDArray[np.float64], list[str]]:
    """Take what is no probability, but is known not to matter, as zero.

    Cells without data (NaN or infinite; IceCube's maps say so of cells where a fit failed) and
    what smoothing leaves below zero. What is left must still sum to what it should.

    Parameters
    ----------
    density
        sr^-1. Shape (n,).
    cells
        How many cells of the file each value stands for. Shape (n,).
    area
        Solid angle, in any unit. Shape (n,).

    Returns
    -------
    density
        Shape (n,).
    flags
        What was taken as zero, in sentences without a period.

    Raises
    ------
    SkyMapInvalid
        If more than a thousandth is negative.
    """
    flags = []
    is_missing = ~np.isfinite(density)
    if np.any(is_missing):
        n_missing = int(cells[is_missing].sum())
        flags.append(
            f"{n_missing} {'cell holds' if n_missing == 1 else 'cells hold'} no data (NaN or"
            " infinite), which counts as zero"
        )
    density = np.where(is_missing | np.isclose(density, UNSEEN, rtol=1e-5, atol=0), 0.0, density)
    is_negative = density < 0
    if np.any(is_negative):
        n_negative = int(cells[is_negative].sum())
        probability = density * area
        above = max(float(probability[~is_negative].sum()), 1e-300)
        below = -float(probability[is_negative].sum()) / above
        if below > _SMALL:
            raise SkyMapInvalid(
                f"negative probability in {n_negative} cells, {below:.2g} of all that is positive"
            )
        flags.append(
            f"{n_negative} {'cell is' if n_negative == 1 else 'cells are'} slightly negative, which"
            " counts as zero"
        )
        density = np.where(is_negative, 0.0, density)
    return density, flags


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
