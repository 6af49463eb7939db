"""The page of all that happened to an event."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from too_marshal.db.accounts.people import Role
from too_marshal.db.events import Event
from too_marshal.http.access import needs
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.incident.timeline import SUBJECTS, read_timeline

LINES = 100

timeline = Blueprint("timeline", __name__)


@timeline.get("/events/<row:event_id>/timeline")
@needs(Role.VIEWER)
def whole(event_id: int) -> str:
    """Show every line, the latest first, or those about one subject."""
    event = row_or_404(Event, event_id)
    subject = request.args.get("subject", "")
    if subject and subject not in SUBJECTS:
        abort(404, f"No line of a timeline is about {subject!r}.")
    rows, next_before = read_timeline(
        database(),
        event.id,
        limit=LINES,
        subject=subject or None,
        before=request.args.get("before", type=_row_number),
    )
    return render_template(
        "timeline.html",
        event=event,
        rows=rows,
        next_before=next_before,
        subject=subject,
        subjects=[("", "everything"), *SUBJECTS.items()],
    )


def _row_number(text: str) -> int:
    """Number of a row; others than that of a line begin the page at the top."""
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    raise ValueError(text)
