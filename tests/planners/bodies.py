"""Where Sun and Moon are for the independent judge of plans: astropy alone.

What astropy sums up takes long, and many plans are judged on few nights: it is asked once for
each node of a site, and a cubic goes through the nodes.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np
from astropy import units as u
from astropy.coordinates import (
    AltAz,
    CartesianRepresentation,
    UnitSphericalRepresentation,
    get_body,
    get_sun,
)
from astropy.time import Time
from scipy.interpolate import CubicSpline

STEP = 300.0
"""Between two nodes, s: a cubic is right to a thousandth of what the judge tolerates."""

_ORIGIN = Time("2026-01-01", scale="tai")

_BEYOND = 3
"""Nodes on either side of the times asked for: a cubic is worst at its ends."""

_KNOWN: defaultdict[tuple[float, ...], dict[int, np.ndarray]] = defaultdict(dict)
"""Of each site and node: unit vectors to Sun and Moon above the horizon, the Moon's lit share."""


class Bodies(NamedTuple):
    """Sun and Moon above the horizon, and how much of the Moon is lit."""

    sun: AltAz
    moon: AltAz
    illumination: np.ndarray


def bodies(times, location):
    """Of each instant at a site."""
    seconds = (times - _ORIGIN).to_value(u.s)
    first, last = np.floor(seconds.min() / STEP), np.ceil(seconds.max() / STEP)
    nodes = np.arange(int(first) - _BEYOND, int(last) + _BEYOND + 1)
    known = _KNOWN[tuple(part.to_value(u.m) for part in location.geocentric)]
    missing = [node for node in nodes if node not in known]
    if missing:
        known.update(zip(missing, _asked(missing, location), strict=True))
    path = CubicSpline(nodes * STEP, [known[node] for node in nodes])(seconds)
    return Bodies(_seen(path[:, :3]), _seen(path[:, 3:6]), path[:, 6])


def _seen(vectors):
    place = CartesianRepresentation(vectors.T)
    return AltAz(place.represent_as(UnitSphericalRepresentation))


def _asked(nodes, location):
    times = _ORIGIN + np.array(nodes) * STEP * u.s
    frame = AltAz(obstime=times, location=location)
    sun, moon = (
        body.transform_to(frame).represent_as("unitspherical").to_cartesian().xyz.value
        for body in (get_sun(times), get_body("moon", times, location))
    )
    return np.vstack([sun, moon, _lit(times)]).T


def _lit(times):
    sun, moon = get_sun(times), get_body("moon", times)
    elongation = sun.separation(moon)
    phase = np.arctan2(
        sun.distance * np.sin(elongation), moon.distance - sun.distance * np.cos(elongation)
    )
    return (1 + np.cos(phase)) / 2
