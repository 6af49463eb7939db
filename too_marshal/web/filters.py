"""How templates write quantities."""

from __future__ import annotations

from flask import Flask

from too_marshal import formatting

NAMES = (
    "utc", "age", "percent", "area", "distance", "rate", "sexagesimal", "best_class", "duration",
    "size", "instant", "span", "night_time", "elapsed", "in_line",
)  # fmt: skip


def install(app: Flask) -> None:
    """Give the templates these filters."""
    for name in NAMES:
        app.add_template_filter(getattr(formatting, name), name)
