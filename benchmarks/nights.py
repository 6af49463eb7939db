"""A night that is still to come, for what is sent to a robot and must not be executed yet."""

from datetime import UTC, datetime, timedelta

from astropy.time import Time

from planners.skymaps.skymap import SkyMap
from tests.too_marshal.factories import circle_map

PALOMAR = -116.86
"""East longitude, deg."""


def coming_midnight() -> datetime:
    """Of Palomar, at least two hours from now."""
    at = datetime.now(UTC) + timedelta(hours=2)
    eight = at.replace(hour=8, minute=0, second=0, microsecond=0)
    return eight if eight > at else eight + timedelta(days=1)


def overhead(moment: datetime) -> SkyMap:
    """A map around what is overhead at Palomar then."""
    right_ascension = float(Time(moment).sidereal_time("mean", PALOMAR).deg)
    return circle_map(right_ascension, 33.0, 6.0)
