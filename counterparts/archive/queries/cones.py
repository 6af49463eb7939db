"""Circles on the sky: the cells that hold one, and how far places are from its center."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import ArrayLike, NDArray

from counterparts.archive.errors import QueryRefused
from planners.geometry.neighbors import cells_around, order_as_wide_as
from planners.geometry.polygons import cell_centers, circumradius
from planners.geometry.ranges import HIGHEST_ORDER, Ranges

_REFINED = 4
"""By how many orders the cells are divided that are as wide as the circle."""

ROUNDING = 1e-12
"""Added to the radius of the cover, rad: a cell's index and a distance are rounded each."""


@dataclass(frozen=True)
class Cone:
    """A circle around a place (ICRS), its edge with it."""

    ra: float
    """deg."""

    dec: float
    """deg."""

    radius: float
    """arcsec."""

    def __post_init__(self) -> None:
        if not (0 <= self.ra <= 360 and abs(self.dec) <= 90):
            raise QueryRefused(
                f"There is no place at ra {self.ra}, dec {self.dec}: "
                "ra goes from 0 to 360 and dec from -90 to 90 degrees."
            )
        if not 0 <= self.radius <= 180 * 3600:
            raise QueryRefused(
                f"A radius of {self.radius} arcsec is none: from 0 to 648000 (180 degrees)."
            )

    @cached_property
    def cover(self) -> Ranges:
        """Cells that hold the circle, and little more."""
        radius = np.radians(self.radius / 3600) + ROUNDING
        widest = order_as_wide_as(radius)
        center = SkyCoord([self.ra], [self.dec], unit=u.deg)
        if widest is None:
            order, cells = 0, np.arange(12)
        else:
            order, cells = widest, np.unique(cells_around(center, widest))
            cells = cells[cells >= 0]
        direction = unit_vectors(self.ra, self.dec)
        for finer in range(order, min(order + _REFINED, HIGHEST_ORDER) + 1):
            if finer > order:
                cells = (cells[:, None] * 4 + np.arange(4)).ravel()
            distance = chord_angle(cell_centers(finer, cells), direction)
            cells = cells[distance <= radius + circumradius(finer)]
        return Ranges.of_cells(min(order + _REFINED, HIGHEST_ORDER), cells)

    def contains(self, ra: ArrayLike, dec: ArrayLike) -> NDArray[np.bool_]:
        """Whether each place (deg) lies within."""
        return separation(ra, dec, self.ra, self.dec) <= self.radius


def unit_vectors(ra: ArrayLike, dec: ArrayLike) -> NDArray[np.float64]:
    """Directions of places given in degrees, shape (..., 3)."""
    lon, lat = np.radians(np.asarray(ra, dtype=float)), np.radians(np.asarray(dec, dtype=float))
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def chord_angle(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Angle between unit vectors (..., 3), rad, exact for small and for large ones."""
    apart = np.linalg.norm(first - second, axis=-1)
    across = np.linalg.norm(first + second, axis=-1)
    return np.asarray(2 * np.arctan2(apart, across))


def separation(
    ra: ArrayLike, dec: ArrayLike, other_ra: ArrayLike, other_dec: ArrayLike
) -> NDArray[np.float64]:
    """Great-circle distance of places given in degrees, arcsec."""
    angle = chord_angle(unit_vectors(ra, dec), unit_vectors(other_ra, other_dec))
    return np.degrees(angle) * 3600
