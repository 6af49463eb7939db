"""One epoch of a light curve, in flux: what is a detection and what a limit.

References
----------
Kowalski, ``AlertWorker.make_photometry`` (https://github.com/skyportal/kowalski)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

from counterparts.packets.alert import ZERO_POINT, Measurement

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


def point_of(entry: Measurement, kind: Kind) -> Point | None:
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


def forced_point(entry: Measurement) -> Point | None:
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
