"""What the nights to come offer for an event's map."""

from __future__ import annotations

from typing import Any

from too_marshal.api.operations import Content, iso, operation
from too_marshal.api.schemas import (
    FRACTION,
    NUMBER,
    TEXT,
    TIME,
    described,
    listed,
    named,
    nullable,
    record,
)
from too_marshal.db.events import Event
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.observability.stored_night import Span, to_come
from too_marshal.workflows.observability.tonight import Tonight, in_few_numbers

_SPAN = record(start=TIME, end=TIME)

NIGHT = named(
    "Night",
    telescope=TEXT,
    night=described({"type": "string", "format": "date"}, "of the evening, mean solar time"),
    time_zone=TEXT,
    airmass_limit=described(NUMBER, "up is where the telescope may point, at no higher airmass"),
    dark=nullable(described(_SPAN, "the Sun below -18 deg; null: it does not get dark")),
    usable=described(listed(_SPAN), "dark, and at least 5 % of what the night reaches is up"),
    reachable=described(FRACTION, "of the map, up at any time of the dark"),
    still_reachable=described(FRACTION, "the same from now on"),
    best=described(FRACTION, "most of the map that is up at one time of the dark"),
    best_until=nullable(described(TIME, "last time at which 95 % of it is up")),
    moon_illumination=FRACTION,
    moon_separation=nullable(described(NUMBER, "from the map's peak, deg")),
)


def _span(span: Span) -> dict[str, Any]:
    return {"start": iso(span[0]), "end": iso(span[1])}


def night_to_json(known: Tonight) -> dict[str, Any]:
    """One night of one telescope."""
    return {
        "telescope": known.telescope,
        "night": known.night.isoformat(),
        "time_zone": known.time_zone,
        "airmass_limit": known.airmass_limit,
        "dark": None if known.dark is None else _span(known.dark),
        "usable": [_span(span) for span in known.usable],
        "reachable": known.reachable,
        "still_reachable": known.still_reachable,
        "best": known.best,
        "best_until": iso(known.best_until),
        "moon_illumination": known.moon_illumination,
        "moon_separation": known.moon_separation,
    }


@operation("GET", "/events/<row:event_id>/night", Content(record(items=listed(NIGHT))))
def list_nights(event_id: int) -> dict[str, Any]:
    """List tonight and the nights after it at every telescope, as far as they are worked out."""
    event = row_or_404(Event, event_id)
    if event.current_localization_id is None:
        return {"items": []}
    nights = to_come(database(), event.current_localization_id)
    return {
        "items": [
            night_to_json(in_few_numbers(each)) for known in nights.values() for each in known
        ]
    }
