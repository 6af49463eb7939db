"""The 1 m telescopes of Las Cumbres Observatory with their Sinistro cameras: facts.

References
----------
.. [1] Brown et al. 2013, PASP 125, 1031.
.. [2] lco.global/observatory/instruments/sinistro and lco.global/observatory/sites.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from astropy import units as u
from astropy.coordinates import EarthLocation

from telescopes.grids import declination_rings
from telescopes.slews import Axis, Overheads
from telescopes.telescope import FieldGrid, Footprint, Site, Telescope

WIDTH = 26.5 * u.arcmin
"""4096 pixels of 0.389 arcsec, one CCD [2]_."""

FILTERS = {"u": "up", "g": "gp", "r": "rp", "i": "ip", "z": "zs"}
"""The observatory's codes of filters, by name."""

SITES = {
    # Longitude and latitude (deg), height (m) and zone, by the observatory's own code [2]_.
    "lsc": ("Cerro Tololo", -70.8047, -30.1673, 2198.0, "America/Santiago"),
    "cpt": ("Sutherland", 20.8101, -32.3805, 1760.0, "Africa/Johannesburg"),
    "coj": ("Siding Spring", 149.0708, -31.2727, 1116.0, "Australia/Sydney"),
    "elp": ("McDonald Observatory", -104.0152, 30.6797, 2070.0, "America/Chicago"),
    "tfn": ("Teide Observatory", -16.5108, 28.3000, 2390.0, "Atlantic/Canary"),
}


@cache
def read_grid() -> FieldGrid:
    """Rings of camera widths, for positions that are not given one by one."""
    return declination_rings(0.96 * WIDTH, 0.96 * WIDTH, -85 * u.deg, 85 * u.deg)


def _footprint() -> Footprint:
    half = WIDTH.to_value(u.deg) / 2
    corners = np.array([[[1, 1], [-1, 1], [-1, -1], [1, -1]]]) * half
    return Footprint(np.array([0]), corners * u.deg)


def _telescope(code: str) -> Telescope:
    place, longitude, latitude, height, zone = SITES[code]
    return Telescope(
        name=f"LCO-1m-{code}",
        facility=f"Las Cumbres Observatory 1-m telescope at {place}",
        description=("LCO; Brown et al. 2013; with the 26.5 arcmin wide Sinistro camera"),
        # lco.global, "Acknowledging Las Cumbres Observatory".
        acknowledgment=(
            "This work makes use of observations from the Las Cumbres Observatory global telescope "
            "network."
        ),
        site=Site(
            place,
            EarthLocation.from_geodetic(
                lon=longitude * u.deg, lat=latitude * u.deg, height=height * u.m
            ),
            zone,
        ),
        filters=tuple(FILTERS),
        footprint=_footprint(),
        overheads=Overheads(
            # Readout and fixed time of an exposure, full frame [2]_; 90 s more are charged
            # at the front of each request, here within the settling.
            readout=28 * u.s,
            mount_settle=60 * u.s,
            filter_exchange=2 * u.s,
            # Slews are not published by axis; the network charges 2 s a degree and more.
            hour_angle_axis=Axis(2.0 * u.deg / u.s, 0.5 * u.deg / u.s**2),
            declination_axis=Axis(2.0 * u.deg / u.s, 0.5 * u.deg / u.s**2),
        ),
        read_grid=read_grid,
        exclusions=(),
        # 30 deg above the horizon [2]_.
        airmass_limit=2.0,
        exposure_time=300 * u.s,
        longest_exposure=3600 * u.s,
        default_filters=("g", "r"),
        # Exposure calculator of the observatory: half-Moon, 300 s, 5 sigma, to about 0.2 mag.
        reference_magnitudes={"g": 22.4, "r": 22.0, "i": 21.6},
        off_grid=True,
        treasure_map_id=9,
    )


LAS_CUMBRES = {code: _telescope(code) for code in SITES}
"""By the code of the site."""
