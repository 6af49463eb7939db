"""The page of what one notice says otherwise than another."""

from __future__ import annotations

from astropy import units as u
from astropy.coordinates import SkyCoord
from flask import Blueprint, abort, render_template, request

from too_marshal.db.accounts.people import Role
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization, MapDifferenceRow
from too_marshal.db.notices import ReceivedNotice, of_event
from too_marshal.http.access import needs
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.incident.changes import words_of_mission
from too_marshal.workflows.incident.compare_notices import compare_notices
from too_marshal.workflows.localizations.difference import (
    ask_for_difference,
    difference_of,
    map_of_notice,
)

MOST = 200

difference = Blueprint("difference", __name__)


@difference.get("/events/<row:event_id>/difference")
@needs(Role.VIEWER)
def show(event_id: int) -> str:
    """Compare two notices: those asked for, else the last one with the one before it."""
    event = row_or_404(Event, event_id)
    rows = _understood(event)
    if len(rows) < 2:
        return render_template("difference.html", event=event, choices=[], pair=None, found=None)
    pair = _asked(rows, "before", rows[1]), _asked(rows, "after", rows[0])
    maps = [map_of_notice(database(), row.id) for row in pair]
    return render_template(
        "difference.html",
        event=event,
        maps=maps,
        moved=_moved(*maps),
        separation=_separation(*maps),
        choices=[(str(row.id), _name(row)) for row in rows],
        pair=pair,
        found=compare_notices(*(row.document or {} for row in pair)),
    )


def _understood(event: Event) -> list[ReceivedNotice]:
    """Notices of the event that say something of it, the latest word of the mission first."""
    return list(database().scalars(words_of_mission(of_event(event.id)).limit(MOST)))


def _moved(old: Localization | None, new: Localization | None) -> MapDifferenceRow | None:
    """What the later map says otherwise; None where that needs a map, or a worker first."""
    if old is None or new is None or old.sky_map_sha256 == new.sky_map_sha256:
        return None
    row = difference_of(database(), old, new)
    if row is None:
        ask_for_difference(database(), old, new)
    return row


def _separation(old: Localization | None, new: Localization | None) -> float | None:
    """Between the brightest positions of two maps, deg."""
    peaks = [
        SkyCoord(row.sky_map.peak_ra, row.sky_map.peak_dec, unit=u.deg)
        for row in (old, new)
        if row is not None and row.sky_map is not None
    ]
    return float(peaks[0].separation(peaks[1]).deg) if len(peaks) == 2 else None


def _asked(rows: list[ReceivedNotice], name: str, usual: ReceivedNotice) -> ReceivedNotice:
    """The notice of the event that the address asks for."""
    asked = request.args.get(name)
    if asked is None:
        return usual
    found = [row for row in rows if str(row.id) == asked]
    if not found:
        abort(404, f"This event has no notice {asked!r} that was understood.")
    return found[0]


def _name(row: ReceivedNotice) -> str:
    document = row.document or {}
    return f"{row.id}: {document.get('type_name') or row.kind}, {row.received_at:%m-%d %H:%M} UTC"
