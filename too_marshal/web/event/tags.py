"""Give events tags, and take them away."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.events import Event
from too_marshal.db.people import Role
from too_marshal.http.access import current_person, needs
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.events.tag import tag, untag

tags = Blueprint("tags", __name__)


@tags.post("/events/<row:event_id>/tags")
@needs(Role.OBSERVER)
def add(event_id: int) -> WerkzeugResponse:
    """Give an event a tag."""
    row_or_404(Event, event_id)
    try:
        tag(database(), event_id, _typed(), by=current_person().username)
    except ValueError as err:
        abort(422, f"{err}.")
    return _back(event_id)


@tags.post("/events/<row:event_id>/tags/remove")
@needs(Role.OBSERVER)
def remove(event_id: int) -> WerkzeugResponse:
    """Take a tag away."""
    row_or_404(Event, event_id)
    try:
        untag(database(), event_id, _typed(), by=current_person().username)
    except ValueError as err:
        abort(422, f"{err}.")
    return _back(event_id)


def _typed() -> str:
    return request.form.get("name", "").replace("\0", "")


def _back(event_id: int) -> WerkzeugResponse:
    return redirect(url_for("events.event", event_id=event_id, _anchor="fold-links"), 303)
