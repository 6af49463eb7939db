"""WINTER, the infrared survey camera on a 1 m telescope at Palomar: its facts.

References
----------
.. [1] Lourie et al. 2020, Proc. SPIE 11447, 114479K: six sensors of 1920 x 1080 pixels,
   filters Y, J and short H.
.. [2] gwemopt, `data/config/WINTER.config`.
.. [3] github.com/winter-telescope/wintertoo: `wintertoo/models/too.py`.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from astropy import units as u
from astropy.coordinates import EarthLocation

from telescopes.grids import declination_rings
from telescopes.slews import Axis, Overheads
from telescopes.telescope import FieldGrid, Footprint, Site, Telescope

SCALE = 1.11 * u.arcsec
"""Of a pixel: with six sensors the field is 1.2 square degrees [1]_."""

DITHERS = {"Y": 8, "J": 8, "Hs": 15}
"""Dithers of a customary visit, by filter (SkyPortal, `facility_apis/winter`)."""

MIN_EXPOSURE, MAX_EXPOSURE = 0.28, 300.0
"""Exposure of one dither, s [3]_."""


def _footprint() -> Footprint:
    """Two columns of three sensors; the gaps between them are not published and left out."""
    width, height = (1920 * SCALE).to_value(u.deg), (1080 * SCALE).to_value(u.deg)
    square = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * [width / 2, height / 2]
    centers = [(east * width, north * height) for north in (-1, 0, 1) for east in (0.5, -0.5)]
    return Footprint(np.arange(6), (np.array(centers)[:, None, :] + square) * u.deg)


@cache
def read_grid() -> FieldGrid:
    """Rings of camera widths with 4 % overlap, above 20 deg of altitude [2]_."""
    width, height = 2 * 1920 * SCALE, 3 * 1080 * SCALE
    return declination_rings(
        (0.96 * width).to(u.deg), (0.96 * height).to(u.deg), -36 * u.deg, 90 * u.deg
    )


WINTER = Telescope(
    name="WINTER",
    facility="Wide-field Infrared Transient Explorer",
    description=(
        "WINTER; Lourie et al. 2020; 1.2 square degree near-infrared camera on a 1-m telescope "
        "at Palomar Observatory"
    ),
    # Lourie et al. 2020, Proc. SPIE 11447, acknowledgments.
    acknowledgment=(
        "WINTER is supported by the National Science Foundation under MRI Grant AST-1828470."
    ),
    site=Site(
        "Palomar Observatory",
        EarthLocation.from_geodetic(lon=-116.8662 * u.deg, lat=33.3571 * u.deg, height=1696 * u.m),
        "America/Los_Angeles",
    ),
    filters=("Y", "J", "Hs"),
    footprint=_footprint(),
    overheads=Overheads(
        # 2 s an exposure, 8 s for another filter, 3.3 deg/s [2]_; the ramp is assumed.
        readout=2 * u.s,
        mount_settle=1 * u.s,
        filter_exchange=8 * u.s,
        hour_angle_axis=Axis(3.3 * u.deg / u.s, 1.0 * u.deg / u.s**2),
        declination_axis=Axis(3.3 * u.deg / u.s, 1.0 * u.deg / u.s**2),
    ),
    read_grid=read_grid,
    exclusions=(),
    # 20 deg above the horizon [2]_.
    airmass_limit=2.9,
    # Eight dithers of 120 s.
    exposure_time=960 * u.s,
    longest_exposure=8 * MAX_EXPOSURE * u.s,
    default_filters=("J",),
    off_grid=True,
    # Its schedules take any number; a part is no shorter than a second or two.
    most_dithers=100,
)
