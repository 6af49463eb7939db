"""The queue page: what the robots hold, and what we sent them."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.people import Role
from too_marshal.db.plans import Plan
from too_marshal.db.queues import RobotQueue, Submission
from too_marshal.web.access import current_person, needs
from too_marshal.web.service import database, row_or_404, service
from too_marshal.workflows.withdraw import withdraw_by_person

MOST_SUBMISSIONS = 100

queues = Blueprint("queues", __name__)


@queues.get("/queues")
@needs(Role.VIEWER)
def index() -> str:
    """Show every telescope's queues."""
    session = database()
    submissions = list(
        session.scalars(
            select(Submission)
            .options(joinedload(Submission.plan).joinedload(Plan.event))
            .order_by(Submission.id.desc())
            .limit(MOST_SUBMISSIONS)
        )
    )
    held = {row.telescope: row for row in session.scalars(select(RobotQueue))}
    names = sorted({*service().robots.names(), *held})
    ours = {item.queue_name: item for item in submissions}
    return render_template(
        "queues.html", names=names, held=held, submissions=submissions, ours=ours
    )


@queues.post("/submissions/<row:submission_id>/withdraw")
@needs(Role.OBSERVER)
def withdraw(submission_id: int) -> WerkzeugResponse:
    """Ask for the withdrawal of one submission."""
    row_or_404(Submission, submission_id)
    found = withdraw_by_person(database(), submission_id, by=current_person().username)
    flash(f"{found.telescope} is asked to drop {found.queue_name}.")
    return redirect(url_for("events.event", event_id=found.plan.event_id), 303)
