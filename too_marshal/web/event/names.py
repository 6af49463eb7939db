"""Let a person name an event."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import Role
from too_marshal.db.events import Event
from too_marshal.http.access import current_person, needs
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.events.give_name import give_name

names = Blueprint("names", __name__)


@names.post("/events/<row:event_id>/name")
@needs(Role.OBSERVER)
def name(event_id: int) -> WerkzeugResponse:
    """Call an event by another name; an empty one gives it back what it would be called."""
    row_or_404(Event, event_id)
    text = request.form.get("name", "").replace("\0", "")
    try:
        called = give_name(database(), event_id, text, by=current_person().username)
    except ValueError as err:
        abort(422, f"{err}.")
    flash(f"It is called {called} now.")
    return redirect(url_for("events.event", event_id=event_id, _anchor="fold-links"), 303)
