"""Alerts around an event, made up."""

from __future__ import annotations

from itertools import count

from sqlalchemy.orm import Session

from counterparts.packets.alert import Alert
from tests.too_marshal.factories import add_event, add_localization, circle_map
from too_marshal.db.events import Event
from too_marshal.workflows.counterparts.live_maps import julian_date
from too_marshal.workflows.counterparts.take import Packet

RA, DEC, RADIUS = 150.0, 20.0, 5.0
"""Of the region, deg."""

_numbers = count(1)


def burst(session: Session, name: str = "S250101a", ra: float = RA) -> Event:
    """An event with a circle for a map."""
    event = add_event(session, name)
    add_localization(session, event, circle_map(ra, DEC, RADIUS))
    return event


def seen(event: Event, days: float = 0.1, **values) -> Packet:
    """A packet of an alert in the middle of the region, some days after the event."""
    number = next(_numbers)
    told = {
        "survey": "ZTF", "object_id": f"ZTF25aaaa{number:03d}", "candid": str(number),
        "ra": RA, "dec": DEC, "jd": julian_date(event.event_time) + days, "filter": "g",
        "magnitude": 19.5, "magnitude_error": 0.1, "real_bogus": 0.9,
        "real_bogus_name": "drb", **values,
    }  # fmt: skip
    return Packet(Alert(**told), f"packet {number}".encode())
