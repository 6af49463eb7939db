"""Numbers that forms ask for, in the units in which people think of them."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Number:
    """A number that a form asks for."""

    name: str
    """Of the field, and of what is stored."""

    label: str
    """What people read."""

    unit: str = ""
    """As they read it."""

    scale: float = 1.0
    """By which the typed value becomes the stored one."""

    least: float = -math.inf
    """As typed."""

    most: float = math.inf
    """As typed."""

    default: float = 0.0
    """Offered, as typed."""


EXPOSURE_TIME = Number("exposure_time", "Exposure time", "s", 1, 1, 3600, 30)

LIMITS = (
    Number("minimum_gap", "Least gap between visits", "min", 60, 0, 1440, 30),
    Number("airmass_limit", "Airmass limit", "", 1, 1, 10, 2.5),
    Number("sun_altitude", "Sun below", "deg", 1, -90, 0, -18),
    Number("moon_separation", "Distance from a full Moon", "deg", 1, 0, 180, 20),
)
"""Who does not touch them gets the same from a form as from a rule."""
