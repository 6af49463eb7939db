"""How fine cells must be for a camera, and for a map."""

from __future__ import annotations

import numpy as np
from astropy import units as u

from planners.geometry.ranges import HIGHEST_ORDER
from planners.skymaps.skymap import SkyMap
from telescopes.telescope import Footprint, Telescope

_CELLS_PER_CAMERA = 3000
"""At the customary order, at least: the area of a ZTF field is then good to 0.2 %, without bias."""

_CELLS_PER_MAP = 10_000, 2_000_000
"""In the 50 % region of a map at least, in its 99.9 % region at most, once the order is chosen
for it too."""


def camera_area(footprint: Footprint) -> float:
    """Solid angle of all detectors together, sr."""
    east, north = np.moveaxis(footprint.corners.to_value(u.rad), -1, 0)
    ahead = np.roll(east, -1, axis=1), np.roll(north, -1, axis=1)
    return float(np.abs(np.sum(east * ahead[1] - ahead[0] * north, axis=1)).sum() / 2)


def customary_order(telescope: Telescope) -> int:
    """HEALPix order at which a camera is some thousand cells."""
    area = camera_area(telescope.footprint)
    return int(np.clip(np.ceil(order_of(area / _CELLS_PER_CAMERA)), 0, HIGHEST_ORDER))


def order_for(telescope: Telescope, skymap: SkyMap) -> int:
    """HEALPix order fine enough for both the camera and the map."""
    least, most = _CELLS_PER_MAP
    needed = np.ceil(order_of(skymap.area(0.5).to_value(u.sr) / least))
    affordable = np.floor(order_of(skymap.area(0.999).to_value(u.sr) / most))
    wanted = max(customary_order(telescope), min(needed, affordable))
    return int(np.clip(wanted, 0, HIGHEST_ORDER))


def order_of(cell_area: float) -> float:
    """HEALPix order, not rounded, of cells of a solid angle, sr."""
    return float(0.5 * np.log2(np.pi / 3 / cell_area))


def finest_order(cell_area: float) -> int:
    """Finest order whose cells are no smaller than a solid angle, sr."""
    return int(np.clip(np.floor(order_of(cell_area)), 0, HIGHEST_ORDER))
