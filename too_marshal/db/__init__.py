"""The tables, one module a noun. Importing this package makes all of them known to `Base`."""

from too_marshal.db import (
    archives,
    circulars,
    curves,
    deaths,
    deliveries,
    events,
    exposures,
    galaxies,
    localizations,
    nights,
    notices,
    people,
    plans,
    preflights,
    queues,
    replacements,
)
from too_marshal.db.base import Base

__all__ = [
    "Base",
    "archives",
    "circulars",
    "curves",
    "deaths",
    "deliveries",
    "events",
    "exposures",
    "galaxies",
    "localizations",
    "nights",
    "notices",
    "people",
    "plans",
    "preflights",
    "queues",
    "replacements",
]
