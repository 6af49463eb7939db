"""Take queues back from robots: all of an event that is retracted, or one that a person names."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from telescopes.errors import QueueError
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.jobs import URGENT, defer
from too_marshal.db.plans import Plan
from too_marshal.db.queues import AT_THE_ROBOT, LIVE, Submission, SubmissionState, tell
from too_marshal.logs import without_secrets
from too_marshal.robots import Robots
from too_marshal.workflows.share import ask_to_share
from too_marshal.workflows.submit import ask_to_withdraw

RETRY_TIME = timedelta(seconds=5)
"""Until the next try when the robot does not answer: it may be observing meanwhile."""


def withdraw_event(session: Session, event_id: int) -> None:
    """Ask for the withdrawal of everything of a retracted event that is not done."""
    event = session.get_one(Event, event_id)
    if not event.is_retracted:
        return
    live = session.scalars(
        select(Submission)
        .join(Plan)
        .where(Plan.event_id == event_id, Submission.state.in_(LIVE))
        .with_for_update(of=Submission)
    )
    for submission in live:
        want_withdrawal(session, submission, f"{event.name} was retracted", by="marshal")
    ask_to_share(session, event_id)
    session.commit()


def withdraw_by_person(session: Session, submission_id: int, *, by: str) -> Submission:
    """Ask for the withdrawal of one submission; nothing happens to one that is over."""
    submission = session.scalars(
        select(Submission).where(Submission.id == submission_id).with_for_update(of=Submission)
    ).one()
    if submission.state in LIVE:
        want_withdrawal(session, submission, f"withdrawn by {by}", by=by)
    session.commit()
    return submission


def want_withdrawal(session: Session, submission: Submission, reason: str, *, by: str) -> None:
    """Have a submission withdrawn; at once if it was not sent yet. Not committed here."""
    if submission.state == SubmissionState.APPROVED:
        submission.withdraw_wanted, submission.withdraw_reason = True, reason
        submission.change(SubmissionState.WITHDRAWN, reason)
        tell(session, submission, f"withdrawn before it was sent: {reason}", by)
        return
    tell(session, submission, f"to be withdrawn: {reason}", by)
    ask_to_withdraw(session, submission, reason)


def withdraw_submission(session: Session, robots: Robots, submission_id: int) -> None:
    """Remove one queue from its robot, and try again until the robot says that it is gone.

    Parameters
    ----------
    session
        Open session; committed, before and after the robot is spoken to.
    robots
        The robots that can be reached.
    submission_id
        A submission whose withdrawal is wanted.
    """
    submission = session.get_one(Submission, submission_id, populate_existing=True)
    if not submission.withdraw_wanted or submission.state not in AT_THE_ROBOT:
        # While it is being sent, `submit` sees the wish and comes back here.
        session.commit()
        return
    queue = robots.queue(submission.telescope)
    name = submission.queue_name
    session.commit()
    try:
        queue.withdraw(name)
        silent = ""
    except QueueError as err:
        silent = without_secrets(str(err))
    submission = session.scalars(
        select(Submission).where(Submission.id == submission_id).with_for_update(of=Submission)
    ).one()
    if submission.state not in AT_THE_ROBOT:
        session.commit()
        return
    if silent:
        submission.reason = f"not yet withdrawn: {silent}"
        defer(
            session,
            "withdraw_submission",
            submission_id=submission.id,
            lock=f"submission-{submission.id}",
            priority=URGENT,
            at=now() + RETRY_TIME,
        )
    else:
        submission.change(SubmissionState.WITHDRAWN, submission.withdraw_reason)
        tell(session, submission, f"withdrawn: {submission.withdraw_reason}")
        ask_to_share(session, submission.plan.event_id)
        defer(
            session,
            "track",
            telescope=submission.telescope,
            queueing_lock=f"track-{submission.telescope}",
        )
    session.commit()
