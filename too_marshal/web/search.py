"""Find an event by any of its names."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import Role
from too_marshal.db.events import find_by_beginning, find_by_name
from too_marshal.http.access import needs
from too_marshal.http.service import database, service
from too_marshal.workflows.incident.status import statuses

MAX_NAME_LENGTH = 80

search = Blueprint("search", __name__)


@search.get("/search")
@needs(Role.VIEWER)
def results() -> str | WerkzeugResponse:
    """Go to the one event of that name; list them where there are several, or none."""
    wanted = request.args.get("name", "").replace("\0", "").strip()[:MAX_NAME_LENGTH]
    events = find_by_name(database(), wanted)
    if len(events) == 1:
        return redirect(url_for("events.event", event_id=events[0].id), 303)
    is_exact = bool(events)
    if not events:
        events = find_by_beginning(database(), wanted)
    return render_template(
        "search.html",
        wanted=wanted,
        events=events,
        is_exact=is_exact,
        statuses=statuses(database(), service().robots, events),
    )
