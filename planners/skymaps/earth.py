"""The Earth in a satellite's sky: where a map of what it saw says nothing of the source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from planners.geometry.polygons import cell_centers, unit_vectors
from planners.geometry.ranges import Ranges
from planners.skymaps.fits_tables import TableInvalid, open_table
from planners.skymaps.skymap import SkyMap

USUAL_RADIUS = 67.5 * u.deg
"""Of the Earth seen by Fermi, where nobody says it; it varies by a degree."""

_ORDER = 8
"""HEALPix order to which the disc is known: 0.23 deg, less than the radius is."""


@dataclass(frozen=True, eq=False)
class EarthDisc:
    """What of the sky the Earth hid."""

    center: SkyCoord
    """Of the disc (ICRS)."""

    radius: u.Quantity[u.physical.angle] = USUAL_RADIUS
    """Of the disc."""

    @property
    def region(self) -> Ranges:
        """Cells whose centers are hidden."""
        cells = np.arange(12 << (2 * _ORDER))
        cosine = cell_centers(_ORDER, cells) @ unit_vectors(self.center)
        return Ranges.of_cells(_ORDER, cells[cosine >= np.cos(self.radius.to_value(u.rad))])


def without_earth(skymap: SkyMap, earth: EarthDisc) -> SkyMap:
    """The map of a source that the Earth did not hide; `probability_left` says what was visible.

    Raises
    ------
    SkyMapInvalid
        If all of the map was hidden.
    """
    return skymap.without(earth.region)


def stated_earth(data: bytes) -> EarthDisc | None:
    """The disc that the header of a map's file states, as Fermi GBM's do; None where none does.

    Parameters
    ----------
    data
        FITS, with GEO_RA and GEO_DEC (deg) and maybe GEO_RAD (deg).
    """
    try:
        header = open_table(data, lambda table: "GEO_RA" in table.header).header
    except TableInvalid:
        return None
    values = [header.get(name) for name in ("GEO_RA", "GEO_DEC", "GEO_RAD")]
    ra, dec, radius = (
        float(value) if isinstance(value, float | int) and np.isfinite(value) else None
        for value in values
    )
    if ra is None or dec is None or not abs(dec) <= 90:
        return None
    is_stated = radius is not None and 0 < radius < 90
    return EarthDisc(
        SkyCoord(ra * u.deg, dec * u.deg), radius * u.deg if is_stated else USUAL_RADIUS
    )
