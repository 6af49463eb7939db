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


def gnomonic_to_sky(offsets: NDArray[np.float64], coord: SkyCoord) -> NDArray[np.float64]:
    """RA and Dec (ICRS, deg) of points in the tangent planes of some positions.

    Parameters
    ----------
    offsets
        East and north in the tangent plane, rad, shape (k, 2).
    coord
        Shape (n,).

    Returns
    -------
    numpy.ndarray
        Shape (n, k, 2); right ascensions from 0 to 360.
    """
    points = np.column_stack([offsets, np.ones(len(offsets))])
    ra, dec = lon_lat(points @ tangent_frames(coord))
    return np.degrees(np.stack([ra % (2 * np.pi), dec], axis=-1))


def tangent_frames(coord: SkyCoord) -> NDArray[np.float64]:
    """East, north and boresight unit vectors of each position, shape (..., 3, 3)."""
    ra, dec = coord.icrs.ra.to_value(u.rad), coord.icrs.dec.to_value(u.rad)
    zero = np.zeros_like(ra)
    east = np.stack([-np.sin(ra), np.cos(ra), zero], axis=-1)
    north = np.stack([-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)], axis=-1)
    return np.stack([east, north, np.cross(east, north)], axis=-2)
