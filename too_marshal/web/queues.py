"""The queue page: what the robots hold, and what we sent them."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal import tasks
from too_marshal.db.accounts.people import Role
from too_marshal.db.jobs import URGENT
from too_marshal.db.observing.archives import ArchiveCopy
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import KILL_SWITCH, RobotQueue, Submission, Switch
from too_marshal.http.access import current_person, needs
from too_marshal.http.service import database, row_or_404, service
from too_marshal.workflows.submissions.clear_queue import ask_to_delete
from too_marshal.workflows.submissions.withdraw import settle_by_person, withdraw_by_person

MAX_SUBMISSIONS = 100

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
            .limit(MAX_SUBMISSIONS)
        )
    )
    held = {row.telescope: row for row in session.scalars(select(RobotQueue))}
    names = sorted({*service().robots.names(), *held})
    return render_template(
        "queues.html",
        names=names,
        held=held,
        stale={row.telescope for row in held.values() if row.is_stale},
        configured=service().robots.names(),
        submissions=submissions,
        ours=_ours(held.values()),
        switch=session.get(Switch, KILL_SWITCH),
        archives={row.telescope: row for row in session.scalars(select(ArchiveCopy))},
    )


def _ours(held: Iterable[RobotQueue]) -> dict[str, Submission]:
    """Submissions that robots hold, however old, by the name of the request."""
    names = {name for robot in held for name in robot.requests.values()}
    query = (
        select(Submission)
        .where(Submission.queue_name.in_(names))
        .options(joinedload(Submission.plan).joinedload(Plan.event))
    )
    return {submission.queue_name: submission for submission in database().scalars(query)}


@queues.post("/queues/ask")
@needs(Role.OBSERVER)
def ask() -> WerkzeugResponse:
    """Ask a robot now what it holds."""
    telescope = _robot()
    session = database()
    tasks.track(telescope=telescope).defer(session, priority=URGENT)
    session.commit()
    flash(f"{telescope} is being asked.")
    return redirect(url_for("queues.index"), 303)


@queues.post("/queues/delete")
@needs(Role.ADMIN)
def delete() -> WerkzeugResponse:
    """Ask a robot to delete a queue that is not one of our submissions."""
    telescope, name = _robot(), request.form.get("name", "")
    ask_to_delete(database(), telescope, name, by=current_person().username)
    flash(f"{telescope} is asked to delete {name}.")
    return redirect(url_for("queues.index"), 303)


def _robot() -> str:
    telescope = request.form.get("telescope", "")
    if not service().robots.has(telescope):
        abort(404, "There is no such robot.")
    return telescope


@queues.post("/submissions/<row:submission_id>/withdraw")
@needs(Role.OBSERVER)
def withdraw(submission_id: int) -> WerkzeugResponse:
    """Ask for the withdrawal of one submission."""
    row_or_404(Submission, submission_id)
    submission = withdraw_by_person(database(), submission_id, by=current_person().username)
    flash(f"{submission.telescope} is asked to drop {submission.queue_name}.")
    return redirect(url_for("events.event", event_id=submission.plan.event_id), 303)


@queues.post("/submissions/<row:submission_id>/settle")
@needs(Role.OBSERVER)
def settle(submission_id: int) -> WerkzeugResponse:
    """Note that the observatory will not observe what it has picked up."""
    row_or_404(Submission, submission_id)
    submission = settle_by_person(database(), submission_id, by=current_person().username)
    flash(f"{submission.queue_name} is {submission.state}.")
    return redirect(url_for("events.event", event_id=submission.plan.event_id), 303)
