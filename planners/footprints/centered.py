"""One pointing off the grid, for a region that a single camera holds."""

from __future__ import annotations

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from planners.footprints.atoms import atoms_of
from planners.footprints.field_cells import camera_area
from planners.footprints.layers import layers_near
from planners.geometry.directions import sky_coord, tangent_frames
from planners.geometry.polygons import cell_centers
from planners.geometry.ranges import HIGHEST_ORDER
from planners.skymaps.skymap import SkyMap
from telescopes.telescope import FieldGrid, Footprint

_LEVEL = 0.9
"""Credible level of the region that must be no larger than the camera."""

_DETECTORS = 4
"""Detectors nearest to the boresight on which the middle of the region is put, by turns: the
boresight itself may lie in a gap."""

_BETTER = 0.01
"""Probability by which the pointing must beat every field of the grid."""

_OFF_GRID = -1


def with_centered_pointing(skymap: SkyMap, footprint: Footprint, grid: FieldGrid) -> FieldGrid:
    """Add a pointing at a small region, if it covers more than any field.

    Parameters
    ----------
    grid
        Fields near the sky map.

    Returns
    -------
    FieldGrid
        The fields and, where it pays, one pointing whose identifier is -1.
    """
    if skymap.area(_LEVEL).to_value(u.sr) > camera_area(footprint):
        return grid
    candidates = _candidates(skymap, footprint)
    n = len(candidates)
    both = SkyCoord(
        np.concatenate([candidates.ra, grid.coord.ra]),
        np.concatenate([candidates.dec, grid.coord.dec]),
    )
    covered = atoms_of(skymap, layers_near(skymap, footprint, both)).field_probability
    best = int(np.argmax(covered[:n]))
    if covered[best] < covered[n:].max(initial=0.0) + _BETTER:
        return grid
    kept = np.concatenate([[best], np.arange(n, len(both))])
    return FieldGrid(
        np.concatenate([[_OFF_GRID], grid.field_id]),
        both[kept],
        np.concatenate([[True], grid.is_primary]),
    )


def _candidates(skymap: SkyMap, footprint: Footprint) -> SkyCoord:
    """Boresights that put the middle of the region on the axis or on a detector near it."""
    middle = _middle(skymap)
    east, north, ahead = tangent_frames(middle.reshape(1))[0]
    centers = footprint.corners.to_value(u.rad).mean(axis=1)
    nearest = np.argsort(np.linalg.norm(centers, axis=1), kind="stable")[:_DETECTORS]
    offsets = np.concatenate([np.zeros((1, 2)), -centers[nearest]])
    return sky_coord(ahead + offsets[:, :1] * east + offsets[:, 1:] * north)


def _middle(skymap: SkyMap) -> SkyCoord:
    """Mean direction of the region's probability."""
    likely = skymap.credible_levels < _LEVEL
    centers = cell_centers(HIGHEST_ORDER, (skymap.lo[likely] + skymap.hi[likely]) // 2)
    return sky_coord(skymap.probability[likely] @ centers)
