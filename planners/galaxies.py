"""The galaxies planner: pointings of a narrow field at the galaxies that may be the host."""

from __future__ import annotations

import time
from collections.abc import Sequence

import astropy_healpix
import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from numpy.typing import NDArray

from planners.footprints.atoms import Layer
from planners.footprints.cameras import camera_cells
from planners.footprints.field_cells import camera_area, finest_order
from planners.geometry.directions import sky_coord
from planners.geometry.polygons import unit_vectors
from planners.geometry.ranges import HIGHEST_ORDER, hpx29
from planners.optimal import best_shots
from planners.problem.assemble import assemble
from planners.problem.build import build_problem_at
from planners.problem.requests import RequestInvalid, check_request
from planners.search.bound import upper_bound
from planners.skymaps.skymap import SkyMap
from telescopes.observing_plan import ObservingPlan, ObservingRequest
from telescopes.telescope import FieldGrid, Footprint, Telescope

_MAX_GALAXIES = 3000
"""The most probable ones; the others are left out."""

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
    pointings = _pointings(galaxies, telescope)
    problem = build_problem_at(galaxies, telescope, request, pointings, _cells)
    limit = upper_bound(problem)
    return assemble(problem, "galaxies", best_shots(problem, limit, begun), begun, limit)


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
    best = np.argsort(-weight, kind="stable")[:_MAX_GALAXIES]
    best = best[weight[best] > 0]
    shift = 2 * (HIGHEST_ORDER - _galaxy_order(footprint))
    cell, which = np.unique(hpx29(coord[best]) >> shift, return_inverse=True)
    density = np.bincount(which, weight[best]).astype(np.float64)
    return SkyMap.normalized((cell << shift, (cell + 1) << shift), density)


def _cells(galaxies: SkyMap, footprint: Footprint, coord: SkyCoord) -> Sequence[Layer]:
    """The galaxies' cells that pointings cover."""
    order = _galaxy_order(footprint)
    return [Layer(order, *camera_cells(footprint, coord, order, galaxies.region(1.0)))]


def _pointings(galaxies: SkyMap, telescope: Telescope) -> FieldGrid:
    """Fields of the grid that hold a galaxy; or, off the grid, one pointing at each group.

    A group is gathered greedily: around the most probable galaxy that no group has yet, those
    that fit in the field with it; the pointing is at their weighted middle.
    """
    if not telescope.off_grid:
        grid = telescope.read_grid()
        start, _, _ = camera_cells(
            telescope.footprint,
            grid.coord,
            _galaxy_order(telescope.footprint),
            galaxies.region(1.0),
        )
        used = np.flatnonzero(np.diff(start) > 0)
        return FieldGrid(grid.field_id[used], grid.coord[used], grid.is_primary[used])
    order = _galaxy_order(telescope.footprint)
    lon, lat = astropy_healpix.healpix_to_lonlat(
        galaxies.lo >> (2 * (HIGHEST_ORDER - order)), 1 << order, order="nested"
    )
    centers = _groups(SkyCoord(lon, lat), galaxies.probability, _half_width(telescope.footprint))
    n = len(centers)
    return FieldGrid(np.full(n, -1), centers, np.ones(n, dtype=bool))


def _half_width(footprint: Footprint) -> float:
    """Half the shorter side of the camera, rad."""
    corners = footprint.corners.to_value(u.rad).reshape(-1, 2)
    return float(min((corners.max(axis=0) - corners.min(axis=0)) / 2))


def _groups(coord: SkyCoord, weight: NDArray[np.float64], reach: float) -> SkyCoord:
    """Middles of the groups, most probable first."""
    direction = unit_vectors(coord)
    left = np.ones(len(weight), dtype=bool)
    middles = []
    while left.any():
        best = int(np.argmax(np.where(left, weight, -1.0)))
        near = left & (direction @ direction[best] >= np.cos(reach))
        middle = weight[near] @ direction[near]
        inside = left & (direction @ (middle / np.linalg.norm(middle)) >= np.cos(reach))
        if not inside[best]:
            middle, inside = direction[best], near
        middles.append(middle)
        left &= ~inside
        left[best] = False
    return sky_coord(np.array(middles))
