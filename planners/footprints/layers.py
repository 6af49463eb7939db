"""Cells of many fields: fine ones where the probability is, coarse ones elsewhere."""

from __future__ import annotations

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from planners.footprints.atoms import Layer
from planners.footprints.cameras import camera_cells
from planners.footprints.field_cells import camera_area, finest_order
from planners.geometry.ranges import HIGHEST_ORDER
from planners.skymaps.skymap import SkyMap
from telescopes.telescope import Footprint

_FINE_LEVEL = 0.95
"""Credible level of the region with fine cells."""

_FINE_CELLS, _COARSE_CELLS = 300_000, 500_000
"""Cells in that region, and cells of all fields, at the most. Cells belong to a detector or not
by their centers: a coverage is then right to about the inverse root of their number."""

_CAMERA_CELLS, _COARSEST = 200_000, 5
"""Cells of one camera at the most; and order of the coarse cells at the least."""


def layers_near(skymap: SkyMap, footprint: Footprint, coord: SkyCoord) -> list[Layer]:
    """Cells of some pointings, in one layer or two.

    Parameters
    ----------
    coord
        Boresights. Shape (n,).
    """
    region = skymap.region(_FINE_LEVEL)
    finest = finest_order(camera_area(footprint) / _CAMERA_CELLS)
    fine = min(finest_order(region.area.to_value(u.sr) / _FINE_CELLS), finest)
    coarse = finest_order(max(len(coord), 1) * camera_area(footprint) / _COARSE_CELLS)
    coarse = max(min(coarse, fine), _COARSEST)
    start, cell, detector = camera_cells(footprint, coord, coarse)
    if fine <= coarse:
        return [Layer(coarse, start, cell, detector)]
    inner = region.touching(coarse)
    outside = ~inner.contains(cell << (2 * (HIGHEST_ORDER - coarse)))
    kept = np.concatenate([[0], np.cumsum(outside)])[start]
    outer = Layer(coarse, kept, cell[outside], detector[outside])
    return [Layer(fine, *camera_cells(footprint, coord, fine, inner)), outer]
