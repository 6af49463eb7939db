"""Make a copy the live service: what it decided on is as old as the backup it came from.

Between the backup and now another service may have sent, withdrawn and replaced. So nothing that
was decided before is sent: what was approved is refused, with the reason, for a person to look at
the robot's queue and approve it anew; what may have arrived is asked about and not sent again;
an exchange that was under way is over. What is to be withdrawn is withdrawn, since a name is
never used twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.events import Event, record
from too_marshal.db.locks import lock, lock_all
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import (
    AT_THE_ROBOT,
    LiveDatabase,
    Submission,
    SubmissionState,
    add_activity,
)
from too_marshal.db.observing.replacements import SWAPPING, Replacement, ReplacementState
from too_marshal.formatting import duration
from too_marshal.workflows.errors import Forbidden
from too_marshal.workflows.live_database import (
    live_since,
    settle_by_person,
    settle_here,
    why_copy,
)

CAUTION = timedelta(days=1)
"""For so long rules submit nothing: what the former service took of budgets is not known here."""

APPROVED_BEFORE = (
    "it was approved before this copy became the live service: the former one may have sent it,"
    " look at the robot's queue and approve the plan anew"
)

EXCHANGED_BEFORE = (
    "it was under way before this copy became the live service: look at the robot's queue"
)


def go_live(session: Session, *, by: str) -> bool:
    """Let this database speak to robots; committed.

    Parameters
    ----------
    session
        Open session.
    by
        Who says that it is the live one, and that no other service is.

    Returns
    -------
    bool
        False where it was already: nothing is done.
    """
    is_new = settle_here(session.connection())
    row = lock(session, LiveDatabase, 1)
    if not is_new and not why_copy(session):
        session.commit()
        return False
    _end_replacements(session)
    approved = select(Submission).where(Submission.state == SubmissionState.APPROVED)
    for submission in lock_all(session, approved.order_by(Submission.id), Submission):
        submission.change(SubmissionState.REFUSED, APPROVED_BEFORE)
        add_activity(session, submission, f"not sent: {APPROVED_BEFORE}")
    for event_id in session.scalars(
        select(Plan.event_id)
        .join(Submission, Submission.plan_id == Plan.id)
        .where(Submission.state.in_(AT_THE_ROBOT))
        .distinct()
    ):
        tasks.share(event_id=event_id).defer(session)
    settle_by_person(session, row, by=by)
    record(session, "This copy is the live service now", subject="switch", actor=by)
    session.commit()
    return True


def _end_replacements(session: Session) -> None:
    query = select(Replacement).where(Replacement.state.in_(SWAPPING)).order_by(Replacement.id)
    for row in session.scalars(query).all():
        lock(session, Event, row.event_id)
        held = lock(session, Replacement, row.id)
        if held.state in SWAPPING:
            held.change(ReplacementState.FAILED, EXCHANGED_BEFORE)
            record(
                session,
                f"{held.plan.telescope} {held.submission.queue_name} replacement failed:"
                f" {EXCHANGED_BEFORE}",
                subject="replacement",
                subject_id=held.id,
                event_id=held.event_id,
            )


def refuse_on_copy(session: Session) -> None:
    """Do nothing on the live database.

    Raises
    ------
    Forbidden
        On a copy; the message says why.
    """
    if reason := on_copy(session):
        raise Forbidden(reason)


def on_copy(session: Session) -> str:
    """Say that this is a copy, which sends nothing; empty where it is the live database."""
    reason = why_copy(session)
    return f"this is a copy, which leaves robots alone: {reason}" if reason else ""


def was_approved_before(session: Session, submission: Submission) -> bool:
    """Whether another service may have settled a submission after the backup was made."""
    since = live_since(session)
    return since is not None and submission.approved_at < since


def against_rules(session: Session, event: Event) -> Iterator[str]:
    """Say why a rule may not submit for an event: another service may have done so."""
    since = live_since(session)
    if since is None:
        return
    age = now() - since
    if age < CAUTION:
        yield (
            f"this copy became the live service {duration(age.total_seconds())} ago: what the"
            " former one sent, and took of the night's budget, is not known here"
        )
    elif min(event.created_at, event.event_time or event.created_at) < since:
        yield "the event is older than this service: the former one may have sent something for it"
