"""Tilings of a region of a few cameras, for telescopes that take any position."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.footprints.atoms import atoms_of
from planners.footprints.centered import OFF_GRID
from planners.footprints.field_cells import camera_area
from planners.footprints.layers import layers_near
from planners.geometry.centers import range_centers
from planners.geometry.directions import lon_lat
from planners.skymaps.skymap import SkyMap
from telescopes.telescope import FieldGrid, Footprint

_LEVEL = 0.9
"""Credible level of the region that is tiled."""

_MAX_CAMERAS = 12
"""Of a larger region the edges matter little, and a grid is as good as any tiling."""

_PHASES = ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5))
"""Where tilings begin, in tiles east and north of the middle."""

_LEAST = 1e-3
"""Probability that a tile must hold."""


def is_tiled(skymap: SkyMap, footprint: Footprint) -> bool:
    """Whether a region is larger than a camera, but so small that where tiles begin matters."""
    area, camera = skymap.area(_LEVEL).to_value(u.sr), camera_area(footprint)
    return bool(camera < area <= _MAX_CAMERAS * camera)


def with_tilings(skymap: SkyMap, footprint: Footprint, grid: FieldGrid) -> FieldGrid:
    """Add the tiles of some tilings around the region's middle; identifiers are -1.

    Which of all these are observed is for the planner.

    Parameters
    ----------
    grid
        Fields near the sky map.
    """
    ra, dec = np.array(list(_tiles(skymap, footprint))).T
    tiles = SkyCoord(ra, dec, unit=u.rad)
    held = atoms_of(skymap, layers_near(skymap, footprint, tiles)).field_probability
    tiles = tiles[held >= _LEAST]
    return FieldGrid(
        np.concatenate([np.full(len(tiles), OFF_GRID), grid.field_id]),
        SkyCoord(
            np.concatenate([tiles.ra, grid.coord.ra]), np.concatenate([tiles.dec, grid.coord.dec])
        ),
        np.concatenate([np.ones(len(tiles), dtype=bool), grid.is_primary]),
    )


def _tiles(skymap: SkyMap, footprint: Footprint) -> Iterator[tuple[float, float]]:
    """Right ascension and declination (rad) of tiles in rows along parallels, of every phase."""
    corners = footprint.corners.to_value(u.rad).reshape(-1, 2)
    width, height = corners.max(axis=0) - corners.min(axis=0)
    likely = skymap.credible_levels < _LEVEL
    centers = range_centers(skymap.lo[likely], skymap.hi[likely])
    ra, dec = lon_lat(skymap.probability[likely] @ centers)
    around, north = lon_lat(centers)
    east = (around - ra + np.pi) % (2 * np.pi) - np.pi
    for column, row in _PHASES:
        for k in _whole(north, dec + row * height, height):
            parallel = dec + (k + row) * height
            near = east[np.abs(north - parallel) <= height]
            if len(near) == 0 or abs(parallel) >= np.pi / 2:
                continue
            # Tiles touch where the row is widest.
            step = width / np.cos(max(abs(parallel) - height / 2, 0.0))
            for turn in (_whole(near, column * step, step) + column) * step:
                if abs(turn) <= np.pi:
                    yield ra + turn, parallel


def _whole(values: NDArray[np.float64], zero: float, step: float) -> NDArray[np.float64]:
    """Whole numbers of steps from `zero` that span some values."""
    steps = (values - zero) / step
    return np.arange(np.floor(steps.min()), np.ceil(steps.max()) + 1)
