"""Cells of many fields: fine ones where the probability is, coarse ones elsewhere."""

from __future__ import annotations

import numpy as np
from astropy import units as u
from numpy.typing import NDArray

from planners.atoms import Layer
from planners.cameras import camera_cells, touched_cells
from planners.footprints import customary_order
from planners.ranges import HIGHEST_ORDER
from planners.skymaps import SkyMap
from telescopes.observing import FieldGrid, Footprint, Telescope

_FINE_LEVEL = 0.95
"""Credible level of the region with fine cells."""

_FINE_CELLS, _COARSE_CELLS = 300_000, 500_000
"""Cells in that region, and cells of all fields, at the most. Cells belong to a detector or not
by their centres: a coverage is then right to about the inverse root of their number."""

_FINER, _COARSEST = 3, 5
"""Orders beyond the customary one at the most; and order of the coarse cells at the least."""


def layers_near(
    skymap: SkyMap, telescope: Telescope, grid: FieldGrid, chosen: NDArray[np.int64]
) -> list[Layer]:
    """Cells of some fields of a grid, in one layer or two.

    Parameters
    ----------
    chosen : ndarray of int
        Indices in the grid.
    """
    footprint, coord = telescope.footprint, grid.coord[chosen]
    region = skymap.region(_FINE_LEVEL)
    finest = customary_order(telescope) + _FINER
    fine = min(_order_of(region.area.to_value(u.sr) / _FINE_CELLS), finest)
    coarse = _order_of(max(len(chosen), 1) * camera_area(footprint) / _COARSE_CELLS)
    coarse = max(min(coarse, fine), _COARSEST)
    if fine <= coarse:
        start, cell, _ = camera_cells(footprint, coord, coarse)
        return [Layer(coarse, start, cell)]
    inner = touched_cells(region, coarse)
    start, cell, _ = camera_cells(footprint, coord, coarse)
    outside = ~inner.contains(cell << (2 * (HIGHEST_ORDER - coarse)))
    kept = np.concatenate([[0], np.cumsum(outside)])[start]
    outer = Layer(coarse, kept, cell[outside])
    start, cell, _ = camera_cells(footprint, coord, fine, inner)
    return [Layer(fine, start, cell), outer]


def camera_area(footprint: Footprint) -> float:
    """Solid angle of all detectors together, sr."""
    east, north = np.moveaxis(footprint.corners.to_value(u.rad), -1, 0)
    ahead = np.roll(east, -1, axis=1), np.roll(north, -1, axis=1)
    return float(np.abs(np.sum(east * ahead[1] - ahead[0] * north, axis=1)).sum() / 2)


def _order_of(cell_area: float) -> int:
    """Finest order whose cells are no smaller, sr."""
    return int(np.clip(np.floor(np.log2(np.pi / 3 / cell_area) / 2), 0, HIGHEST_ORDER))
