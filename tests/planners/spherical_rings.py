"""Rings of longitudes and latitudes as d3-geo understands them, written out independently."""

from __future__ import annotations

import numpy as np
from astropy import units as u
from numpy.typing import NDArray


def vectors(ring: list[list[float]]) -> NDArray[np.float64]:
    """Unit vectors of a ring's corners, the last (which repeats the first) left out."""
    lon, lat = np.radians(np.array(ring)[:-1]).T
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def signed_area(ring: list[list[float]]) -> float:
    """Solid angle, sr, positive for a ring that runs clockwise where longitude grows rightwards.

    Eriksson 1990, Math. Mag. 63, 184: the area of a triangle from three unit vectors.
    """
    corners = vectors(ring)
    a, b, c = corners[0], corners[1:-1], corners[2:]
    above = np.cross(b, c) @ a
    below = 1 + b @ a + np.sum(b * c, axis=-1) + c @ a
    return -float(np.sum(2 * np.arctan2(above, below)))


def area(polygons: list[list[list[list[float]]]]) -> u.Quantity:
    """Solid angle of a MultiPolygon whose outlines run clockwise and whose holes do not."""
    total = sum(sum(signed_area(ring) for ring in rings) % (4 * np.pi) for rings in polygons)
    return (total * u.sr).to(u.deg**2)


def turns(ring: list[list[float]], point: NDArray[np.float64]) -> int:
    """How often a ring runs clockwise around a unit vector."""
    east = np.cross([0.0, 0.0, 1.0], point)
    east /= np.linalg.norm(east)
    north = np.cross(point, east)
    corners = vectors(ring)
    azimuth = np.arctan2(corners @ east, corners @ north)
    step = np.diff(np.append(azimuth, azimuth[0]))
    return round(float(np.sum((step + np.pi) % (2 * np.pi) - np.pi)) / (2 * np.pi))


def holds(polygons: list[list[list[list[float]]]], point: NDArray[np.float64]) -> bool:
    """Whether a point is inside, its antipode being outside."""
    return any(sum(turns(ring, point) for ring in rings) > 0 for rings in polygons)
