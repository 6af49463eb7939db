"""The sky over a site through a window of time: where fields, Sun and Moon stand.

Everything is vectorized over positions and times that broadcast against each other. One
precession-nutation matrix and one velocity of the Earth serve the window, which is exact to
2 arcsec over a month; refraction is left out, as astropy and the robots do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import erfa
import numpy as np
from astropy import constants
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time
from numpy.typing import ArrayLike, NDArray

from planners.geometry.directions import lon_lat
from planners.visibility.earth_rotation import ROTATION_RATE, earth_rotation_angle
from planners.visibility.sun_and_moon import NODE_STEP, hourly
from telescopes.telescope import Site

_AU = float(constants.au.to_value(u.m))
_AU_PER_DAY = float((1 * u.au / u.day / constants.c).to_value(u.dimensionless_unscaled))

_GALACTIC_POLE = np.array(
    SkyCoord(0 * u.deg, 90 * u.deg, frame="galactic").icrs.cartesian.xyz.value
)


@dataclass(frozen=True, eq=False)
class Positions:
    """Directions on the sky, ready for a `LocalSky`; all arrays of one shape."""

    right_ascension: NDArray[np.float64]
    """Apparent (CIRS), rad."""

    declination: NDArray[np.float64]
    """Apparent (CIRS), rad."""

    icrs: NDArray[np.float64]
    """Unit vectors (ICRS), shape (..., 3)."""

    def __getitem__(self, index: object) -> Positions:
        return Positions(
            self.right_ascension[index],  # type: ignore[call-overload]
            self.declination[index],  # type: ignore[call-overload]
            self.icrs[index],  # type: ignore[call-overload]
        )


class LocalSky:
    """The sky over `site`, near the window from `start` to `end`.

    Times are seconds since `start`, here and in everything that is made from it.
    """

    def __init__(self, site: Site, start: Time, end: Time) -> None:
        self.start = start.utc
        self.site = site
        self.length = float((end - start).to_value(u.s))
        middle = start + (end - start) / 2
        self._to_intermediate = erfa.c2i06a(middle.tt.jd1, middle.tt.jd2)
        self._velocity = erfa.epv00(middle.tdb.jd1, middle.tdb.jd2)[1]["v"] * _AU_PER_DAY
        location = site.location
        self.latitude = float(location.lat.to_value(u.rad))
        self._rotation_at_start = earth_rotation_angle(start) + float(location.lon.to_value(u.rad))
        xyz = [float(axis.to_value(u.m)) for axis in (location.x, location.y, location.z)]
        self._distance_from_axis, self._height = float(np.hypot(xyz[0], xyz[1])), xyz[2]

    def time(self, seconds: ArrayLike) -> Time:
        """Instants (UTC) of seconds since the start."""
        return self.start + np.asarray(seconds) * u.s

    def seconds(self, time: Time) -> float:
        """Seconds from the start to `time`."""
        return float((time - self.start).to_value(u.s))

    def positions(self, coord: SkyCoord) -> Positions:
        """Apparent places of fixed directions (ICRS), with annual aberration."""
        icrs = np.moveaxis(np.asarray(coord.icrs.cartesian.xyz.value, dtype=float), 0, -1)
        ra, dec = self._apparent(icrs)
        return Positions(ra, dec, icrs)

    def _apparent(
        self, direction: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        moved = (direction + self._velocity) @ self._to_intermediate.T
        return lon_lat(moved)

    def meridian(self, seconds: ArrayLike) -> NDArray[np.float64]:
        """Apparent right ascension on the meridian, rad."""
        return self._rotation_at_start + ROTATION_RATE * np.asarray(seconds, dtype=float)

    def zenith(self, seconds: ArrayLike) -> NDArray[np.float64]:
        """Directions (ICRS) of what stands overhead, without aberration, shape (..., 3)."""
        meridian = self.meridian(seconds)
        across, up = np.cos(self.latitude), np.full_like(meridian, np.sin(self.latitude))
        overhead = np.stack([across * np.cos(meridian), across * np.sin(meridian), up], axis=-1)
        return np.asarray(overhead @ self._to_intermediate)

    @cached_property
    def _nodes(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Times (s), and apparent places of Sun and Moon from the Earth's center (au, CIRS)."""
        seconds, sun, moon = hourly(self.start, self.length)
        # The Sun is seen displaced by aberration; the Moon shares the Earth's motion.
        distance = np.linalg.norm(sun, axis=-1, keepdims=True)
        sun = sun + self._velocity * distance
        return seconds, sun @ self._to_intermediate.T, moon @ self._to_intermediate.T

    def _interpolated(self, table: NDArray[np.float64], seconds: ArrayLike) -> NDArray[np.float64]:
        """Cubic through the four nearest nodes; shape (..., 3)."""
        at = np.asarray(seconds, dtype=float) / NODE_STEP - self._nodes[0][0] / NODE_STEP
        below = np.clip(np.floor(at).astype(int), 1, len(table) - 3)
        x = (at - below)[..., None]
        return (
            -x * (x - 1) * (x - 2) / 6 * table[below - 1]
            + (x + 1) * (x - 1) * (x - 2) / 2 * table[below]
            - (x + 1) * x * (x - 2) / 2 * table[below + 1]
            + (x + 1) * x * (x - 1) / 6 * table[below + 2]
        )

    def _observer(self, seconds: ArrayLike) -> NDArray[np.float64]:
        """The site from the Earth's center (au, CIRS), shape (..., 3)."""
        meridian = self.meridian(seconds)
        across = self._distance_from_axis / _AU
        up = np.full_like(meridian, self._height / _AU)
        return np.stack([across * np.cos(meridian), across * np.sin(meridian), up], axis=-1)

    def sun(self, seconds: ArrayLike) -> NDArray[np.float64]:
        """The Sun from the site (au, CIRS), shape (..., 3)."""
        return self._interpolated(self._nodes[1], seconds) - self._observer(seconds)

    def moon(self, seconds: ArrayLike) -> NDArray[np.float64]:
        """The Moon from the site (au, CIRS), shape (..., 3)."""
        return self._interpolated(self._nodes[2], seconds) - self._observer(seconds)

    def moon_illumination(self, seconds: ArrayLike) -> NDArray[np.float64]:
        """Illuminated fraction of the Moon's disc, 0 to 1, as seen from the Earth's center.

        References
        ----------
        Meeus 1998, Astronomical Algorithms, equations 48.1 to 48.3.
        """
        sun = self._interpolated(self._nodes[1], seconds)
        moon = self._interpolated(self._nodes[2], seconds)
        from_sun = moon - sun
        cosine = np.sum(from_sun * moon, axis=-1) / (
            np.linalg.norm(from_sun, axis=-1) * np.linalg.norm(moon, axis=-1)
        )
        return np.asarray((1 + cosine) / 2)

    def altitude_of(self, vector: NDArray[np.float64], seconds: ArrayLike) -> NDArray[np.float64]:
        """Altitude (deg) of directions (CIRS) that need not be of unit length."""
        meridian = self.meridian(seconds)
        x, y, z = np.moveaxis(vector, -1, 0)
        along = np.cos(meridian) * x + np.sin(meridian) * y
        up = np.cos(self.latitude) * along + np.sin(self.latitude) * z
        return np.degrees(np.arcsin(np.clip(up / np.linalg.norm(vector, axis=-1), -1, 1)))


