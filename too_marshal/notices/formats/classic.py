"""Conventions of GCN Classic packets, which most VOEvents follow."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import datetime, timedelta

from too_marshal.notices.formats.coordinates import Position, to_utc
from too_marshal.notices.formats.packet_types import packet_name
from too_marshal.notices.formats.times import (
    TimeUnreadable,
    epoch_milliseconds,
    from_truncated_julian_day,
    parse_day_beyond_month,
    parse_utc,
)
from too_marshal.notices.formats.voevent import VOEvent
from too_marshal.notices.notice import Circle, Kind, MapLink, Notice

TIME_REPAIRED = "time repaired"

NO_POSITION, POINTING = 0, 2
"""`Coords_Type`: the position means nothing, or is where the telescope points."""

_DAYS = ("Burst", "Trans", "Event", "Data", "Trigger", "Obs")
_NOT_IDENTIFIERS = frozenset({0, -1, 16453627, 16777215, 2147483647})
"""Trigger numbers that several unrelated bursts carried (measured in archives of 2014-2023)."""


def base_notice(event: VOEvent, stream: str) -> Notice:
    """Read what every packet says in the same place: identity, role, times, name of its kind.

    The kind is `INFORMATION` and the order (0, published, serial number) until
    the mission's parser says otherwise.
    """
    time, flags = event_time(event)
    sent = published(event)
    serial = event.integer("Pkt_Ser_Num")
    return Notice(
        stream=stream,
        event_key=None,
        notice_id=event.ivorn,
        order=(0, epoch_milliseconds(sent), serial or 0),
        sequence=serial,
        kind=Kind.INFORMATION,
        role=event.role,
        event_time=time,
        published=sent,
        localization=None,
        type_name=packet_name(event.packet_type),
        flags=flags | event.flags | _position_flags(event),
    )


def published(event: VOEvent) -> datetime | None:
    """When the packet was written."""
    with contextlib.suppress(TimeUnreadable):
        return parse_utc(event.date or "").time
    return None


def event_time(event: VOEvent) -> tuple[datetime | None, frozenset[str]]:
    """When the source was seen, and a flag if that had to be repaired.

    A malformed ISO time occurs in real packets. The truncated Julian day beside it
    is used if it lies within the year before the packet was written (some
    packets of 2026 carry a day of 2001); then the ISO time with its day counted
    back from the first of the month; then the time of writing.
    """
    with contextlib.suppress(TimeUnreadable):
        moment = parse_utc(event.iso_time or "")
        flags = frozenset({TIME_REPAIRED} if moment.repaired else ())
        return to_utc(moment.time, event.time_scale), flags
    sent = published(event)
    for read in (_from_julian_day, _from_day_beyond_month):
        with contextlib.suppress(TimeUnreadable):
            time = read(event)
            if sent is None or sent - timedelta(days=366) < time < sent + timedelta(hours=1):
                return time, frozenset({TIME_REPAIRED})
    return sent, frozenset({TIME_REPAIRED})


def source_position(event: VOEvent) -> Position | None:
    """Where the source is, or None: absent, all zero, a pointing, or off the sphere."""
    if event.integer("Coords_Type") in {NO_POSITION, POINTING} or is_out_of_range(event):
        return None
    position = event.position
    if position is None or (position.ra == 0 and position.dec == 0):
        return None
    return Position(position.ra % 360.0, position.dec, position.radius)


def is_out_of_range(event: VOEvent) -> bool:
    """Whether the coordinates are not on the sphere; (-1, -1) says that there are none.

    A right ascension from -180 to 0 deg counts from the other side.
    """
    at = event.position
    return at is not None and (
        (at.ra, at.dec) == (-1, -1) or not (-180 <= at.ra <= 360 and -90 <= at.dec <= 90)
    )


def placed(event: VOEvent, notice: Notice) -> Notice:
    """Return the notice with its bare position where its error radius cannot be one.

    Zero, negative or above 180 deg: the position is shown, and nothing is planned on it.
    """
    position = source_position(event)
    where = notice.localization
    region = where.fallback if isinstance(where, MapLink) else where
    if position is None or region is not None:
        return notice
    size = "none" if position.radius is None else f"{position.radius:g} deg"
    return replace(
        notice,
        position=(position.ra, position.dec),
        flags=notice.flags | {f"error radius unusable: {size}"},
    )


def _position_flags(event: VOEvent) -> frozenset[str]:
    at = event.position
    if at is None or not is_out_of_range(event) or (at.ra, at.dec) == (-1, -1):
        return frozenset()
    return frozenset({f"the position ({at.ra:g}, {at.dec:g}) is off the sphere"})


def source_circle(
    event: VOEvent,
    containment: float,
    *,
    systematics_included: bool,
    systematic_model: str | None = None,
    radius: float | None = None,
) -> Circle | None:
    """Return the position with its error radius (`Error2Radius` unless `radius` is given, deg).

    None where there is no position, or no radius above zero.
    """
    position = source_position(event)
    if position is None:
        return None
    size = position.radius if radius is None else radius
    if size is None or not 0 < size <= 180:
        return None
    return Circle(
        position.ra, position.dec, size, containment, systematics_included, systematic_model
    )


def source_point(event: VOEvent) -> tuple[float, float] | None:
    """Return the position where it comes without a usable radius."""
    position = source_position(event)
    return None if position is None else (position.ra, position.dec)


def trigger_key(event: VOEvent, name: str = "TrigID") -> str | None:
    """Return the mission's number of the trigger; None if it is one that identifies nothing."""
    trigger_id = event.integer(name)
    return (
        None
        if trigger_id is None or trigger_id in _NOT_IDENTIFIERS or trigger_id < 0
        else str(trigger_id)
    )


def time_key(time: datetime | None) -> str | None:
    """Make a stand-in for a trigger number: the event's second."""
    return None if time is None else f"{time:%Y-%m-%dT%H:%M:%S}"


def https(url: str | None) -> str | None:
    """Return the address with https; None if it is no web address."""
    if url is None or not url.isprintable() or " " in url:
        return None
    scheme, _, path = url.partition("://")
    return f"https://{path}" if scheme.lower() in {"http", "https"} and path else None


def links(event: VOEvent, **labels: str) -> dict[str, str]:
    """Label to https address, for the parameters that hold one: links(event, page="EventPage")."""
    urls = {label: https(event.text(name)) for label, name in labels.items()}
    return {label: url for label, url in urls.items() if url is not None}


def numbers(event: VOEvent, **labels: str) -> dict[str, float]:
    """Label to value, for the parameters that hold a number."""
    values = {label: event.number(name) for label, name in labels.items()}
    return {label: value for label, value in values.items() if value is not None}


def texts(event: VOEvent, **labels: str) -> dict[str, str]:
    """Label to value, for the parameters that hold anything."""
    values = {label: event.text(name) for label, name in labels.items()}
    return {label: value for label, value in values.items() if value is not None}


def _from_julian_day(event: VOEvent) -> datetime:
    for prefix in _DAYS:
        day, second = event.integer(f"{prefix}_TJD"), event.number(f"{prefix}_SOD")
        if day is not None and second is not None:
            return from_truncated_julian_day(day, second)
    raise TimeUnreadable("no truncated Julian day")


def _from_day_beyond_month(event: VOEvent) -> datetime:
    return parse_day_beyond_month(event.iso_time or "")
