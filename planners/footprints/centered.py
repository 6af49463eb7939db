"""One pointing off the grid, for a region that a single camera holds."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.footprints.atoms import atoms_of
from planners.footprints.cameras import focal_plane
from planners.footprints.field_cells import camera_area
from planners.footprints.layers import layers_near
from planners.geometry.centers import range_centers
from planners.geometry.directions import sky_coord, tangent_frames
from planners.geometry.polygons import unit_vectors
from planners.skymaps.skymap import SkyMap
from telescopes.telescope import FieldGrid, Footprint

_LEVEL = 0.9
"""Credible level of the region that must be no larger than the camera."""

_DETECTORS = 4
"""Detectors nearest to the boresight on which the middle of the region is put, by turns: the
boresight itself may lie in a gap."""

_BETTER = 0.01
"""Probability by which the pointing must beat every field of the grid."""

_FIRST_STEP, _STEPS = 0.25, 7
"""The pointing is moved by this part of the camera's radius, and by half as much once that does
not help, so many times altogether."""

_GAINED = 1e-6
"""Probability that is worth a step."""

_WHOLE = 0.99
"""Probability of a pointing beside which no field is wanted: a source at the edge of a field is
seen no better for being seen by several."""

OFF_GRID = -1
"""Identifier of every pointing that is no field."""


def with_centered_pointing(
    skymap: SkyMap, footprint: Footprint, grid: FieldGrid, named: Collection[int] = ()
) -> FieldGrid:
    """Add a pointing at a small region, if it covers more than any field.

    Parameters
    ----------
    grid
        Fields near the sky map.
    named
        Fields that are kept in any case.

    Returns
    -------
    FieldGrid
        The fields and, where it pays, one pointing whose identifier is -1; that pointing and the
        named fields alone where it covers all that there is.
    """
    if skymap.area(_LEVEL).to_value(u.sr) > camera_area(footprint):
        return grid
    pointing, covered = _moved(skymap, footprint, _candidates(skymap, footprint))
    if covered >= _WHOLE:
        kept = np.isin(grid.field_id, list(named))
        grid = FieldGrid(grid.field_id[kept], grid.coord[kept], grid.is_primary[kept])
        return _with(pointing, grid)
    on_grid = _covered(skymap, footprint, grid.coord).max(initial=0.0) if len(grid.coord) else 0.0
    if covered < on_grid + _BETTER:
        return grid
    return _with(pointing, grid)


def _with(pointing: SkyCoord, grid: FieldGrid) -> FieldGrid:
    return FieldGrid(
        np.concatenate([[OFF_GRID], grid.field_id]),
        SkyCoord(
            np.concatenate([pointing.ra, grid.coord.ra]),
            np.concatenate([pointing.dec, grid.coord.dec]),
        ),
        np.concatenate([[True], grid.is_primary]),
    )


def _covered(skymap: SkyMap, footprint: Footprint, coord: SkyCoord) -> NDArray[np.float64]:
    """Probability on the detectors at each pointing, shape (n,)."""
    return atoms_of(skymap, layers_near(skymap, footprint, coord)).field_probability


def _moved(skymap: SkyMap, footprint: Footprint, candidates: SkyCoord) -> tuple[SkyCoord, float]:
    """The best pointing near the best of some, shape (1,), and what it covers."""
    covered = _covered(skymap, footprint, candidates)
    best = int(np.argmax(covered))
    pointing, value = candidates[best : best + 1], float(covered[best])
    step = _FIRST_STEP * focal_plane(footprint).radius
    angle = np.arange(8) * np.pi / 4
    for _ in range(_STEPS):
        around = _beside(pointing, step * np.stack([np.cos(angle), np.sin(angle)], axis=-1))
        covered = _covered(skymap, footprint, around)
        best = int(np.argmax(covered))
        if covered[best] > value + _GAINED:
            pointing, value = around[best : best + 1], float(covered[best])
        else:
            step /= 2
    return pointing, value


def _candidates(skymap: SkyMap, footprint: Footprint) -> SkyCoord:
    """Boresights that put a middle of the region on the axis or on a detector near it."""
    middles = _middles(skymap)
    centers = footprint.corners.to_value(u.rad).mean(axis=1)
    nearest = np.argsort(np.linalg.norm(centers, axis=1), kind="stable")[:_DETECTORS]
    offsets = np.concatenate([np.zeros((1, 2)), -centers[nearest]])
    directions = [unit_vectors(_beside(middle.reshape(1), offsets)) for middle in middles]
    return sky_coord(np.concatenate(directions))


def _beside(pointing: SkyCoord, offsets: NDArray[np.float64]) -> SkyCoord:
    """Positions east and north (rad, shape (n, 2)) of a pointing, in its tangent plane."""
    east, north, ahead = tangent_frames(pointing)[0]
    return sky_coord(ahead + offsets[:, :1] * east + offsets[:, 1:] * north)


def _middles(skymap: SkyMap) -> SkyCoord:
    """Mean directions of the region's probability, and of all, shape (2,)."""
    likely = skymap.credible_levels < _LEVEL
    weighted = skymap.probability[:, None] * range_centers(skymap.lo, skymap.hi)
    return sky_coord(np.stack([weighted[likely].sum(axis=0), weighted.sum(axis=0)]))