class Circumstances:
    """How `positions` are seen at `seconds`; the two broadcast against each other.

    Angles are in degrees. Each quantity is computed when first asked for.
    """

    def __init__(self, sky: LocalSky, positions: Positions, seconds: ArrayLike) -> None:
        self.sky = sky
        self.positions = positions
        self.seconds = np.asarray(seconds, dtype=float)

    @cached_property
    def _hour_angle(self) -> NDArray[np.float64]:
        return self.sky.meridian(self.seconds) - self.positions.right_ascension

    @cached_property
    def hour_angle(self) -> NDArray[np.float64]:
        """In [-180, 180), westward positive."""
        return (np.degrees(self._hour_angle) + 180) % 360 - 180

    @cached_property
    def declination(self) -> NDArray[np.float64]:
        """Apparent declination."""
        return np.degrees(self.positions.declination)

    @cached_property
    def altitude(self) -> NDArray[np.float64]:
        """Above the horizon, without refraction."""
        latitude, declination = self.sky.latitude, self.positions.declination
        sine = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(
            declination
        ) * np.cos(self._hour_angle)
        return np.degrees(np.arcsin(np.clip(sine, -1, 1)))

    @cached_property
    def azimuth(self) -> NDArray[np.float64]:
        """In [0, 360), from north through east."""
        latitude, declination = self.sky.latitude, self.positions.declination
        west = np.cos(declination) * np.sin(self._hour_angle)
        north = np.cos(latitude) * np.sin(declination) - np.sin(latitude) * np.cos(
            declination
        ) * np.cos(self._hour_angle)
        return np.degrees(np.arctan2(-west, north)) % 360

    @cached_property
    def sun_altitude(self) -> NDArray[np.float64]:
        """Of the Sun's center."""
        return self.sky.altitude_of(self.sky.sun(self.seconds), self.seconds)

    @cached_property
    def moon_altitude(self) -> NDArray[np.float64]:
        """Of the Moon's center."""
        return self.sky.altitude_of(self._moon, self.seconds)

    @cached_property
    def _moon(self) -> NDArray[np.float64]:
        return self.sky.moon(self.seconds)

    @cached_property
    def moon_separation(self) -> NDArray[np.float64]:
        """From the Moon's center as seen from the site."""
        x, y, z = np.moveaxis(self._moon / np.linalg.norm(self._moon, axis=-1)[..., None], -1, 0)
        ra, dec = self.positions.right_ascension, self.positions.declination
        cosine = np.cos(dec) * (np.cos(ra) * x + np.sin(ra) * y) + np.sin(dec) * z
        return np.degrees(np.arccos(np.clip(cosine, -1, 1)))

    @cached_property
    def moon_illumination(self) -> NDArray[np.float64]:
        """Illuminated fraction of the Moon's disc, 0 to 1."""
        return self.sky.moon_illumination(self.seconds)

    @cached_property
    def galactic_latitude(self) -> NDArray[np.float64]:
        """Galactic latitude."""
        return np.degrees(np.arcsin(np.clip(self.positions.icrs @ _GALACTIC_POLE, -1, 1)))

    @cached_property
    def right_ascension(self) -> NDArray[np.float64]:
        """ICRS, in [0, 360)."""
        return (
            np.degrees(np.arctan2(self.positions.icrs[..., 1], self.positions.icrs[..., 0])) % 360
        )

    @cached_property
    def airmass(self) -> NDArray[np.float64]:
        """Secant of the zenith distance, as astropy and the robots count it; inf below."""
        sine = np.sin(np.radians(self.altitude))
        return np.where(sine > 0, 1 / np.maximum(sine, 1e-12), np.inf)
