"""Many places with a circle around each, and which rows can lie in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from counterparts.archive.columns import INDEX
from counterparts.archive.errors import QueryRefused
from counterparts.archive.queries.cones import ROUNDING
from planners.geometry.neighbors import cells_around, order_as_wide_as
from planners.geometry.ranges import HIGHEST_ORDER, expand

_WIDEST = 3600.0
"""Radius, arcsec: beyond it a region is asked for."""


@dataclass(frozen=True, eq=False)
class Positions:
    """Places, and the cells around each that hold its circle."""

    ra: NDArray[np.float64]
    dec: NDArray[np.float64]
    radius: float
    """arcsec."""

    lo: NDArray[np.int64]
    hi: NDArray[np.int64]
    """Ranges of indices, sorted."""

    owner: NDArray[np.int64]
    """Position of each range."""

    @classmethod
    def of(cls, coord: SkyCoord, radius: float) -> Positions:
        """Prepare places (shape (n,)) and a radius, arcsec."""
        if not 0 <= radius <= _WIDEST:
            raise QueryRefused(f"A radius of {radius} arcsec is none: from 0 to {_WIDEST:g}.")
        coord = coord.icrs
        order = order_as_wide_as(np.radians(radius / 3600) + ROUNDING)
        assert order is not None
        cells = cells_around(coord, order)
        shift = 2 * (HIGHEST_ORDER - order)
        owner = np.repeat(np.arange(len(cells)), cells.shape[1])
        lo, owner = cells.ravel()[cells.ravel() >= 0] << shift, owner[cells.ravel() >= 0]
        by_place = np.argsort(lo, kind="stable")
        lo = lo[by_place]
        ra, dec = (angle.to_value(u.deg) for angle in (coord.ra, coord.dec))
        return cls(ra, dec, radius, lo, lo + (1 << shift), owner[by_place])

    def touched(self, first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether any range touches each of some spans of indices."""
        # All ranges are as long as one another, so their ends ascend as their begins do.
        begin = np.searchsorted(self.hi, first, side="right")
        return np.asarray(begin < np.searchsorted(self.lo, last, side="right"))

    def pairs(self, rows: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Positions and rows (sorted by index) that a range brings together."""
        index = rows[INDEX].to_numpy()
        near = slice(
            *(int(at) for at in (
                np.searchsorted(self.hi, index[0], side="right"),
                np.searchsorted(self.lo, index[-1], side="right"),
            ))
        )  # fmt: skip
        first = np.searchsorted(index, self.lo[near])
        count = np.searchsorted(index, self.hi[near]) - first
        hit = np.flatnonzero(count)
        which, rank = expand(count[hit])
        return self.owner[near][hit][which], first[hit][which] + rank
