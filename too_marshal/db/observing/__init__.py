"""From a plan to what was executed: the tables of telescopes' time."""

from too_marshal.db.observing import (
    archives,
    curves,
    exposures,
    nights,
    plans,
    preflights,
    queues,
    replacements,
)

__all__ = [
    "archives",
    "curves",
    "exposures",
    "nights",
    "plans",
    "preflights",
    "queues",
    "replacements",
]
