"""The galaxies planner: pointings of a narrow field at the galaxies that may be the host."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import astropy_healpix
import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from numpy.typing import NDArray

from planners.footprints.atoms import Layer
from planners.footprints.cameras import camera_cells, focal_plane
from planners.footprints.field_cells import camera_area, finest_order
from planners.geometry.groups import Groups
from planners.geometry.polygons import unit_vectors
from planners.geometry.ranges import HIGHEST_ORDER, hpx29
from planners.optimal import planned
from planners.problem.build import build_problem_at, dark_time
from planners.problem.reachable import fields_that_fit, reachable
from planners.problem.requests import RequestInvalid, check_request, fields_of
from planners.skymaps.skymap import SkyMap
from planners.visibility.local_sky import LocalSky
from planners.visibility.rules import every, rules_for
from telescopes.observing_plan import ObservingPlan, ObservingRequest
from telescopes.telescope import FieldGrid, Footprint, Telescope

_UP_AT_ONCE = 3000
"""Galaxies, of those that are up at a moment, that may begin a group: a night has exposures for a
tenth of them."""

_MAX_GROUPS = 10_000
"""Pointings that are considered at the most."""

_LOOKED_AT = 30_000
"""The most probable galaxies, of which it is asked when they are up; the others may be at any
time."""

_CELLS_PER_CAMERA = 10_000
"""A galaxy is a cell of which a camera holds about as many."""


def plan(skymap: SkyMap, telescope: Telescope, request: ObservingRequest) -> ObservingPlan:
    """Observe the galaxies of the request that are most probably the host.

    The probability of a plan is then the share of all galaxies' weight that it covers, a weight
    being the 3-D probability at the galaxy times its luminosity.

    Raises
    ------
    RequestInvalid
        If the request has no galaxies with distances, or the sky map none where they are.
    """
    begun = time.perf_counter()
    check_request(telescope, request)
    galaxies = _as_skymap(skymap, telescope.footprint, request.galaxies)
    pointings, neglected = _pointings(galaxies, telescope, request)
    problem = build_problem_at(galaxies, telescope, request, pointings, _cells)
    problem = replace(problem, neglected=neglected)
    return planned(problem, "galaxies", begun)


def galaxy_weights(skymap: SkyMap, galaxies: Table) -> NDArray[np.float64]:
    """Relative probability that each galaxy is the host, shape (n,); the sum is one.

    The sky map's probability in a volume at the galaxy, times its luminosity where the table has
    a column of that name.

    A galaxy whose position, distance or luminosity is not a number has none.

    Raises
    ------
    RequestInvalid
        If the table lacks positions or distances, or if nothing is probable.
    """
    coord, is_known = _positions(galaxies)
    distance = _column(galaxies, "distance")
    weight = skymap.density_at(coord) * _radial(skymap, coord, distance)
    if "luminosity" in galaxies.colnames:
        weight = weight * _column(galaxies, "luminosity")
    counts = is_known & np.isfinite(weight) & (distance > 0)
    weight = np.where(counts, np.maximum(weight, 0.0), 0.0)
    if weight.sum() <= 0:
        raise RequestInvalid("no galaxy of the table lies where the sky map has any probability")
    return np.asarray(weight / weight.sum())


def _check_columns(galaxies: Table | None) -> None:
    if galaxies is None or len(galaxies) == 0:
        raise RequestInvalid("no galaxies are given to the galaxies planner")
    missing = [name for name in ("ra", "dec", "distance") if name not in galaxies.colnames]
    if missing:
        raise RequestInvalid(f"the table of galaxies has no column {' nor '.join(missing)}")


def _column(galaxies: Table, name: str) -> NDArray[np.float64]:
    """A column as numbers; NaN where a value is missing."""
    try:
        return np.ma.filled(np.ma.asarray(galaxies[name], dtype=np.float64), np.nan)
    except (TypeError, ValueError) as err:
        raise RequestInvalid(
            f"column {name} of the table of galaxies holds what is not a number ({err})"
        ) from err


def _positions(galaxies: Table | None) -> tuple[SkyCoord, NDArray[np.bool_]]:
    """Where galaxies are, and whether that is known; the others are put anywhere."""
    _check_columns(galaxies)
    assert galaxies is not None
    ra, dec = _column(galaxies, "ra"), _column(galaxies, "dec")
    beyond = np.flatnonzero(np.abs(dec) > 90)
    if len(beyond):
        raise RequestInvalid(
            f"galaxy {beyond[0] + 1} of the table has a declination of {dec[beyond[0]]:g} deg"
        )
    is_known = np.isfinite(ra) & np.isfinite(dec)
    ra, dec = np.where(is_known, ra, 0.0), np.where(is_known, dec, 0.0)
    return SkyCoord(ra * u.deg, dec * u.deg), is_known


def _radial(skymap: SkyMap, coord: SkyCoord, distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability per unit volume along each line of sight, up to a common factor.

    It is DISTNORM times a normal of DISTMU and DISTSIGMA (Singer et al. 2016, ApJL 829 L15,
    equation 2, without the r^2 of the volume element); 1 where the map knows no distance.
    """
    if skymap.distmu is None or skymap.distsigma is None or skymap.distnorm is None:
        return np.ones(len(distance))
    nearest = np.maximum(np.searchsorted(skymap.lo, hpx29(coord), side="right") - 1, 0)
    mu, sigma, norm = (
        column[nearest] for column in (skymap.distmu, skymap.distsigma, skymap.distnorm)
    )
    known = np.isfinite(mu)
    z = (distance - np.where(known, mu, 0.0)) / sigma
    return np.where(known, norm * np.exp(-0.5 * z**2) / (sigma * np.sqrt(2 * np.pi)), 0.0)


