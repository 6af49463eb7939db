"""What the sky map needs of the time: Sun, Moon, planes of reference, and nights at the sites."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time
from numpy.typing import NDArray

from planners.visibility.local_sky import LocalSky
from planners.visibility.nights import night_at, noons
from planners.visibility.sun_and_moon import hourly
from telescopes import TELESCOPES

_STEP = timedelta(hours=3)
"""Between two places of the Moon, which moves 2 degrees: a great circle is within 0.01 degree."""

_BEFORE, _AFTER = timedelta(hours=24), timedelta(hours=48)

_SET = -0.833
"""Altitude of the Sun's center at sunset, deg: its radius and the refraction."""


def planes() -> dict[str, list[float]]:
    """Poles of the great circles that are drawn (ICRS, deg)."""
    galactic = SkyCoord(0 * u.deg, 90 * u.deg, frame="galactic").icrs
    # The pole of the ecliptic of J2000; precession moves it by 0.5 arcsec a year.
    return {
        "galactic": [round(float(galactic.ra.deg), 4), round(float(galactic.dec.deg), 4)],
        "ecliptic": [270.0, 66.5607],
    }


def bodies(now: datetime) -> list[dict[str, Any]]:
    """Geocentric Sun and Moon, from a day before to two days after a time.

    Parameters
    ----------
    now
        Of the same answer until the next full hour, so that browsers keep it.
    """
    return list(_bodies(now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)))


@lru_cache(maxsize=4)
def _bodies(hour: datetime) -> tuple[dict[str, Any], ...]:
    start = hour - _BEFORE
    length = (_BEFORE + _AFTER).total_seconds()
    seconds, sun, moon = hourly(Time(start), length)
    count = round(length / _STEP.total_seconds()) + 1
    wanted = np.arange(count) * _STEP.total_seconds()
    sun, moon = (
        np.stack([np.interp(wanted, seconds, body[:, axis]) for axis in range(3)], axis=-1)
        for body in (sun, moon)
    )
    away = moon - sun
    cosine = np.sum(away * moon, axis=-1) / (
        np.linalg.norm(away, axis=-1) * np.linalg.norm(moon, axis=-1)
    )
    return tuple(
        {
            "time": (start + index * _STEP).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "sun": _place(sun[index]),
            "moon": _place(moon[index]),
            "illuminated": round(float((1 + cosine[index]) / 2), 3),
        }
        for index in range(count)
    )


def _place(vector: NDArray[np.float64]) -> list[float]:
    x, y, z = vector / np.linalg.norm(vector)
    return [
        round(float(np.degrees(np.arctan2(y, x)) % 360), 3),
        round(float(np.degrees(np.arcsin(z))), 3),
    ]


def sites(now: datetime, robots: set[str], limits: dict[str, float]) -> list[dict[str, Any]]:
    """Telescopes from which to look, those with a robot first.

    Parameters
    ----------
    now
        Whose night is told, or the next one by day.
    robots
        Telescopes that have a robot.
    limits
        Airmass limits of the requests of the plans that are shown, where they have one.
    """
    names = sorted(TELESCOPES, key=lambda name: (name not in robots, name))
    return [_site(name, now, limits.get(name), has_robot=name in robots) for name in names]


def _site(name: str, now: datetime, asked: float | None, *, has_robot: bool) -> dict[str, Any]:
    telescope = TELESCOPES[name]
    location = telescope.site.location
    limit = min(telescope.airmass_limit, asked or telescope.airmass_limit)
    start, end = _night(name, night_at(telescope.site, now))
    return {
        "name": name,
        "robot": has_robot,
        "longitude": round(float(location.lon.wrap_at(180 * u.deg).deg), 4),
        "latitude": round(float(location.lat.deg), 4),
        "time_zone": telescope.site.time_zone,
        "airmass_limit": limit,
        "night": [start.strftime("%Y-%m-%dT%H:%MZ"), end.strftime("%Y-%m-%dT%H:%MZ")],
    }


@lru_cache(maxsize=64)
def _night(name: str, night: date) -> tuple[datetime, datetime]:
    """From sunset to sunrise; from noon to noon where the Sun does not set or not rise."""
    site = TELESCOPES[name].site
    noon, next_noon = noons(site, night)
    sky = LocalSky(site, Time(noon), Time(next_noon))
    seconds = np.arange(0.0, 86400.0, 300.0)
    is_down = sky.altitude_of(sky.sun(seconds), seconds) < _SET
    if is_down.all() or not is_down.any():
        return noon, next_noon
    first, last = seconds[is_down][[0, -1]]
    return noon + timedelta(seconds=float(first)), noon + timedelta(seconds=float(last))
