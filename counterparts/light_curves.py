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

import numpy as np
from astropy import units as u
from astropy.time import Time
from numpy.typing import NDArray

from counterparts.packets.alert import Alert, Measurement
from counterparts.photometry import Kind, Point, forced_point, point_of

SAME_EPOCH = 1e-6
"""Days within which two measurements in a filter are one."""


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

    Raises
    ------
    ValueError
        If only its beginning was read.
    """
    if not alert.is_whole:
        raise ValueError("only the beginning of the packet was read, without what came before")
    candidate = Measurement(
        jd=alert.jd,
        filter=alert.filter,
        magnitude=alert.magnitude,
        magnitude_error=alert.magnitude_error,
        limiting_magnitude=alert.limiting_magnitude,
        is_positive=alert.is_positive,
    )
    points = [
        point_of(candidate, Kind.CANDIDATE),
        *(point_of(entry, Kind.DETECTION) for entry in alert.detections),
        *(point_of(entry, Kind.LIMIT) for entry in alert.limits),
        *(forced_point(entry) for entry in alert.forced),
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


def _numbers(values: Iterable[float | None]) -> list[float]:
    return [math.nan if value is None else value for value in values]
