"""Corners of a region as missions list them: closed rings, crossed rings, corners on a side."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, hypot, radians, sin

Corner = tuple[float, float]
"""RA and Dec, deg."""

_Vector = tuple[float, float, float]

_FLAT = 1e-12
"""Twice the area, in units of the radius of the sphere, below which three corners are on a line."""


def convex_ring(corners: Sequence[Corner]) -> tuple[Corner, ...]:
    """Order corners around the smallest convex region that holds them.

    A ring that is convex already keeps its order and its first corner; a first corner that
    is repeated at the end is left out.

    Parameters
    ----------
    corners
        In any order, all within one hemisphere.

    Returns
    -------
    tuple of (float, float)
        At least three corners; empty where they hold no area, or fit in no hemisphere.
    """
    ring = list(dict.fromkeys((ra % 360, dec) for ra, dec in corners))
    planes = _tangent_plane(ring)
    if planes is None:
        return ()
    hull = _hull(planes)
    if len(hull) < 3:
        return ()
    start = hull.index(min(hull))
    turned = hull[start:] + hull[:start]
    if len(turned) == len(ring) and turned[1] != 1:
        turned = turned[:1] + turned[:0:-1]  # the other way round, as it was listed
    return tuple(ring[index] for index in turned)


def _tangent_plane(ring: Sequence[Corner]) -> list[tuple[float, float]] | None:
    """Corners projected so that great circles are straight; None where they do not fit."""
    vectors = [_unit(ra, dec) for ra, dec in ring]
    middle = [sum(vector[axis] for vector in vectors) for axis in range(3)]
    length = hypot(*middle)
    if length < 1e-9:
        return None
    x, y, z = (part / length for part in middle)
    east = (-y, x, 0.0) if hypot(x, y) > 1e-9 else (0.0, 1.0, 0.0)
    scale = hypot(*east)
    east = (east[0] / scale, east[1] / scale, 0.0)
    north = (-z * east[1], z * east[0], x * east[1] - y * east[0])
    plane = []
    for vector in vectors:
        depth = _dot(vector, (x, y, z))
        if depth < 1e-6:
            return None
        plane.append((_dot(vector, east) / depth, _dot(vector, north) / depth))
    return plane


def _hull(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the corners of the convex hull, counterclockwise.

    Reference: A. M. Andrew (1979), Information Processing Letters 9, 216.
    """
    order = sorted(range(len(points)), key=lambda index: points[index])

    def half(indices: Sequence[int]) -> list[int]:
        chain: list[int] = []
        for index in indices:
            while len(chain) > 1 and _turn(*(points[i] for i in (*chain[-2:], index))) <= _FLAT:
                chain.pop()
            chain.append(index)
        return chain[:-1]

    return half(order) + half(order[::-1])


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _unit(ra: float, dec: float) -> _Vector:
    longitude, latitude = radians(ra), radians(dec)
    return cos(latitude) * cos(longitude), cos(latitude) * sin(longitude), sin(latitude)


def _dot(a: _Vector, b: _Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
