"""The Kitt Peak EMCCD Demonstrator on the 2.1 m telescope: its facts.

References
----------
.. [1] Coughlin et al. 2019, MNRAS 485, 1412.
.. [2] gwemopt, `data/config/KPED.config`.
"""

from __future__ import annotations

import numpy as np
from astropy import units as u
from astropy.coordinates import EarthLocation

from telescopes.grids import no_grid
from telescopes.slews import Axis, Overheads
from telescopes.telescope import Footprint, Site, Telescope

WIDTH = 4.4 * u.arcmin
"""Of the square field [1]_."""

KPED = Telescope(
    name="KPED",
    facility="Kitt Peak EMCCD Demonstrator",
    description=(
        "KPED; Coughlin et al. 2019; 4.4 arcmin wide camera on the 2.1-m telescope at Kitt Peak "
        "National Observatory"
    ),
    site=Site(
        "Kitt Peak National Observatory",
        EarthLocation.from_geodetic(lon=-111.5997 * u.deg, lat=31.9599 * u.deg, height=2096 * u.m),
        "America/Phoenix",
    ),
    filters=("g", "r"),
    footprint=Footprint(
        np.array([0]),
        (np.array([[[1, 1], [-1, 1], [-1, -1], [1, -1]]]) * WIDTH / 2).to(u.deg),
    ),
    overheads=Overheads(
        # Ten seconds an exposure and a change of filter, 1 deg/s [2]_; the ramp is assumed.
        readout=10 * u.s,
        mount_settle=1 * u.s,
        filter_exchange=10 * u.s,
        hour_angle_axis=Axis(1.0 * u.deg / u.s, 0.5 * u.deg / u.s**2),
        declination_axis=Axis(1.0 * u.deg / u.s, 0.5 * u.deg / u.s**2),
    ),
    read_grid=no_grid,
    exclusions=(),
    # 30 deg above the horizon [2]_.
    airmass_limit=2.0,
    exposure_time=300 * u.s,
    longest_exposure=1800 * u.s,
    default_filters=("g", "r"),
    off_grid=True,
    treasure_map_id=45,
)
