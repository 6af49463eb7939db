"""One light curve of an alert: its detection, what came before, and forced photometry.

Everything is put into flux: AB, uJy, with the sign of the difference. The rules are those that the
community's light curves are made by, so that ours agree with them.

References
----------
Kowalski, ``AlertWorker.make_photometry`` (https://github.com/skyportal/kowalski)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from astropy import units as u
from astropy.time import Time
from numpy.typing import NDArray

from counterparts.packets.alert import ZERO_POINT, Alert, Measurement

SAME_EPOCH = 1e-6
"""Days within which two measurements in a filter are one."""

MIN_SNR = 3.0
"""Of forced photometry, above which it is a detection."""

_PER_MAGNITUDE = math.log(10) / 2.5
"""Relative error in flux of an error in mag."""


class Kind(IntEnum):
    """What a point is, the better first: of two at one epoch the better is kept."""

    CANDIDATE = 0
    DETECTION = 1
    FORCED_DETECTION = 2
    FORCED_LIMIT = 3
    LIMIT = 4


@dataclass(frozen=True)
class Point:
    """One epoch.

    Parameters
    ----------
    jd
        UTC.
    filter
        As the survey names it.
    flux
        In uJy, with the sign of the difference; None where there is a limit only.
    flux_error
        One sigma, in uJy.
    limiting_magnitude
        Five sigma; None where it is not known.
    kind
        What it is.
    """

    jd: float
    filter: str
    flux: float | None
    flux_error: float | None
    limiting_magnitude: float | None
    kind: Kind

    @property
    def is_detection(self) -> bool:
        """Whether something was seen."""
        return self.kind <= Kind.FORCED_DETECTION


@dataclass(frozen=True, eq=False)
class LightCurve:
    """Points in the order of time, each epoch of a filter once.

    Parameters
    ----------
    points
        Of all filters.
    """

    points: tuple[Point, ...]

    @property
    def time(self) -> Time:
        """When, UTC."""
        return Time([point.jd for point in self.points], format="jd", scale="utc")

    @property
    def filters(self) -> NDArray[np.str_]:
        """In which filters."""
        return np.array([point.filter for point in self.points], dtype=str)

    @property
    def flux(self) -> u.Quantity[u.spectralfluxdensity]:
        """With its sign; NaN where there is a limit only."""
        return u.Quantity(_numbers(point.flux for point in self.points), u.uJy)

    @property
    def flux_error(self) -> u.Quantity[u.spectralfluxdensity]:
        """One sigma; of a limit, a fifth of it."""
        return u.Quantity(_numbers(point.flux_error for point in self.points), u.uJy)

    @property
    def is_detection(self) -> NDArray[np.bool_]:
        """Where something was seen."""
        return np.array([point.is_detection for point in self.points], dtype=bool)


def light_curve(alert: Alert) -> LightCurve:
    """Merge what an alert says of its object's past.

    Parameters
    ----------
    alert
        As a whole, not its beginning only.
    """
    candidate = Measurement(
        jd=alert.jd,
        filter=alert.filter,
        magnitude=alert.magnitude,
        magnitude_error=alert.magnitude_error,
        limiting_magnitude=alert.limiting_magnitude,
        is_positive=alert.is_positive,
    )
    points = [
        _point(candidate, Kind.CANDIDATE),
        *(_point(entry, Kind.DETECTION) for entry in alert.detections),
        *(_point(entry, Kind.LIMIT) for entry in alert.limits),
        *(_forced(entry) for entry in alert.forced),
    ]
    return LightCurve(tuple(_once([point for point in points if point is not None])))


def _once(points: list[Point]) -> list[Point]:
    """Keep the best point of each filter and epoch, in the order of time."""
    kept: list[Point] = []
    last: dict[str, int] = {}
    for point in sorted(points, key=lambda point: (point.jd, point.kind)):
        before = last.get(point.filter)
        if before is None or point.jd - kept[before].jd > SAME_EPOCH:
            last[point.filter] = len(kept)
            kept.append(point)
        elif point.kind < kept[before].kind:
            kept[before] = point
    return kept


def _point(entry: Measurement, kind: Kind) -> Point | None:
    """Read a detection, or a limit: without a magnitude, or a sign, there is no flux."""
    if entry.filter is None:
        return None
    flux, error = entry.flux, entry.flux_error
    if flux is None and entry.magnitude is not None and kind is not Kind.LIMIT:
        # Who does not say the sign, such as Pitt-Google's rows, lists magnitudes of sources.
        sign = -1 if entry.is_positive is False else 1
        flux = sign * 10 ** (-0.4 * (entry.magnitude - ZERO_POINT))
        error = _of_magnitude(flux, entry.magnitude_error)
    limit = entry.limiting_magnitude
    if flux is None:
        if limit is None or limit <= 0:
            return None
        return Point(entry.jd, entry.filter, None, _fifth(limit), limit, Kind.LIMIT)
    return Point(entry.jd, entry.filter, flux, error, limit, kind)


def _forced(entry: Measurement) -> Point | None:
    """Read forced photometry that its survey holds good; above three sigma it is a detection."""
    limit = entry.limiting_magnitude
    if entry.filter is None or entry.status != "0" or (limit is not None and limit <= 0):
        return None
    flux, error = entry.flux, entry.flux_error
    if flux is not None and error is not None and error > 0:
        is_seen = abs(flux) / error > MIN_SNR
        kind = Kind.FORCED_DETECTION if is_seen else Kind.FORCED_LIMIT
        return Point(
            entry.jd,
            entry.filter,
            flux if is_seen else None,
            error,
            limit if is_seen else ZERO_POINT - 2.5 * math.log10(5 * error),
            kind,
        )
    if limit is None:
        return None
    return Point(entry.jd, entry.filter, None, _fifth(limit), limit, Kind.FORCED_LIMIT)


def _of_magnitude(flux: float, magnitude_error: float | None) -> float | None:
    return None if magnitude_error is None else abs(flux) * magnitude_error * _PER_MAGNITUDE


def _fifth(limit: float) -> float:
    return float(10 ** (-0.4 * (limit - ZERO_POINT)) / 5)


def _numbers(values: Iterable[float | None]) -> list[float]:
    return [math.nan if value is None else value for value in values]
