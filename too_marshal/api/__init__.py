"""The JSON API, version 1: one module a noun, each address declared once.

Callers hold a token (`Authorization: Bearer toom_...`); a browser's session is good for reading.
"""

from too_marshal.api import (
    circulars,
    events,
    exposures,
    galaxies,
    localizations,
    metrics,
    nights,
    notices,
    openapi,
    plans,
    preflights,
    programs,
    replacements,
    rules,
    submissions,
    telescopes,
)
from too_marshal.api.operations import blueprint

__all__ = [
    "blueprint",
    "circulars",
    "events",
    "exposures",
    "galaxies",
    "localizations",
    "metrics",
    "nights",
    "notices",
    "openapi",
    "plans",
    "preflights",
    "programs",
    "replacements",
    "rules",
    "submissions",
    "telescopes",
]
