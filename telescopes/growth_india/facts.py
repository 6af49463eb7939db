"""The GROWTH-India Telescope at Hanle: its facts.

References
----------
.. [1] Kumar et al. 2022, AJ 164, 90.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from astropy import units as u
from astropy.coordinates import EarthLocation

from telescopes.grids import declination_rings
from telescopes.slews import Axis, Overheads
from telescopes.telescope import FieldGrid, Footprint, Site, Telescope

WIDTH = 0.7 * u.deg
"""Width of the camera [1]_."""


@cache
def read_grid() -> FieldGrid:
    """Rings of camera widths with 4 % overlap."""
    return declination_rings(0.96 * WIDTH, 0.96 * WIDTH, -35 * u.deg, 85 * u.deg)


GROWTH_INDIA = Telescope(
    name="GROWTH-India",
    facility="GROWTH-India Telescope",
    description=(
        "GIT; Kumar et al. 2022; 0.7 degree wide camera on a 0.7-m telescope at the Indian "
        "Astronomical Observatory, Hanle"
    ),
    # Kumar et al. 2022, AJ 164, 90, acknowledgments.
    acknowledgment=(
        "The GROWTH India Telescope is run by the Indian Institute of Astrophysics and the Indian "
        "Institute of Technology Bombay, with support of IUSSTF and SERB-DST."
    ),
    site=Site(
        "Indian Astronomical Observatory",
        EarthLocation.from_geodetic(
            lon=78.964722 * u.deg, lat=32.778889 * u.deg, height=4500 * u.m
        ),
        "Asia/Kolkata",
    ),
    filters=("u", "g", "r", "i", "z"),
    footprint=Footprint(
        np.array([0]),
        np.array([[[1, 1], [-1, 1], [-1, -1], [1, -1]]]) * WIDTH / 2,
    ),
    overheads=Overheads(
        # As gwemopt counts.
        readout=15 * u.s,
        mount_settle=5 * u.s,
        filter_exchange=20 * u.s,
        hour_angle_axis=Axis(2.4 * u.deg / u.s, 0.5 * u.deg / u.s**2),
        declination_axis=Axis(2.4 * u.deg / u.s, 0.5 * u.deg / u.s**2),
    ),
    read_grid=read_grid,
    exclusions=(),
    # 20 deg above the horizon, below which the dome hides the sky [1]_.
    airmass_limit=2.9,
    exposure_time=300 * u.s,
    longest_exposure=1800 * u.s,
    default_filters=("r",),
    # 5-sigma limits of 300 s exposures, to about 0.2 mag [1]_.
    reference_magnitudes={"g": 20.9, "r": 20.6, "i": 20.2},
    off_grid=True,
    treasure_map_id=46,
)
