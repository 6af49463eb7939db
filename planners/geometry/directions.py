"""Directions on the sky as unit vectors, and the frames around them."""

from __future__ import annotations

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray


def lon_lat(
    direction: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude, in (-pi, pi], and latitude of directions (..., 3) of any length, rad."""
    x, y, z = np.moveaxis(direction, -1, 0)
    return np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))


def sky_coord(direction: NDArray[np.float64]) -> SkyCoord:
    """Positions (ICRS) of directions (..., 3) of any length."""
    return SkyCoord(*lon_lat(direction), unit=u.rad)


def tangent_frames(coord: SkyCoord) -> NDArray[np.float64]:
    """East, north and boresight unit vectors of each position, shape (..., 3, 3)."""
    ra, dec = coord.icrs.ra.to_value(u.rad), coord.icrs.dec.to_value(u.rad)
    zero = np.zeros_like(ra)
    east = np.stack([-np.sin(ra), np.cos(ra), zero], axis=-1)
    north = np.stack([-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)], axis=-1)
    return np.stack([east, north, np.cross(east, north)], axis=-2)
