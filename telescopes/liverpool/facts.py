"""The Liverpool Telescope on La Palma with its camera IO:O: facts.

References
----------
.. [1] Steele et al. 2004, Proc. SPIE 5489, 679.
.. [2] telescope.livjm.ac.uk/TelInst: specification of the telescope and of IO:O.
"""

from __future__ import annotations

import numpy as np
from astropy import units as u
from astropy.coordinates import EarthLocation

from telescopes.grids import no_grid
from telescopes.slews import Axis, Overheads
from telescopes.telescope import Footprint, Site, Telescope

WIDTH = 10.0 * u.arcmin
"""Of IO:O's square field [2]_."""

LIVERPOOL = Telescope(
    name="Liverpool",
    facility="Liverpool Telescope",
    description=(
        "LT; Steele et al. 2004; 2-m telescope at the Observatorio del Roque de los Muchachos, "
        "with the 10 arcmin wide camera IO:O"
    ),
    # telescope.livjm.ac.uk, "Acknowledging the use of the telescope".
    acknowledgment=(
        "The Liverpool Telescope is operated on La Palma by Liverpool John Moores University in "
        "the Observatorio del Roque de los Muchachos of the IAC, with support of the UK STFC."
    ),
    site=Site(
        "Roque de los Muchachos",
        EarthLocation.from_geodetic(lon=-17.8792 * u.deg, lat=28.7624 * u.deg, height=2363 * u.m),
        "Atlantic/Canary",
    ),
    filters=("u", "g", "r", "i", "z"),
    footprint=Footprint(
        np.array([0]),
        (np.array([[[1, 1], [-1, 1], [-1, -1], [1, -1]]]) * WIDTH / 2).to(u.deg),
    ),
    overheads=Overheads(
        # IO:O, binned 2 x 2 [2]_. Settling and the change of filter are assumed.
        readout=18.5 * u.s,
        mount_settle=10 * u.s,
        filter_exchange=15 * u.s,
        # 2 deg/s [1]_; the ramp is assumed.
        hour_angle_axis=Axis(2.0 * u.deg / u.s, 0.5 * u.deg / u.s**2),
        declination_axis=Axis(2.0 * u.deg / u.s, 0.5 * u.deg / u.s**2),
        alt_azimuth=True,
    ),
    read_grid=no_grid,
    exclusions=(),
    # 25 deg above the horizon [2]_.
    airmass_limit=2.36,
    exposure_time=120 * u.s,
    longest_exposure=3600 * u.s,
    default_filters=("g", "r"),
    off_grid=True,
    highest_altitude=87 * u.deg,
)
