"""Palomar Gattini-IR: its facts.

References
----------
.. [1] De et al. 2020, PASP 132, 025001.
.. [2] Moore & Kasliwal 2019, Nature Astronomy 3, 109.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from astropy import units as u
from astropy.coordinates import EarthLocation

from telescopes.grids import declination_rings
from telescopes.slews import Axis, Overheads
from telescopes.telescope import FieldGrid, Footprint, Site, Telescope

WIDTH = (2048 * 8.7 * u.arcsec).to(u.deg)
"""Pixels of the detector and their scale [1]_."""


@cache
def read_grid() -> FieldGrid:
    """Rings of camera widths with 2 % overlap; the survey goes down to -28.9 deg [1]_."""
    return declination_rings(0.98 * WIDTH, 0.98 * WIDTH, -28.9 * u.deg, 90 * u.deg)


GATTINI = Telescope(
    name="Gattini",
    facility="Palomar Gattini-IR telescope",
    description=(
        "De et al. 2020; Moore & Kasliwal 2019; 25 square degree J-band camera on a 30-cm "
        "telescope at Palomar Observatory"
    ),
    # De et al. 2020, PASP 132, 025001, acknowledgments.
    acknowledgment=(
        "Palomar Gattini-IR is funded by Caltech, the Australian National University, the Mt Cuba "
        "Foundation, the Heising-Simons Foundation and the Binational Science Foundation."
    ),
    site=Site(
        "Palomar Observatory",
        EarthLocation.from_geodetic(lon=-116.8648 * u.deg, lat=33.3563 * u.deg, height=1712 * u.m),
        "America/Los_Angeles",
    ),
    filters=("J",),
    footprint=Footprint(
        np.array([0]),
        np.array([[[1, 1], [-1, 1], [-1, -1], [1, -1]]]) * WIDTH / 2,
    ),
    overheads=Overheads(
        # Dithers and readouts are within the exposure; as gwemopt counts the rest.
        readout=10 * u.s,
        mount_settle=1 * u.s,
        filter_exchange=0 * u.s,
        hour_angle_axis=Axis(1.0 * u.deg / u.s, 0.5 * u.deg / u.s**2),
        declination_axis=Axis(1.0 * u.deg / u.s, 0.5 * u.deg / u.s**2),
    ),
    read_grid=read_grid,
    exclusions=(),
    airmass_limit=2.5,
    # Eight dithers of 8.1 s [1]_.
    exposure_time=64.8 * u.s,
    longest_exposure=1800 * u.s,
    default_filters=("J",),
    # Median depth of the survey outside the Galactic plane [1]_.
    reference_magnitudes={"J": 15.7},
    treasure_map_id=44,
)