def _galaxy_order(footprint: Footprint) -> int:
    return finest_order(camera_area(footprint) / _CELLS_PER_CAMERA)


def _as_skymap(skymap: SkyMap, footprint: Footprint, galaxies: Table | None) -> SkyMap:
    """A sky map that has its probability in cells around galaxies."""
    coord, _ = _positions(galaxies)
    weight = galaxy_weights(skymap, galaxies)
    best = np.flatnonzero(weight > 0)
    shift = 2 * (HIGHEST_ORDER - _galaxy_order(footprint))
    cell, which = np.unique(hpx29(coord[best]) >> shift, return_inverse=True)
    density = np.bincount(which, weight[best]).astype(np.float64)
    return SkyMap.normalized((cell << shift, (cell + 1) << shift), density)


def _cells(galaxies: SkyMap, footprint: Footprint, coord: SkyCoord) -> Sequence[Layer]:
    """The galaxies' cells that pointings cover."""
    order = _galaxy_order(footprint)
    return [Layer(order, *camera_cells(footprint, coord, order, galaxies.region(1.0)))]


def _pointings(
    galaxies: SkyMap, telescope: Telescope, request: ObservingRequest
) -> tuple[FieldGrid, NDArray[np.float64]]:
    """Fields of the grid that hold a galaxy; or, off the grid, one pointing at each group.

    A group is gathered greedily: around the most probable galaxy that no group has yet, those
    that fit in the field with it; the pointing is at their weighted middle. Of very many
    galaxies, only those begin a group of which an exposure may be made.

    Returns
    -------
    pointings
        Fields and groups.
    neglected
        As `Problem.neglected`.
    """
    order = _galaxy_order(telescope.footprint)
    if not telescope.off_grid:
        grid = fields_of(telescope, request)
        start, _, _ = camera_cells(telescope.footprint, grid.coord, order, galaxies.region(1.0))
        used = np.flatnonzero(np.diff(start) > 0)
        fields = FieldGrid(grid.field_id[used], grid.coord[used], grid.is_primary[used])
        return fields, np.empty(0)
    lon, lat = astropy_healpix.healpix_to_lonlat(
        galaxies.lo >> (2 * (HIGHEST_ORDER - order)), 1 << order, order="nested"
    )
    by_weight = np.argsort(-galaxies.probability, kind="stable")
    coord, weight = SkyCoord(lon, lat)[by_weight], galaxies.probability[by_weight]
    sky = LocalSky(telescope.site, request.start, request.end)
    dark = dark_time(sky, request)
    begins, is_up = np.zeros(len(weight), dtype=bool), np.ones(len(weight), dtype=bool)
    begins[:_LOOKED_AT], is_up[:_LOOKED_AT] = reachable(
        sky,
        sky.positions(coord[:_LOOKED_AT]),
        every(rules_for(telescope, request)),
        dark,
        _UP_AT_ONCE,
    )
    # Of the most probable ones, a plan without any exposure says when they can be seen.
    begins[:_UP_AT_ONCE] = True
    groups = Groups(unit_vectors(coord), weight, _half_width(telescope.footprint))
    # Of a wide camera there are few groups in all, and each is considered.
    later = np.flatnonzero(is_up & ~begins)
    centers = groups.gathered(np.concatenate([np.flatnonzero(begins), later]), _MAX_GROUPS)
    others = groups.others(is_up, focal_plane(telescope.footprint).radius)
    others = others[: fields_that_fit(telescope, request, dark)]
    n = len(centers)
    return FieldGrid(np.full(n, -1), centers, np.ones(n, dtype=bool)), others


def _half_width(footprint: Footprint) -> float:
    """Half the shorter side of the camera, rad."""
    corners = footprint.corners.to_value(u.rad).reshape(-1, 2)
    return float(min((corners.max(axis=0) - corners.min(axis=0)) / 2))
