"""Bring what we believe of a robot's queues into line with what the robot said, and act on it.

An observation is as old as the question. It says nothing of a submission that has changed since
the robot was asked, and a list without a queue is believed only when a second one, asked for
later by the settle time, has not got it either. Nothing is over for good: what the robot holds is
taken up again, and what it holds against our will is taken back, again and again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from telescopes.observing_queue import ObservingQueue, QueuedPlan
from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.locks import lock
from too_marshal.db.observing.exposures import Exposure
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import (
    AT_THE_ROBOT,
    LIVE,
    OVER,
    Submission,
    SubmissionState,
    add_activity,
)
from too_marshal.workflows.submissions.look_up import confirmation_delay, is_past
from too_marshal.workflows.submissions.robot_jobs import ask_to_withdraw
from too_marshal.workflows.submissions.take_up import note_held, retraction_of

_FOLLOWED = (SubmissionState.ACCEPTED, SubmissionState.EXECUTING)


@dataclass(frozen=True)
class Observation:
    """What a robot said, and what we knew when it was asked."""

    telescope: str
    """Which robot."""

    asked_at: datetime
    """When it was asked for its list, before it answered."""

    versions: dict[int, int]
    """Of every submission that there was then, by its number."""

    held: frozenset[str] | None
    """Requests that it holds, whole or in part; None where it cannot tell."""


def versions_of(session: Session, telescope: str) -> dict[int, int]:
    """Version of each submission to a telescope, to be read before its robot is asked."""
    query = select(Submission.id, Submission.version).where(Submission.telescope == telescope)
    return dict(session.execute(query).all())


def requests_in(listed: tuple[QueuedPlan, ...]) -> frozenset[str]:
    """Names of the requests to which listed queues belong."""
    return frozenset(queue.request_name for queue in listed)


def reconcile(session: Session, queue: ObservingQueue, seen: Observation) -> None:
    """Act on every difference between an observation and what we believe.

    Parameters
    ----------
    session
        Open session; committed after each submission.
    queue
        The robot's client; it is not spoken to.
    seen
        What the robot said.
    """
    for submission_id in _concerned(session, seen):
        submission = lock(session, Submission, submission_id)
        if submission.version == seen.versions[submission_id]:
            _judge(session, queue, submission, seen)
        session.commit()


def _concerned(session: Session, seen: Observation) -> list[int]:
    """Submissions of which the observation may say something: live ones, and names it holds."""
    query = (
        select(Submission.id)
        .where(
            Submission.telescope == seen.telescope,
            or_(Submission.state.in_(LIVE), Submission.queue_name.in_(seen.held or ())),
        )
        .order_by(Submission.id)
    )
    return [
        submission_id for submission_id in session.scalars(query) if submission_id in seen.versions
    ]


def _judge(
    session: Session, queue: ObservingQueue, submission: Submission, seen: Observation
) -> None:
    is_held = seen.held is not None and submission.queue_name in seen.held
    if is_held and submission.state in OVER:
        note_held(session, submission)
        return
    if submission.state not in AT_THE_ROBOT:
        return
    _assert_retraction(session, submission)
    if submission.state not in _FOLLOWED:
        # Its own look-up asks for more than the name.
        if submission.needs_person and is_past(submission):
            submission.change(SubmissionState.DONE, "its window is over, and nobody settled it")
            add_activity(session, submission, submission.reason)
        return
    count = _count_exposures(session, submission)
    if count and submission.state != SubmissionState.EXECUTING:
        submission.change(SubmissionState.EXECUTING)
        add_activity(session, submission, "is being executed")
    if is_held:
        _still_held(session, submission)
    elif seen.held is not None or is_past(submission):
        _missing(session, queue, submission, seen, count)


def _assert_retraction(session: Session, submission: Submission) -> None:
    reason = retraction_of(session, submission)
    if reason and not submission.withdrawal_requested:
        add_activity(session, submission, f"to be withdrawn: {reason}")
        ask_to_withdraw(session, submission, reason)


def _still_held(session: Session, submission: Submission) -> None:
    if submission.missing_since is not None:
        submission.missing_since = None
    if submission.needs_person and submission.withdrawal_requested:
        # It was believed to be picked up, and is there: it can be taken back after all.
        submission.needs_person = False
        ask_to_withdraw(session, submission, submission.withdraw_reason)


def _missing(
    session: Session,
    queue: ObservingQueue,
    submission: Submission,
    seen: Observation,
    count: int,
) -> None:
    """Say that it is over only with evidence: its exposures, or the end of its window."""
    submission.missing_since = submission.missing_since or seen.asked_at
    if seen.asked_at - submission.missing_since < confirmation_delay(queue, submission):
        return
    is_listed = queue.lists_until_done
    if is_listed and submission.withdrawal_requested:
        submission.change(SubmissionState.WITHDRAWN, submission.withdraw_reason)
        add_activity(session, submission, f"withdrawn: {submission.withdraw_reason}")
    elif (is_listed and count) or is_past(submission):
        submission.change(SubmissionState.DONE)
        add_activity(session, submission, f"is done: {count} exposures")
    else:
        _explain(session, submission, is_listed=is_listed)
        return
    tasks.share(event_id=_event_id(session, submission)).defer(session)


def _explain(session: Session, submission: Submission, *, is_listed: bool) -> None:
    """Say once that something is neither there nor known to be executed."""
    if submission.needs_person:
        return
    if not is_listed:
        if submission.state != SubmissionState.EXECUTING:
            submission.change(SubmissionState.EXECUTING, "the observatory has picked it up")
            submission.missing_since = now()
            add_activity(
                session, submission, "was picked up: it may be observed until its window ends"
            )
        return
    text = (
        "the robot does not hold it and has told of none of its exposures: it may have been"
        " deleted there"
    )
    if submission.reason != text:
        submission.reason = text
        add_activity(session, submission, text)


def _count_exposures(session: Session, submission: Submission) -> int:
    query = select(func.count(Exposure.id)).where(Exposure.submission_id == submission.id)
    return session.scalar(query) or 0


def _event_id(session: Session, submission: Submission) -> int:
    return session.scalars(select(Plan.event_id).where(Plan.id == submission.plan_id)).one()
