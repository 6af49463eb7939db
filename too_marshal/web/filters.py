"""How templates write quantities."""

from __future__ import annotations

from flask import Flask

from too_marshal import formatting
from too_marshal.web.event.notes import readable
from too_marshal.workflows.events.spoken import basis_of_name, spoken_name
from too_marshal.workflows.localizations.names import kind_of, name_of

NAMES = (
    "utc", "age", "percent", "area", "distance", "rate", "sexagesimal", "best_class", "duration",
    "angle", "size", "instant", "span", "night_time", "elapsed", "in_line", "lower_first",
)  # fmt: skip


def install(app: Flask) -> None:
    """Give the templates these filters."""
    for name in NAMES:
        app.add_template_filter(getattr(formatting, name), name)
    app.add_template_filter(name_of, "map_name")
    app.add_template_filter(spoken_name, "called")
    app.add_template_filter(basis_of_name, "basis_of_name")
    app.add_template_filter(kind_of, "map_kind")
    app.add_template_filter(readable, "readable")
