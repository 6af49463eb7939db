"""Field grids for telescopes that have none of their own."""

from __future__ import annotations

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from telescopes.telescope import FieldGrid


def declination_rings(
    width: u.Quantity[u.physical.angle],
    height: u.Quantity[u.physical.angle],
    south: u.Quantity[u.physical.angle],
    north: u.Quantity[u.physical.angle],
) -> FieldGrid:
    """Cover the sky between two declinations without gaps.

    Fields stand on rings of equal declination. The rings are `height` apart at most; along
    a ring, fields are `width` apart at most where the ring is widest within half a height
    of its center.

    Parameters
    ----------
    width, height
        Extent of the camera, less the overlap that is wanted, east-west and north-south.
    south, north
        Declinations between which every position is covered.

    Returns
    -------
    FieldGrid
        Numbered from 1, from south to north and then eastward.
    """
    span = (north - south).to_value(u.deg)
    n_rings = int(np.ceil(span / height.to_value(u.deg)))
    step = span / n_rings
    rings = south.to_value(u.deg) + step * (np.arange(n_rings) + 0.5)
    ra: list[NDArray[np.float64]] = []
    for dec in rings:
        edge = max(abs(dec) - step / 2, 0.0)
        n_fields = max(1, int(np.ceil(360 * np.cos(np.radians(edge)) / width.to_value(u.deg))))
        ra.append(np.arange(n_fields) * 360 / n_fields)
    dec_of_field = np.repeat(rings, [len(ring) for ring in ra])
    coord = SkyCoord(np.concatenate(ra), dec_of_field, unit=u.deg)
    return FieldGrid(np.arange(1, len(coord) + 1), coord, np.ones(len(coord), dtype=bool))


def no_grid() -> FieldGrid:
    """No field at all: for a camera so narrow that it is only pointed at targets."""
    return FieldGrid(
        np.empty(0, dtype=np.int64), SkyCoord([], [], unit=u.deg), np.empty(0, dtype=bool)
    )
