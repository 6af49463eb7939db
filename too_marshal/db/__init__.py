"""The tables, one module a noun. Importing this package makes all of them known to `Base`."""

from too_marshal.db import (
    accounts,
    alarms,
    circulars,
    counterparts,
    deaths,
    deliveries,
    drills,
    events,
    galaxies,
    localizations,
    notes,
    notices,
    observing,
)
from too_marshal.db.base import Base

__all__ = [
    "Base",
    "accounts",
    "alarms",
    "circulars",
    "counterparts",
    "deaths",
    "deliveries",
    "drills",
    "events",
    "galaxies",
    "localizations",
    "notes",
    "notices",
    "observing",
]
