"""Shifts as calendars read them (iCalendar, RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable

from icalendar import Calendar, Event

from too_marshal.db.alarms import Shift
from too_marshal.db.base import now


def feed_of(shifts: Iterable[Shift], address: str) -> bytes:
    """The feed of a calendar.

    Parameters
    ----------
    shifts
        In any order.
    address
        Of the pages, for the links; it may be empty.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//too-marshal//on call//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "On call")
    for shift in shifts:
        calendar.add_component(_entry(shift, address.rstrip("/")))
    return bytes(calendar.to_ical())


def _entry(shift: Shift, address: str) -> Event:
    second = "" if shift.secondary is None else f", then {shift.secondary.username}"
    entry = Event()
    # The same for as long as the shift is: a change is an update of the entry.
    entry.add("uid", f"shift-{shift.id}@too-marshal")
    entry.add("summary", f"On call: {shift.primary.username}{second}")
    entry.add("dtstart", shift.starts_at)
    entry.add("dtend", shift.ends_at)
    entry.add("dtstamp", now())
    if address:
        entry.add("url", f"{address}/on-call")
    return entry
