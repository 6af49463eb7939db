"""Give events tags, and take them away."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import Role
from too_marshal.db.events import Event
from too_marshal.http.access import current_person, needs
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.events.tag import tag, untag

tags = Blueprint("tags", __name__)


@tags.post("/events/<row:event_id>/tags")
@needs(Role.OBSERVER)
def add(event_id: int) -> WerkzeugResponse:
    """Give an event a tag."""
    return _change(event_id, tag)


@tags.post("/events/<row:event_id>/tags/remove")
@needs(Role.OBSERVER)
def remove(event_id: int) -> WerkzeugResponse:
    """Take a tag away."""
    return _change(event_id, untag)


def _change(event_id: int, act: Callable[..., object]) -> WerkzeugResponse:
    row_or_404(Event, event_id)
    name = request.form.get("name", "").replace("\0", "")
    try:
        act(database(), event_id, name, by=current_person().username)
    except ValueError as err:
        abort(422, f"{err}.")
    return redirect(url_for("events.event", event_id=event_id, _anchor="fold-links"), 303)
