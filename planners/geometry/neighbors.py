"""Cells that hold a circle around a place, without looking at all others."""

from __future__ import annotations

import astropy_healpix
import numpy as np
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.geometry.ranges import HIGHEST_ORDER, hpx29

_NARROWEST = 0.7
"""Times NSIDE^-1 rad: from a point to what lies beyond its cell and the cell's neighbors is
never less. The least found among a million random points at each order is 0.709."""


def order_as_wide_as(radius: float) -> int | None:
    """Finest order of which a cell and its neighbors hold a circle around any of its points.

    None where the circle (rad) is too wide for any.
    """
    if radius > _NARROWEST:
        return None
    return int(np.clip(np.floor(np.log2(_NARROWEST / radius)), 0, HIGHEST_ORDER))


def cells_around(coord: SkyCoord, order: int) -> NDArray[np.int64]:
    """The cell of each place and its neighbors, shape (n, 9); -1 where there are only seven."""
    cell = hpx29(coord) >> (2 * (HIGHEST_ORDER - order))
    # Eight cells at the corners of the base cells have seven neighbors; the eighth is -1.
    with np.errstate(invalid="ignore"):
        around = astropy_healpix.neighbours(cell, 1 << order, order="nested")
    return np.vstack([cell, around]).T
