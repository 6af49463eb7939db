"""Which part of the sky the Earth hides from a low satellite."""

from __future__ import annotations

import math
from datetime import UTC, datetime

EARTH_RADIUS = 6371.0
"""Mean radius, km."""

USUAL_RADIUS = 67.5
"""deg, of the Earth seen by Fermi; the GBM sky maps of before 2019 mean the same."""

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)


def occultation_from_vector(x: float, y: float, z: float) -> dict[str, float] | None:
    """Earth disc from the satellite's geocentric vector, as GBM ground positions carry it.

    `SC_Geo_X/Y/Z` point from the center of the Earth to the satellite
    (equatorial), in units of 1/4 or 1/16 km: measured on 76 archived notices,
    the length divided by one of the two is the orbit's radius of 6864-6917 km,
    and the direction agrees with `SC_Long/Lat` of the flight notices.

    Returns
    -------
    dict or None
        `earth_ra_deg`, `earth_dec_deg`, `earth_radius_deg`; None for a null vector.
    """
    length = math.sqrt(x * x + y * y + z * z)
    if length == 0:
        return None
    distance = next((length / unit for unit in (1, 4, 16) if 6500 < length / unit < 7200), None)
    radius = USUAL_RADIUS if distance is None else math.degrees(math.asin(EARTH_RADIUS / distance))
    return {
        "earth_ra_deg": round(math.degrees(math.atan2(-y, -x)) % 360, 3),
        "earth_dec_deg": round(math.degrees(math.asin(-z / length)), 3),
        "earth_radius_deg": round(radius, 3),
    }


def occultation_from_subpoint(
    longitude: float, latitude: float, time: datetime
) -> dict[str, float]:
    """Earth disc from the point on the ground below the satellite.

    Parameters
    ----------
    longitude, latitude
        East, north, deg.
    time
        When, UTC.

    References
    ----------
    Greenwich mean sidereal time: Explanatory Supplement to the Astronomical Almanac (2013), 6.8.
    """
    days = (time - _J2000).total_seconds() / 86400
    sidereal = 280.46061837 + 360.98564736629 * days
    return {
        "earth_ra_deg": round((sidereal + longitude + 180) % 360, 3),
        "earth_dec_deg": -latitude,
        "earth_radius_deg": USUAL_RADIUS,
    }
