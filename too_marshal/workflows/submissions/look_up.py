"""Ask a robot what became of a submission that may have arrived."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from enum import Enum, auto

from astropy import units as u
from sqlalchemy.orm import Session

from telescopes.errors import QueueError, QueueIncomplete
from telescopes.observing_queue import ObservingQueue, QueueRequest
from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.locks import lock
from too_marshal.db.observing.queues import Submission, SubmissionState, add_activity
from too_marshal.deployment.logs import without_secrets
from too_marshal.deployment.robots import Robots
from too_marshal.workflows.submissions.go_live import was_approved_before
from too_marshal.workflows.submissions.robot_jobs import ask_to_withdraw, leave_to_a_person
from too_marshal.workflows.submissions.take_up import accept

logger = logging.getLogger(__name__)

SETTLE_TIME = timedelta(seconds=20)
"""Between two look-ups of an unconfirmed submission, at the least."""

INCOMPLETE = "only a part of it arrived: that is taken back, then it is sent again"
"""Reason of a withdrawal after which a submission is sent again, unless another one is given."""

RETRY_TIME = timedelta(seconds=15)
"""Until the next try when the robot could not be reached at all."""

_AT_ONCE = timedelta(seconds=1)


class Answer(Enum):
    """What a robot says to the question for one submission."""

    HELD = auto()
    OTHER = auto()
    """Something of its name that differs."""
    PARTLY = auto()
    """Some of its queues, and not the others."""
    ABSENT = auto()
    SILENT = auto()


def confirmation_delay(queue: ObservingQueue, submission: Submission) -> timedelta:
    """How far apart two absences must be to be believed."""
    request = QueueRequest(submission.queue_name, submission.request)
    own = timedelta(seconds=float(queue.confirmation_delay(request).to_value(u.s)))
    return max(own, SETTLE_TIME)


def look_up(session: Session, robots: Robots, submission: Submission) -> None:
    """Ask for an unconfirmed submission, and take it one step on; committed.

    Parameters
    ----------
    session
        Open session.
    robots
        The robots that can be reached.
    submission
        Locked, and unconfirmed.
    """
    if not robots.has(submission.telescope):
        leave_to_a_person(session, submission)
        session.commit()
        return
    queue = robots.queue(submission.telescope)
    request = QueueRequest(submission.queue_name, submission.request)
    version, settle = submission.version, confirmation_delay(queue, submission)
    session.commit()  # no transaction stays open while the robot is spoken to
    asked_at = now()
    answer, error = _ask(queue, request)
    submission = lock(session, Submission, submission.id)
    if submission.version != version:
        # It has changed since the robot was asked: what was found says nothing of it now.
        if submission.state == SubmissionState.UNCONFIRMED and not submission.needs_person:
            tasks.submit(submission_id=submission.id).defer(session, wait=_AT_ONCE)
        session.commit()
        return
    match answer:
        case Answer.HELD:
            accept(session, submission, "accepted: the robot holds it")
        case Answer.SILENT:
            submission.reason = f"not yet clear: the robot does not answer ({error})"
            tasks.submit(submission_id=submission.id).defer(session, wait=RETRY_TIME)
        case Answer.OTHER:
            _differs(session, submission)
        case Answer.PARTLY:
            _partly(session, submission)
        case Answer.ABSENT:
            _absent(session, queue, submission, asked_at, settle)
    session.commit()


def _ask(queue: ObservingQueue, request: QueueRequest) -> tuple[Answer, str]:
    try:
        is_held = queue.find(request)
    except QueueIncomplete:
        return Answer.PARTLY, ""
    except QueueError as err:
        return Answer.SILENT, without_secrets(str(err))
    except Exception as err:
        # Whatever is not an answer says nothing.
        logger.exception("the client of a robot failed at a look-up")
        return Answer.SILENT, without_secrets(repr(err))
    return {True: Answer.HELD, False: Answer.ABSENT, None: Answer.OTHER}[is_held], ""


def _differs(session: Session, submission: Submission) -> None:
    submission.reason = "the robot holds a queue of this name that differs: a person must look"
    submission.missing_since = None
    add_activity(session, submission, submission.reason)
    if submission.withdrawal_requested:
        ask_to_withdraw(session, submission, submission.withdraw_reason)
    else:
        submission.needs_person = True


def _partly(session: Session, submission: Submission) -> None:
    """Take back what is there: all of it is at the robot, or nothing."""
    if not submission.withdrawal_requested:
        add_activity(session, submission, INCOMPLETE)
    ask_to_withdraw(session, submission, submission.withdraw_reason or INCOMPLETE)


def _absent(
    session: Session,
    queue: ObservingQueue,
    submission: Submission,
    asked_at: datetime,
    settle: timedelta,
) -> None:
    """Believe an absence only where a second one confirms it, `settle` after the first."""
    submission.missing_since = submission.missing_since or asked_at
    waited = asked_at - submission.missing_since
    if waited < settle:
        tasks.submit(submission_id=submission.id).defer(session, wait=settle - waited)
        return
    reason = f"it did not arrive: asked twice, {waited.total_seconds():.0f} s apart"
    if needs_resending(session, submission):
        resend(session, submission, reason)
    elif not queue.lists_until_done:
        submission.needs_person = True
        submission.reason = (
            f"it is not there, and may have been picked up: ask {submission.telescope}, then"
            " withdraw it here"
        )
        add_activity(session, submission, submission.reason)
    elif submission.withdrawal_requested:
        submission.change(SubmissionState.WITHDRAWN, submission.withdraw_reason)
        add_activity(session, submission, f"withdrawn: {submission.withdraw_reason}; {reason}")
    elif (
        queue.resends_by_name
        and not is_past(submission)
        and not was_approved_before(session, submission)
    ):
        resend(session, submission, reason)
    else:
        submission.change(
            SubmissionState.REFUSED, f"{reason}, the robot does not hold it: a person may send anew"
        )
        add_activity(session, submission, submission.reason)


def needs_resending(session: Session, submission: Submission) -> bool:
    """Whether nothing but an incomplete arrival is the reason for taking it back."""
    is_incomplete = submission.withdrawal_requested and submission.withdraw_reason == INCOMPLETE
    return (
        is_incomplete and not is_past(submission) and not was_approved_before(session, submission)
    )


def resend(session: Session, submission: Submission, reason: str) -> None:
    """Send a submission once more of which certainly nothing is at the robot; not committed."""
    submission.withdrawal_requested, submission.withdraw_reason = False, ""
    submission.change(SubmissionState.APPROVED, f"{reason}; it is sent again")
    add_activity(session, submission, submission.reason)
    tasks.submit(submission_id=submission.id).defer(session)


def is_past(submission: Submission) -> bool:
    """Whether the robot can no longer execute what was sent last."""
    return submission.ends_at is not None and now() > submission.ends_at
