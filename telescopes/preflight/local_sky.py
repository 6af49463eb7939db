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

_MOON_LONGITUDE = (
    (6.29, 135.0, 477198.87), (-1.27, 259.3, -413335.36), (0.66, 235.7, 890534.22),
    (0.21, 269.9, 954397.74), (-0.19, 357.5, 35999.05), (-0.11, 186.5, 966404.03),
)  # fmt: skip
_MOON_LATITUDE = (
    (5.13, 93.3, 483202.02), (0.28, 228.2, 960400.89), (-0.28, 318.3, 6003.15),
    (-0.17, 217.6, -407332.21),
)  # fmt: skip
"""Amplitude (deg), phase (deg) and rate (deg a century) of the largest terms."""

_MOON_PARALLAX = 0.95
"""At the horizon, deg."""


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
        degrees, obliquity = self._sun_longitude(mjd)
        longitude = np.radians(degrees)
        ra = np.degrees(np.arctan2(np.cos(obliquity) * np.sin(longitude), np.cos(longitude)))
        dec = np.degrees(np.arcsin(np.sin(obliquity) * np.sin(longitude)))
        return float(self._altitude_of_date(ra, dec, mjd))

    @staticmethod
    def _sun_longitude(mjd: float) -> tuple[float, float]:
        """Ecliptic longitude of the Sun (deg), and the obliquity of the ecliptic (rad)."""
        days = mjd - J2000
        anomaly = np.radians(357.528 + 0.9856003 * days)
        center = 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly)
        longitude = float(280.460 + 0.9856474 * days + center)
        return longitude, float(np.radians(23.439 - 0.0000004 * days))

    def moon(self, mjd: float) -> tuple[float, float, float]:
        """Right ascension and declination of date (deg), and illuminated fraction, of the Moon.

        From the Earth's center.

        References
        ----------
        Astronomical Almanac (2020), page D22: 0.3 deg from 1900 to 2100.
        """
        t = (mjd - J2000) / 36525
        longitude = 218.32 + 481267.881 * t + _series(_MOON_LONGITUDE, t)
        latitude = _series(_MOON_LATITUDE, t)
        sun, obliquity = self._sun_longitude(mjd)
        along, across = np.radians(longitude), np.radians(latitude)
        x = np.cos(across) * np.cos(along)
        y = np.cos(across) * np.sin(along)
        z = np.sin(across)
        y, z = (
            y * np.cos(obliquity) - z * np.sin(obliquity),
            y * np.sin(obliquity) + z * np.cos(obliquity),
        )
        elongation = np.cos(across) * np.cos(np.radians(longitude - sun))
        ra, dec = np.degrees(np.arctan2(y, x)) % 360, np.degrees(np.arcsin(z))
        return float(ra), float(dec), float((1 - elongation) / 2)

    def moon_altitude(self, mjd: float) -> float:
        """Altitude of the Moon's center as seen from the site, which is lower than geocentric."""
        ra, dec, _ = self.moon(mjd)
        altitude = float(self._altitude_of_date(ra, dec, mjd))
        return altitude - _MOON_PARALLAX * float(np.cos(np.radians(altitude)))

    def moon_separation(self, ra: ArrayLike, dec: ArrayLike, mjd: float) -> NDArray[np.float64]:
        """Distance of positions for the equinox J2000 from the Moon, to about a degree."""
        moon_ra, moon_dec, _ = self.moon(mjd)
        ra, dec = (np.radians(angle) for angle in _precess(ra, dec, mjd))
        cosine = np.sin(dec) * np.sin(np.radians(moon_dec)) + np.cos(dec) * np.cos(
            np.radians(moon_dec)
        ) * np.cos(ra - np.radians(moon_ra))
        return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1, 1))))

    def _altitude_of_date(self, ra: ArrayLike, dec: ArrayLike, mjd: float) -> NDArray[np.float64]:
        hour_angle = np.radians(self.hour_angle(ra, mjd))
        dec, latitude = np.radians(dec), np.radians(self.latitude)
        sine = np.sin(latitude) * np.sin(dec) + np.cos(latitude) * np.cos(dec) * np.cos(hour_angle)
        return np.asarray(np.degrees(np.arcsin(np.clip(sine, -1, 1))))


@dataclass(frozen=True)
class SeenPosition:
    """A position (ICRS, deg) at one moment (MJD), as `telescopes.limiting_magnitudes` asks."""

    sky: ApproximateSky
    ra: float
    dec: float
    mjd: float

    @property
    def altitude(self) -> NDArray[np.float64]:
        """Above the horizon, deg."""
        return self.sky.altitude(self.ra, self.dec, self.mjd)

    @property
    def airmass(self) -> NDArray[np.float64]:
        """Secant of the zenith distance."""
        return self.sky.airmass(self.ra, self.dec, self.mjd)

    @property
    def moon_altitude(self) -> NDArray[np.float64]:
        """Of the Moon's center, deg."""
        return np.asarray(self.sky.moon_altitude(self.mjd))

    @property
    def moon_separation(self) -> NDArray[np.float64]:
        """From the Moon's center, deg."""
        return self.sky.moon_separation(self.ra, self.dec, self.mjd)

    @property
    def moon_illumination(self) -> NDArray[np.float64]:
        """Illuminated fraction of the Moon's disc, 0 to 1."""
        return np.asarray(self.sky.moon(self.mjd)[2])


def _series(terms: tuple[tuple[float, float, float], ...], centuries: float) -> float:
    """Sum of sines."""
    return float(sum(size * np.sin(np.radians(at + rate * centuries)) for size, at, rate in terms))


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
