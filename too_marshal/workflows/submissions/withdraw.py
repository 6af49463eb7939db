"""Take queues back from robots: all of an event that is retracted, or one that a person names."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from telescopes.errors import QueueError, QueueIncomplete, QueuePickedUp
from telescopes.observing_queue import ObservingQueue, QueueRequest
from too_marshal import tasks
from too_marshal.db.base import MARSHAL, now
from too_marshal.db.events import Event
from too_marshal.db.jobs import URGENT
from too_marshal.db.locks import lock, lock_all
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import (
    AT_THE_ROBOT,
    LIVE,
    Submission,
    SubmissionState,
    add_activity,
    names_held,
)
from too_marshal.deployment.logs import without_secrets
from too_marshal.deployment.robots import Robots
from too_marshal.workflows.live_database import why_copy
from too_marshal.workflows.submissions.go_live import refuse_on_copy
from too_marshal.workflows.submissions.look_up import (
    INCOMPLETE,
    confirmation_delay,
    needs_resending,
    resend,
)
from too_marshal.workflows.submissions.robot_jobs import (
    ask_to_withdraw,
    call_people,
    leave_to_a_person,
)
from too_marshal.workflows.submissions.take_up import take_up

logger = logging.getLogger(__name__)

RETRY_TIME = timedelta(seconds=5)
"""Until the next try when the robot does not answer: it may be observing meanwhile."""

_NOT_YET = "not yet withdrawn"

BEGUN = "only a part of it arrived, and can no longer be sent as a whole: plan what is missing"
"""Why a submission of which a part may be executed is not sent again."""


def withdraw_event(session: Session, event_id: int) -> None:
    """Ask for the withdrawal of everything of a retracted event that is not over."""
    event = session.get_one(Event, event_id, populate_existing=True)
    if not event.is_retracted:
        return
    live = lock_all(
        session,
        select(Submission)
        .join(Plan)
        .where(Plan.event_id == event_id, Submission.state.in_(LIVE))
        .order_by(Submission.id),
        Submission,
    )
    for submission in live:
        request_withdrawal(session, submission, f"{event.name} was retracted", by=MARSHAL)
    tasks.share(event_id=event_id).defer(session)
    session.commit()


def withdraw_by_person(session: Session, submission_id: int, *, by: str) -> Submission:
    """Ask for the withdrawal of one submission.

    Nothing happens to one that is over, unless its robot was last seen to hold it.

    Raises
    ------
    Forbidden
        If this is a copy.
    """
    refuse_on_copy(session)
    submission = lock(session, Submission, submission_id)
    if submission.state not in LIVE and submission.queue_name in names_held(
        session, submission.telescope
    ):
        take_up(session, submission)
    if submission.state in LIVE:
        request_withdrawal(session, submission, f"withdrawn by {by}", by=by)
    session.commit()
    return submission


def settle_by_person(session: Session, submission_id: int, *, by: str) -> Submission:
    """Note that people at the observatory will not observe what they have picked up.

    Nothing happens to a submission that does not need a person, or shall not be withdrawn.

    Raises
    ------
    Forbidden
        If this is a copy.
    """
    refuse_on_copy(session)
    submission = lock(session, Submission, submission_id)
    if (
        submission.needs_person
        and submission.withdrawal_requested
        and submission.state in AT_THE_ROBOT
    ):
        reason = submission.withdraw_reason
        submission.change(SubmissionState.WITHDRAWN, f"{reason}; the observatory has agreed")
        add_activity(session, submission, f"withdrawn: the observatory has agreed ({reason})", by)
        tasks.share(event_id=submission.plan.event_id).defer(session)
    session.commit()
    return submission


def request_withdrawal(session: Session, submission: Submission, reason: str, *, by: str) -> None:
    """Have a submission withdrawn; at once if it was not sent yet. Not committed here.

    Parameters
    ----------
    session
        Open session.
    submission
        Locked, and live.
    reason
        For people.
    by
        Who wants it.
    """
    if submission.state == SubmissionState.APPROVED:
        submission.withdrawal_requested, submission.withdraw_reason = True, reason
        submission.change(SubmissionState.WITHDRAWN, reason)
        add_activity(session, submission, f"withdrawn before it was sent: {reason}", by)
        return
    if not submission.withdrawal_requested:
        add_activity(session, submission, f"to be withdrawn: {reason}", by)
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
    submission = lock(session, Submission, submission_id)
    if not submission.withdrawal_requested or submission.state not in AT_THE_ROBOT:
        # While it is being sent, `submit` sees the wish and comes back here.
        session.commit()
        return
    if why_copy(session):
        session.commit()  # the wish stays: once this is the live one, `sweep` finds it
        return
    if not robots.has(submission.telescope):
        leave_to_a_person(session, submission)
        session.commit()
        return
    queue = robots.queue(submission.telescope)
    name, version = submission.queue_name, submission.version
    settle = confirmation_delay(queue, submission)
    request = QueueRequest(name, submission.request)
    shall_return = needs_resending(session, submission)
    session.commit()  # no transaction stays open while the robot is spoken to
    asked_at = now()
    is_picked_up, silent = _remove(queue, name)
    if shall_return and not silent:
        shall_return, silent = _is_untouched(queue, request)
    submission = lock(session, Submission, submission_id)
    if submission.state not in AT_THE_ROBOT or not submission.withdrawal_requested:
        session.commit()
        return
    if submission.version != version:
        # It was accepted, or found again, since the robot was asked: it is asked once more.
        ask_to_withdraw(session, submission, submission.withdraw_reason)
    elif silent:
        _not_yet(session, submission, silent)
    elif is_picked_up:
        _picked_up(session, submission)
    else:
        _gone(session, submission, asked_at, settle, shall_return=shall_return)
    session.commit()


def _remove(queue: ObservingQueue, name: str) -> tuple[bool, str]:
    """Whether the observatory has taken it already, and why it may still be there."""
    try:
        queue.withdraw(name)
    except QueuePickedUp:
        return True, ""
    except QueueError as err:
        return False, without_secrets(str(err)) or type(err).__name__
    except Exception as err:
        logger.exception("the client of a robot failed at a withdrawal")
        return False, without_secrets(repr(err))
    return False, ""


def _is_untouched(queue: ObservingQueue, request: QueueRequest) -> tuple[bool, str]:
    """Whether nothing of a request is there or was executed, and why that is not known."""
    try:
        return queue.find(request) is False, ""
    except QueueIncomplete:
        return False, ""
    except QueueError as err:
        return False, without_secrets(str(err)) or type(err).__name__


def _not_yet(session: Session, submission: Submission, why: str) -> None:
    if not submission.reason.startswith(_NOT_YET):
        add_activity(session, submission, f"{_NOT_YET}: {why}; it is tried again and again")
    submission.reason = f"{_NOT_YET}: {why}"
    ask_to_withdraw(session, submission, submission.withdraw_reason, RETRY_TIME)


def _picked_up(session: Session, submission: Submission) -> None:
    """Nothing can be taken back any more: people have to call the observatory."""
    if submission.needs_person:
        return
    if submission.state != SubmissionState.EXECUTING:
        submission.change(SubmissionState.EXECUTING)
    submission.needs_person = True
    submission.reason = (
        f"the observatory has picked it up: call {submission.telescope},"
        f" it must not be observed ({submission.withdraw_reason})"
    )
    add_activity(session, submission, submission.reason)
    call_people(session, submission, submission.reason)


def _gone(
    session: Session,
    submission: Submission,
    asked_at: datetime,
    settle: timedelta,
    *,
    shall_return: bool,
) -> None:
    """Believe that a queue is gone: at once where its message was answered, else after a while.

    What was never answered may still be on its way, and arrive after we have looked.
    """
    if submission.state == SubmissionState.UNCONFIRMED:
        submission.missing_since = submission.missing_since or asked_at
        waited = asked_at - submission.missing_since
        if waited < settle:
            submission.reason = "the robot does not hold it; it is asked again, it may be late"
            ask_to_withdraw(session, submission, submission.withdraw_reason, settle - waited)
            return
    if submission.state == SubmissionState.UNCONFIRMED and shall_return:
        resend(session, submission, "what had arrived of it is gone")
        return
    if submission.withdraw_reason == INCOMPLETE:
        submission.withdraw_reason = BEGUN
    submission.change(SubmissionState.WITHDRAWN, submission.withdraw_reason)
    add_activity(session, submission, f"withdrawn: {submission.withdraw_reason}")
    tasks.share(event_id=submission.plan.event_id).defer(session)
    tasks.track(telescope=submission.telescope).defer(session, priority=URGENT)
