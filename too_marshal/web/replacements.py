"""Replacements: what is offered when a map changes, and its approval."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import Role
from too_marshal.db.observing.replacements import Replacement, ReplacementState
from too_marshal.http.access import current_person, needs, recent_login
from too_marshal.http.service import database, row_or_404, service
from too_marshal.workflows.submissions.replace import approve_replacement, decline_replacement

SWAP_MESSAGES = {
    ReplacementState.APPROVED: "The old queue is about to be deleted.",
    ReplacementState.WITHDRAWING: "The old queue is being deleted; nothing new is sent before.",
    ReplacementState.SUBMITTING: "The old queue is gone; the new one is being sent.",
    ReplacementState.RESTORING: "The old plan is being put back.",
}
"""What each state of a swap means for the sky, in words."""

replacements = Blueprint("replacements", __name__)


@replacements.post("/replacements/<row:replacement_id>/approve")
@needs(Role.APPROVER)
@recent_login
def approve(replacement_id: int) -> WerkzeugResponse:
    """Have a queue replaced; a worker does it within seconds."""
    row_or_404(Replacement, replacement_id)
    row = approve_replacement(
        database(), service().robots, replacement_id, by=current_person().username
    )
    flash(f"{row.submission.queue_name} is being replaced by plan {row.plan_id}.")
    return redirect(url_for("events.event", event_id=row.event_id), 303)


@replacements.post("/replacements/<row:replacement_id>/decline")
@needs(Role.APPROVER)
def decline(replacement_id: int) -> WerkzeugResponse:
    """Keep what the robot holds."""
    row_or_404(Replacement, replacement_id)
    row = decline_replacement(database(), replacement_id, by=current_person().username)
    flash(f"{row.submission.queue_name} stays.")
    return redirect(url_for("events.event", event_id=row.event_id), 303)
