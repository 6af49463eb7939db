"""Where things stand over a site, fast enough to ask for every target at every slot.

Good to about 0.02 deg for decades around 2020, which a test holds against astropy.
Nothing here knows refraction, nutation or aberration.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from telescopes.telescope import Site

J2000 = 51544.5
"""Modified Julian Date of the epoch."""


@dataclass(frozen=True)
class ApproximateSky:
    """The sky of one site; all angles in degrees, times as Modified Julian Date (UTC)."""

    longitude: float
    """East positive."""

    latitude: float
    """Geodetic."""

    @classmethod
    def of(cls, site: Site) -> ApproximateSky:
        """Make that of `site`."""
        return cls(float(site.location.lon.deg), float(site.location.lat.deg))

    def sidereal_time(self, mjd: float) -> float:
        """Local mean sidereal time.

        References
        ----------
        Meeus, Astronomical Algorithms (1998), equation 12.4.
        """
        days = mjd - J2000
        centuries = days / 36525
        greenwich = 280.46061837 + 360.98564736629 * days + 0.000387933 * centuries**2
        return (greenwich + self.longitude) % 360

    def hour_angle(self, ra: ArrayLike, mjd: float) -> NDArray[np.float64]:
        """Hour angle of right ascension `ra` in [-180, 180)."""
        angle = self.sidereal_time(mjd) - np.asarray(ra, dtype=float)
        return np.asarray((angle + 180) % 360 - 180)

    def altitude(self, ra: ArrayLike, dec: ArrayLike, mjd: float) -> NDArray[np.float64]:
        """Altitude of positions for the equinox J2000."""
        return self._altitude_of_date(*_precess(ra, dec, mjd), mjd)

    def azimuth(self, ra: ArrayLike, dec: ArrayLike, mjd: float) -> NDArray[np.float64]:
        """Azimuth of positions for the equinox J2000, north through east, in [0, 360)."""
        ra, dec = _precess(ra, dec, mjd)
        hour_angle = np.radians(self.hour_angle(ra, mjd))
        dec, latitude = np.radians(dec), np.radians(self.latitude)
        east = -np.cos(dec) * np.sin(hour_angle)
        north = np.sin(dec) * np.cos(latitude) - np.cos(dec) * np.cos(hour_angle) * np.sin(latitude)
        return np.asarray(np.degrees(np.arctan2(east, north)) % 360)

    def airmass(self, ra: ArrayLike, dec: ArrayLike, mjd: float) -> NDArray[np.float64]:
        """Secant of the zenith angle; infinite below the horizon."""
        sine = np.sin(np.radians(self.altitude(ra, dec, mjd)))
        above = sine > 1e-6
        return np.where(above, 1 / np.where(above, sine, 1), np.inf)

    def sun_altitude(self, mjd: float) -> float:
        """Altitude of the Sun's center.

        References
        ----------
        Astronomical Almanac (2020), page C5: 0.01 deg from 1950 to 2050.
        """
        days = mjd - J2000
        mean_longitude = 280.460 + 0.9856474 * days
        anomaly = np.radians(357.528 + 0.9856003 * days)
        center = 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly)
        longitude = np.radians(mean_longitude + center)
        obliquity = np.radians(23.439 - 0.0000004 * days)
        ra = np.degrees(np.arctan2(np.cos(obliquity) * np.sin(longitude), np.cos(longitude)))
        dec = np.degrees(np.arcsin(np.sin(obliquity) * np.sin(longitude)))
        return float(self._altitude_of_date(ra, dec, mjd))

    def _altitude_of_date(self, ra: ArrayLike, dec: ArrayLike, mjd: float) -> NDArray[np.float64]:
        hour_angle = np.radians(self.hour_angle(ra, mjd))
        dec, latitude = np.radians(dec), np.radians(self.latitude)
        sine = np.sin(latitude) * np.sin(dec) + np.cos(latitude) * np.cos(dec) * np.cos(hour_angle)
        return np.asarray(np.degrees(np.arcsin(np.clip(sine, -1, 1))))


def _precess(
    ra: ArrayLike, dec: ArrayLike, mjd: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Carry positions from J2000 to the date.

    References
    ----------
    Meeus, Astronomical Algorithms (1998), equations 21.3 and 21.4.
    """
    t = (mjd - J2000) / 36525
    zeta = np.radians((2306.2181 * t + 0.30188 * t**2 + 0.017998 * t**3) / 3600)
    z = np.radians((2306.2181 * t + 1.09468 * t**2 + 0.018203 * t**3) / 3600)
    theta = np.radians((2004.3109 * t - 0.42665 * t**2 - 0.041833 * t**3) / 3600)
    ra, dec = np.radians(ra), np.radians(dec)
    a = np.cos(dec) * np.sin(ra + zeta)
    b = np.cos(theta) * np.cos(dec) * np.cos(ra + zeta) - np.sin(theta) * np.sin(dec)
    c = np.sin(theta) * np.cos(dec) * np.cos(ra + zeta) + np.cos(theta) * np.sin(dec)
    return np.degrees(np.arctan2(a, b) + z), np.degrees(np.arcsin(np.clip(c, -1, 1)))
