"""Objects in the region of an event: which alerts there are, and what people make of them."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import Role
from too_marshal.db.counterparts.candidates import CandidateStatus
from too_marshal.db.events import Event
from too_marshal.http.access import current_person, needs
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.counterparts.judge import MAX_REASON_LENGTH, judge
from too_marshal.workflows.counterparts.live_maps import KEPT_LEVEL
from too_marshal.workflows.counterparts.objects import count_objects, objects_of
from too_marshal.workflows.incident.notes import notes_on_candidates

candidates = Blueprint("candidates", __name__)

PAGE_SIZE = 50


@candidates.get("/events/<row:event_id>/candidates")
@needs(Role.VIEWER)
def index(event_id: int) -> str:
    """List the objects in the region: those that nobody has judged first."""
    event = row_or_404(Event, event_id)
    first = min(max(request.args.get("first", default=0, type=int), 0), 10_000_000)
    rows = objects_of(database(), event, limit=PAGE_SIZE + 1, offset=first)
    return render_template(
        "candidates.html",
        event=event,
        objects=rows[:PAGE_SIZE],
        total=count_objects(database(), event),
        first=first,
        following=first + PAGE_SIZE if len(rows) > PAGE_SIZE else None,
        before=max(first - PAGE_SIZE, 0) if first else None,
        statuses=list(CandidateStatus),
        notes_on=notes_on_candidates(database(), event_id),
        kept_level=KEPT_LEVEL,
        max_reason=MAX_REASON_LENGTH,
    )


@candidates.post("/events/<row:event_id>/candidates")
@needs(Role.OBSERVER)
def store(event_id: int) -> WerkzeugResponse:
    """Say what an object is."""
    event = row_or_404(Event, event_id)
    form = {name: text.replace("\0", "") for name, text in request.form.items()}
    if form.get("status") not in set(CandidateStatus):
        abort(422, "An object is pending, confirmed, ambiguous or rejected.")
    row = judge(
        database(),
        event,
        form.get("survey", ""),
        form.get("object_id", ""),
        CandidateStatus(form["status"]),
        reason=form.get("reason", ""),
        seen=request.form.get("seen", default=-1, type=int),
        by=current_person().username,
    )
    flash(f"{row.object_id} is {row.status}.")
    first = request.form.get("first", default=0, type=int)
    return redirect(url_for("candidates.index", event_id=event_id, first=first or None), 303)
