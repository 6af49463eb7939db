"""The Earth's rotation, from the tables that ship with astropy: nothing is ever fetched."""

from __future__ import annotations

from functools import cache

import astropy_iers_data
import erfa
import numpy as np
from astropy.time import Time
from astropy.utils import iers
from numpy.typing import NDArray

# Offline is a state, not an error: neither a download nor a complaint about the tables' age.
iers.conf.auto_download = False
iers.conf.auto_max_age = None


@cache
def _ut1_minus_utc() -> tuple[float, NDArray[np.float64]]:
    """First MJD, and UT1 - UTC (s) on each day from then on.

    astropy needs 0.8 s to read all columns of the same file; two of them suffice here. The
    columns are those of the `readme.finals2000A` of the IERS: MJD in 8-15, UT1-UTC in 59-68.
    """
    with open(astropy_iers_data.IERS_A_FILE, encoding="ascii") as file:  # noqa: PTH123, a str is what the package offers
        lines = [line for line in file if line[58:68].strip()]
    return float(lines[0][7:15]), np.array([float(line[58:68]) for line in lines])


def ut1_minus_utc(time: Time) -> float:
    """UT1 - UTC in seconds, predicted where not yet measured.

    Beyond the ends of the table its last value serves: the difference stays below 0.9 s as
    long as there are leap seconds.
    """
    first, values = _ut1_minus_utc()
    day = time.utc.mjd - first
    below = int(np.clip(np.floor(day), 0, len(values) - 2))
    step = values[below + 1] - values[below]
    # A leap second lies between two days as a step of one second.
    return float(values[below] + (step - np.round(step)) * np.clip(day - below, 0, 1))


def earth_rotation_angle(time: Time) -> float:
    """Angle of the Earth's rotation at `time`, rad.

    References
    ----------
    IERS Conventions (2010), equation 5.15.
    """
    utc = time.utc
    return float(erfa.era00(utc.jd1, utc.jd2 + ut1_minus_utc(time) / 86400))


ROTATION_RATE = 2 * np.pi * 1.00273781191135448 / 86400
"""Rate of the Earth rotation angle, rad per second of UT1 (IERS Conventions 2010, eq. 5.15)."""
