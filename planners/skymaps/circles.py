"""Sky maps from what notices state: circles, ellipses and polygons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.geometry.directions import tangent_frames
from planners.geometry.polygons import circumradius, inward_normals, polygon_cells, unit_vectors
from planners.geometry.ranges import CELL_AREA, HIGHEST_ORDER, Ranges
from planners.skymaps.adaptive_cells import sampled_skymap
from planners.skymaps.skymap import SkyMap, SkyMapInvalid
from planners.skymaps.systematics import SYSTEMATIC_MODELS

__all__ = [
    "SYSTEMATIC_MODELS",
    "circle_skymap",
    "concentration",
    "ellipse_skymap",
    "polygon_skymap",
    "region_skymap",
]

_CELLS_PER_SIGMA = 8
_HORIZON = 6.0
"""Standard deviations beyond which a Gaussian is left coarse: 2e-8 of it lies there."""

_CELLS_PER_POLYGON = 4000

_MIN_SIZE = np.radians(0.02 / 3600)
"""Smaller errors are taken as this (rad): the finest cells cannot tell them apart."""


def circle_skymap(
    ra: u.Quantity[u.physical.angle],
    dec: u.Quantity[u.physical.angle],
    radius: u.Quantity[u.physical.angle],
    containment: float,
    systematic_model: str | None = None,
) -> SkyMap:
    """Sky map of a position with a symmetric error.

    A von Mises-Fisher distribution, the sphere's equivalent of a Gaussian, whose circle of
    `radius` holds exactly `containment`; uniform if a uniform sky would hold as much.

    Parameters
    ----------
    ra, dec
        Position (ICRS).
    radius
        Error radius as stated, above 0 and up to 180 deg.
    containment
        Probability that the source lies within `radius`, between 0 and 1.
    systematic_model
        Key of `planners.skymaps.systematics.SYSTEMATIC_MODELS`: its components are added to the
        radius in quadrature, each as a radius of the same containment, and mixed by weight. None
        adds nothing.

    Raises
    ------
    SkyMapInvalid
        If a number is out of range or the model is unknown.

    Examples
    --------
    >>> from astropy import units as u
    >>> from planners import circle_skymap
    >>> circle_skymap(150 * u.deg, 20 * u.deg, 3 * u.deg, containment=0.9)
    SkyMap(10917 ranges to order 9, 90 % in 28.29 deg2, brightest at 150.0000 +20.0000 deg)

    References
    ----------
    Fisher 1953, Proc. R. Soc. A 217, 295; Briggs et al. 1999, ApJS 122, 503 (systematics).
    """
    _check(radius, containment)
    center = unit_vectors(_position(ra, dec))
    stated = max(radius.to_value(u.rad), _MIN_SIZE)
    radii, weights = np.array([stated]), np.array([1.0])
    if systematic_model is not None:
        if systematic_model not in SYSTEMATIC_MODELS:
            known = ", ".join(sorted(SYSTEMATIC_MODELS))
            raise SkyMapInvalid(f"unknown systematic model {systematic_model!r}; known: {known}")
        model = SYSTEMATIC_MODELS[systematic_model]
        extra = np.array([part.radius.to_value(u.rad) for part in model])
        extra *= _sigmas(containment) / _sigmas(0.68)
        radii = np.minimum(np.hypot(stated, extra), np.pi)
        weights = np.array([part.weight for part in model])
    kappa = np.array([concentration(r, containment) for r in radii])
    sigma = 1 / np.sqrt(np.maximum(kappa, 1e-3))
    weights = weights / weights.sum() * _peak_density(kappa)

    def density(direction: NDArray[np.float64]) -> NDArray[np.float64]:
        drop = _versine(direction, center)
        return np.asarray(np.exp(-kappa * drop[..., None]) @ weights)

    def too_coarse(order: int, cells: NDArray[np.float64]) -> NDArray[np.bool_]:
        distance = 2 * np.arcsin(np.sqrt(np.minimum(_versine(cells, center) / 2, 1)))
        away = np.maximum(distance - circumradius(order), 0)[:, None] / sigma
        allowed = sigma / _CELLS_PER_SIGMA * np.maximum(1, away / 3)
        return np.asarray(np.any((_cell_side(order) > allowed) & (away < _HORIZON), axis=-1))

    return sampled_skymap(density, too_coarse, {"creator": "circle", **_stated(ra, dec)})


def ellipse_skymap(  # noqa: PLR0913, PLR0917 - the numbers of an ellipse on the sky
    ra: u.Quantity[u.physical.angle],
    dec: u.Quantity[u.physical.angle],
    semi_major: u.Quantity[u.physical.angle],
    semi_minor: u.Quantity[u.physical.angle],
    position_angle: u.Quantity[u.physical.angle],
    containment: float,
) -> SkyMap:
    """Sky map of a position with an elliptical error.

    A Gaussian in the azimuthal equidistant plane around the position, where distances and
    position angles from the center are true.

    Parameters
    ----------
    ra, dec
        Position (ICRS).
    semi_major, semi_minor
        Semi-axes along `position_angle` and across it, above 0 and below 90 deg; which of the
        two is the longer does not matter.
    position_angle
        East of north.
    containment
        Probability that the source lies within the ellipse, between 0 and 1.

    Raises
    ------
    SkyMapInvalid
        If a number is out of range.
    """
    axes = (semi_major, semi_minor)
    for axis in axes:
        _check(axis, containment)
        if axis >= 90 * u.deg:
            raise SkyMapInvalid(f"a semi-axis of {axis} reaches the horizon of its center")
    center = _position(ra, dec)
    sigma = np.array([max(axis.to_value(u.rad), _MIN_SIZE) for axis in axes])
    sigma /= _sigmas(containment)
    finest = sigma.min() / np.clip(16 / np.sqrt(sigma.max() / sigma.min()), 2, _CELLS_PER_SIGMA)
    frame = _ellipse_frame(center, position_angle)

    def offsets(direction: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        along, across, ahead = np.moveaxis(direction @ frame.T, -1, 0)
        sine = np.hypot(along, across)
        distance = np.arctan2(sine, ahead)
        stretch = np.divide(distance, sine, out=np.ones_like(sine), where=sine > 0)
        return along * stretch / sigma[0], across * stretch / sigma[1], stretch

    def density(direction: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y, stretch = offsets(direction)
        return stretch * np.exp(-0.5 * (x**2 + y**2))

    def too_coarse(order: int, cells: NDArray[np.float64]) -> NDArray[np.bool_]:
        x, y, _ = offsets(cells)
        away = np.maximum(np.hypot(x, y) - circumradius(order) / sigma.min(), 0)
        allowed = finest * np.maximum(1, away / 3)
        return np.asarray((_cell_side(order) > allowed) & (away < _HORIZON))

    return sampled_skymap(density, too_coarse, {"creator": "ellipse", **_stated(ra, dec)})


def polygon_skymap(vertices: u.Quantity[u.physical.angle], containment: float) -> SkyMap:
    """Sky map that is uniform in a convex polygon, and holds the rest uniformly outside.

    Parameters
    ----------
    vertices
        RA and Dec (ICRS) in order around the polygon, whose sides are great circles.
        Shape (n_corners, 2).
    containment
        Probability that the source lies within, above 0 and at most 1.

    Raises
    ------
    SkyMapInvalid
        If the polygon is not convex, has no area or does not fit in a hemisphere, or if
        the containment is out of range.
    """
    if not 0 < containment <= 1:
        raise SkyMapInvalid(f"containment {containment} is not between 0 and 1")
    if len(vertices) < 3:
        raise SkyMapInvalid("a polygon needs three corners")
    corners = unit_vectors(_position(*vertices.T))[None]
    try:
        inward_normals(corners)
    except ValueError as err:
        raise SkyMapInvalid(str(err)) from err
    inside = Ranges.empty()
    # A coarse look tells the area, and so the order that it deserves.
    order = 0
    while order < HIGHEST_ORDER and np.sum(inside.hi - inside.lo) < _CELLS_PER_POLYGON << (
        2 * (HIGHEST_ORDER - order)
    ):
        order += 1
        inside = Ranges.of(*polygon_cells(corners, order)[:2])
    return region_skymap(inside, containment, {"creator": "polygon", "order": order})


def region_skymap(inside: Ranges, containment: float, about: Mapping[str, Any]) -> SkyMap:
    """Sky map that is uniform in a region of any shape, and holds the rest uniformly outside.

    Parameters
    ----------
    inside
        The region.
    containment
        Probability that the source lies within, above 0 and at most 1.
    about
        What the map says of itself.

    Raises
    ------
    SkyMapInvalid
        If the region is empty, or the containment is out of range.

    Examples
    --------
    >>> from planners import Ranges
    >>> from planners.skymaps.circles import region_skymap
    >>> skymap = region_skymap(Ranges.of_cells(2, [7, 8]), 0.9, {})
    >>> print(f"{skymap.probability_in(Ranges.of_cells(2, [7])):.2f}")
    0.45
    """
    if not 0 < containment <= 1:
        raise SkyMapInvalid(f"containment {containment} is not between 0 and 1")
    if not len(inside):
        raise SkyMapInvalid("the region is empty")
    outside = inside.complement() if containment < 1 else Ranges.empty()
    parts = [(inside, containment), (outside, 1 - containment)]
    density = [np.full(len(part), p / _solid_angle(part)) for part, p in parts if len(part)]
    ranges = (
        np.concatenate([part.lo for part, _ in parts]),
        np.concatenate([part.hi for part, _ in parts]),
    )
    return SkyMap.normalized(ranges, np.concatenate(density), metadata=about)


def concentration(radius: float, containment: float) -> float:
    """Concentration of the von Mises-Fisher distribution that holds `containment` in a circle.

    Parameters
    ----------
    radius
        Of the circle, rad.
    containment
        Between 0 and 1.

    Returns
    -------
    float
        kappa; 0 (uniform) if a uniform sky would hold as much or more.
    """
    height = 2 * np.sin(radius / 2) ** 2
    if containment <= height / 2:
        return 0.0

    def excess(kappa: float) -> float:
        return float(np.expm1(-kappa * height) / np.expm1(-2 * kappa)) - containment

    # On an infinite plane the answer would be exact; the sphere is finite, so it is less.
    highest = -np.log1p(-containment) / height
    if excess(highest) <= 0:
        return float(highest)
    return float(
        scipy.optimize.brentq(excess, 1e-9 * highest, highest, xtol=1e-12 * highest, rtol=1e-12)
    )


def _peak_density(kappa: NDArray[np.float64]) -> NDArray[np.float64]:
    """Density of von Mises-Fisher distributions at their centers, sr^-1."""
    steep = np.maximum(kappa, 1e-9)
    return np.where(kappa > 1e-9, steep / (-2 * np.pi * np.expm1(-2 * steep)), 1 / (4 * np.pi))


def _versine(direction: NDArray[np.float64], center: NDArray[np.float64]) -> NDArray[np.float64]:
    """One minus the cosine of the angle between unit vectors, exact for small angles."""
    return np.asarray(0.5 * np.sum((direction - center) ** 2, axis=-1))


def _sigmas(containment: float) -> float:
    """Radius of the circle that holds some part of a plane Gaussian, in standard deviations."""
    return float(np.sqrt(-2 * np.log1p(-containment)))


def _cell_side(order: int) -> float:
    return float(np.sqrt(np.pi / 3) / (1 << order))


def _solid_angle(ranges: Ranges) -> float:
    return float(np.sum((ranges.hi - ranges.lo).astype(float)) * CELL_AREA)


def _position(ra: u.Quantity[u.physical.angle], dec: u.Quantity[u.physical.angle]) -> SkyCoord:
    if not np.all(np.isfinite(ra) & (abs(dec) <= 90 * u.deg)):
        raise SkyMapInvalid(f"no position on the sky: {ra}, {dec}")
    return SkyCoord(ra, dec)


def _stated(
    ra: u.Quantity[u.physical.angle], dec: u.Quantity[u.physical.angle]
) -> dict[str, list[float]]:
    """What a map is to keep of the position, deg."""
    return {"stated_position": [float(ra.to_value(u.deg)), float(dec.to_value(u.deg))]}


def _check(radius: u.Quantity[u.physical.angle], containment: float) -> None:
    if not 0 < containment < 1:
        raise SkyMapInvalid(f"containment {containment} is not between 0 and 1")
    if not 0 * u.deg < radius <= 180 * u.deg:
        raise SkyMapInvalid(f"a radius of {radius} is not between 0 and 180 deg")


def _ellipse_frame(
    center: SkyCoord, position_angle: u.Quantity[u.physical.angle]
) -> NDArray[np.float64]:
    """Unit vectors along the first axis, across it (further east) and ahead, shape (3, 3)."""
    east, north, ahead = tangent_frames(center)
    angle = position_angle.to_value(u.rad)
    along = np.cos(angle) * north + np.sin(angle) * east
    return np.stack([along, np.cross(along, ahead), ahead])
