"""The page of what one notice says otherwise than another."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from sqlalchemy import select

from too_marshal.db.events import Event
from too_marshal.db.notices import NoticeState, ReceivedNotice, of_event
from too_marshal.db.people import Role
from too_marshal.http.access import needs
from too_marshal.http.service import database, row_or_404
from too_marshal.notices.notice import Kind
from too_marshal.workflows.incident.compare_notices import compare_notices
from too_marshal.workflows.localizations.compare_maps import map_change, map_of_notice
from too_marshal.workflows.localizations.localize import load_skymap

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
    change = None
    if maps[0] is not None and maps[1] is not None:
        change = map_change(*(load_skymap(database(), row) for row in maps if row is not None))
    return render_template(
        "difference.html",
        event=event,
        maps=maps,
        change=change,
        choices=[(str(row.id), _name(row)) for row in rows],
        pair=pair,
        found=compare_notices(*(row.document or {} for row in pair)),
    )


def _understood(event: Event) -> list[ReceivedNotice]:
    """Notices of the event that say something of it, the latest word of the mission first."""
    query = (
        select(ReceivedNotice)
        .where(
            of_event(event.id),
            ReceivedNotice.state == NoticeState.UNDERSTOOD,
            ReceivedNotice.kind != Kind.INFORMATION,
        )
        .order_by(ReceivedNotice.order.desc().nulls_last(), ReceivedNotice.id.desc())
        .limit(MOST)
    )
    return list(database().scalars(query))


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
