"""Visibility rules: when a telescope may look at a position.

A rule gives a margin in degrees, positive where it is kept and negative where it is broken, and
continuous in time wherever the sky is. Rules compose with ``&``, ``|`` and ``~``; the moment at
which one begins or ceases to hold is a root of its margin (see `planners.visibility.intervals`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from astropy import units as u
from numpy.typing import ArrayLike, NDArray

from planners.visibility.local_sky import Circumstances
from telescopes.observing_plan import ObservingRequest, Reason
from telescopes.telescope import PointingExclusion, Telescope

Margin = Callable[[Circumstances], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Rule:
    """A condition on a position and a time."""

    margin: Margin
    """Degrees by which it is kept (positive) or broken (negative)."""

    reason: Reason
    """What a field is told that breaks it."""

    def __call__(self, circumstances: Circumstances) -> NDArray[np.bool_]:
        """Whether it is kept; shape of the circumstances."""
        return np.asarray(self.margin(circumstances) >= 0)

    def __and__(self, other: Rule) -> Rule:
        return Rule(lambda c: np.minimum(self.margin(c), other.margin(c)), self.reason)

    def __or__(self, other: Rule) -> Rule:
        return Rule(lambda c: np.maximum(self.margin(c), other.margin(c)), self.reason)

    def __invert__(self) -> Rule:
        return Rule(lambda c: -self.margin(c), self.reason)


def every(rules: Iterable[Rule]) -> Rule:
    """All of `rules` at once; at least one must be given."""
    first, *others = rules
    for rule in others:
        first = first & rule
    return first


TWILIGHTS = {"civil": -6 * u.deg, "nautical": -12 * u.deg, "astronomical": -18 * u.deg}
"""Altitude of the Sun's center at the dark end of each twilight."""


def sun_below(altitude: u.Quantity[u.physical.angle] | str) -> Rule:
    """The Sun's center at or below an altitude, or out of a twilight given by name.

    Raises
    ------
    ValueError
        If no twilight has that name.
    """
    if isinstance(altitude, str):
        if altitude not in TWILIGHTS:
            raise ValueError(f"unknown twilight {altitude!r}: there are {', '.join(TWILIGHTS)}")
        altitude = TWILIGHTS[altitude]
    limit = altitude.to_value(u.deg)
    return Rule(lambda c: limit - c.sun_altitude, Reason.DAYLIGHT)


def altitude_above(limit: u.Quantity[u.physical.angle]) -> Rule:
    """No lower than an altitude."""
    lowest = limit.to_value(u.deg)
    return Rule(lambda c: c.altitude - lowest, Reason.AIRMASS)


def airmass_below(limit: float) -> Rule:
    """Airmass (secant of the zenith distance) at or below `limit`.

    Raises
    ------
    ValueError
        If `limit` is below 1.
    """
    if not limit >= 1:
        raise ValueError(f"no airmass is below 1: the limit is {limit}")
    return altitude_above(np.degrees(np.arcsin(1 / limit)) * u.deg)


def moon_beyond(separation: u.Quantity[u.physical.angle]) -> Rule:
    """Away from the Moon by `separation` times its illuminated fraction, while it is up."""
    full = separation.to_value(u.deg)

    def margin(c: Circumstances) -> NDArray[np.float64]:
        return np.maximum(c.moon_separation - full * c.moon_illumination, -c.moon_altitude)

    return Rule(margin, Reason.MOON)


def _beyond(
    value: NDArray[np.float64], low: float, high: float, lowest: float, highest: float
) -> NDArray[np.float64]:
    """Distance outside [low, high]; an edge at the end of the scale has no outside."""
    outside = np.full(np.shape(value), -np.inf)
    if low > lowest:
        outside = np.maximum(outside, low - value)
    if high < highest:
        outside = np.maximum(outside, value - high)
    return outside


def outside(exclusion: PointingExclusion) -> Rule:
    """Not in a region of hour angle and declination."""
    hour_angle = [angle.to_value(u.deg) for angle in exclusion.hour_angle]
    declination = [angle.to_value(u.deg) for angle in exclusion.declination]

    def margin(c: Circumstances) -> NDArray[np.float64]:
        return np.maximum(
            _beyond(c.hour_angle, hour_angle[0], hour_angle[1], -180, 180),
            _beyond(c.declination, declination[0], declination[1], -90, 90),
        )

    return Rule(margin, Reason.POINTING_LIMIT)


def above_horizon(azimuth: ArrayLike, altitude: ArrayLike) -> Rule:
    """Above a skyline given by its altitude (deg) at each azimuth (deg, north through east)."""
    order = np.argsort(np.asarray(azimuth, dtype=float) % 360)
    skyline_azimuth = (np.asarray(azimuth, dtype=float) % 360)[order]
    skyline = np.asarray(altitude, dtype=float)[order]
    return Rule(
        lambda c: c.altitude - np.interp(c.azimuth, skyline_azimuth, skyline, period=360),
        Reason.POINTING_LIMIT,
    )


def altitude_below(limit: u.Quantity[u.physical.angle]) -> Rule:
    """No higher than an altitude: the blind cone of an alt-azimuth mount around the zenith."""
    highest = limit.to_value(u.deg)
    return Rule(lambda c: highest - c.altitude, Reason.POINTING_LIMIT)


def galactic_latitude_beyond(limit: u.Quantity[u.physical.angle]) -> Rule:
    """Farther than `limit` from the galactic plane."""
    nearest = limit.to_value(u.deg)
    return Rule(lambda c: np.abs(c.galactic_latitude) - nearest, Reason.EXCLUDED)


def right_ascension_between(
    low: u.Quantity[u.physical.angle], high: u.Quantity[u.physical.angle]
) -> Rule:
    """From `low` eastward to `high` (ICRS); the range may cross 0 h.

    From 0 to 360 deg is everywhere, between equal angles is nowhere.
    """
    width = (high - low).to_value(u.deg)
    half = (width % 360 or (360 if width else 0)) / 2
    center = (low.to_value(u.deg) + half) % 360
    return Rule(
        lambda c: half - np.abs((c.right_ascension - center + 180) % 360 - 180), Reason.EXCLUDED
    )


def _at_its_site(telescope: Telescope) -> list[Rule]:
    """What stands around a telescope, and what its mount cannot follow."""
    rules = []
    if telescope.skyline is not None:
        rules.append(above_horizon(*(angle.to_value(u.deg) for angle in telescope.skyline)))
    if telescope.highest_altitude is not None:
        rules.append(altitude_below(telescope.highest_altitude))
    return rules


def pointing_rules(telescope: Telescope) -> tuple[Rule, ...]:
    """Where a telescope may point at all, whatever is asked of it and by day as by night."""
    return (
        airmass_below(telescope.airmass_limit),
        *(outside(exclusion) for exclusion in telescope.exclusions),
        *_at_its_site(telescope),
    )


def rules_for(telescope: Telescope, request: ObservingRequest) -> tuple[Rule, ...]:
    """Every rule that an exposure must keep from its start to its end.

    The order is that in which a field is told why it is not observed.
    """
    rules = [
        sun_below(request.sun_altitude),
        airmass_below(min(request.airmass_limit, telescope.airmass_limit)),
        *(outside(exclusion) for exclusion in telescope.exclusions),
        moon_beyond(request.moon_separation),
        *_at_its_site(telescope),
    ]
    if request.galactic_latitude is not None:
        rules.append(galactic_latitude_beyond(request.galactic_latitude))
    if request.right_ascension is not None:
        rules.append(right_ascension_between(*request.right_ascension))
    return tuple(rules)
