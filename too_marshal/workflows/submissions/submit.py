"""Send a plan to its robot: once, whatever happens on the way.

The intent is durable before the call. An answer settles it; silence makes it unconfirmed, and
then the robot is asked what it holds. Nothing that may have arrived is ever sent again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, timedelta

from astropy.time import Time
from sqlalchemy.orm import Session, undefer

from telescopes import TELESCOPES
from telescopes.errors import (
    PlanUnsuitable,
    QueueError,
    QueueRefused,
    QueueUnreachable,
)
from telescopes.observing_plan import ObservingPlan
from telescopes.observing_queue import ObservingQueue, QueueRequest
from telescopes.up_to_date import up_to_date
from too_marshal import failpoints, tasks
from too_marshal.db.base import now
from too_marshal.db.locks import lock
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import (
    Submission,
    SubmissionState,
    add_activity,
    submission_is_stopped,
)
from too_marshal.deployment.logs import without_secrets
from too_marshal.deployment.robots import Robots
from too_marshal.workflows.live_database import why_copy
from too_marshal.workflows.plan_document import read_plan
from too_marshal.workflows.programs.charge import charged_name
from too_marshal.workflows.submissions.look_up import RETRY_TIME, look_up
from too_marshal.workflows.submissions.robot_jobs import ask_to_withdraw
from too_marshal.workflows.submissions.take_up import accept, note_held, retraction_of

logger = logging.getLogger(__name__)

LOOK_TIME = timedelta(seconds=1)
"""Until the robot is asked about what may have arrived."""

GRACE = timedelta(hours=2)
"""A robot may execute a plan so long after the end of its last exposure."""


@dataclass(frozen=True)
class Outcome:
    """What came of speaking to the robot once."""

    state: SubmissionState
    answer: str = ""
    reason: str = ""


def submit(session: Session, robots: Robots, submission_id: int) -> None:
    """Take a submission one step on: send it, or ask what became of it.

    Parameters
    ----------
    session
        Open session; committed, before and after the robot is spoken to.
    robots
        The robots that can be reached.
    submission_id
        The submission; nothing is done in a state that needs nothing.
    """
    submission = lock(session, Submission, submission_id)
    if why_copy(session):
        session.commit()  # it stays as it is: once this is the live one, `sweep` finds it
        return
    match submission.state:
        case SubmissionState.APPROVED:
            _send(session, robots, submission)
        case SubmissionState.SUBMITTING:
            # We died between the intent and the answer: it may have arrived.
            _unclear(session, submission, "the marshal stopped while sending")
            session.commit()
        case SubmissionState.UNCONFIRMED if not submission.needs_person:
            look_up(session, robots, submission)
        case _:
            session.commit()


def _send(session: Session, robots: Robots, submission: Submission) -> None:
    if reason := _reason_not_to_send(session, submission):
        _drop(session, submission, reason)
        session.commit()
        return
    plan, program = _plan_of(session, robots, submission)
    try:
        queue = robots.queue(submission.telescope)
        observing_plan = up_to_date(plan, TELESCOPES[plan.telescope], Time(now()))
        request = queue.prepare(
            observing_plan, submission.queue_name, program, robots.pi(observing_plan.telescope)
        )
    except Exception as err:
        # Nothing was sent: whatever it is, the plan cannot go out as it is.
        if not isinstance(err, PlanUnsuitable):
            logger.exception("a plan cannot be written down for its robot")
        message = _message_of(err)
        submission.change(SubmissionState.REFUSED, message)
        add_activity(session, submission, f"cannot be sent: {message}")
        session.commit()
        return
    if observing_plan is not plan:
        add_activity(session, submission, f"is brought up to date: {observing_plan.remark}")
    submission.request = request.body
    submission.change(SubmissionState.SUBMITTING)
    submission.attempts += 1
    submission.sent_at = now()
    last = max(observing_plan.exposures, key=lambda exposure: float(exposure.start.utc.mjd))
    submission.ends_at = GRACE + (last.start + last.exposure_time).to_datetime(timezone=UTC)
    submission_id, attempt = submission.id, submission.attempts
    session.commit()
    failpoints.hit("before_submit")
    if not _is_still_meant(session, submission_id, attempt):
        return
    outcome = _call(queue, request)
    failpoints.hit("after_submit")
    _note(session, lock(session, Submission, submission_id), attempt, outcome)
    session.commit()


def _is_still_meant(session: Session, submission_id: int, attempt: int) -> bool:
    """Look once more, at the last moment: we may have slept since we said what we are about to do.

    Nothing was sent by this attempt so far, so it can be dropped without asking the robot.
    """
    submission = lock(session, Submission, submission_id)
    is_ours = submission.state == SubmissionState.SUBMITTING and submission.attempts == attempt
    reason = _reason_not_to_send(session, submission) if is_ours else ""
    if reason:
        _drop(session, submission, reason)
    elif is_ours and (reason := why_copy(session)):
        submission.change(SubmissionState.APPROVED, f"not sent: {reason}")
    session.commit()
    return is_ours and not reason


def _drop(session: Session, submission: Submission, reason: str) -> None:
    submission.change(SubmissionState.WITHDRAWN, reason)
    add_activity(session, submission, f"not sent: {reason}")


def _note(session: Session, submission: Submission, attempt: int, outcome: Outcome) -> None:
    """Keep the answer to an attempt; not committed."""
    submission.answer = outcome.answer
    if submission.state != SubmissionState.SUBMITTING or submission.attempts != attempt:
        # Somebody took us for dead, and has gone on without us.
        if outcome.state is SubmissionState.ACCEPTED:
            note_held(session, submission)
        return
    match outcome.state:
        case SubmissionState.UNCONFIRMED:
            _unclear(session, submission, outcome.reason)
        case SubmissionState.ACCEPTED:
            accept(session, submission, "accepted")
        case SubmissionState.APPROVED:
            submission.change(SubmissionState.APPROVED, outcome.reason)
            add_activity(
                session, submission, f"robot not reached, will try again: {outcome.reason}"
            )
            tasks.submit(submission_id=submission.id).defer(session, wait=RETRY_TIME)
        case _:
            submission.change(outcome.state, outcome.reason)
            add_activity(session, submission, f"{outcome.state}: {outcome.reason}")


def _reason_not_to_send(session: Session, submission: Submission) -> str:
    if reason := retraction_of(session, submission):
        return reason
    if submission.withdrawal_requested:
        return submission.withdraw_reason
    if submission_is_stopped(session):
        return "all submission was stopped"
    return ""


def _plan_of(session: Session, robots: Robots, submission: Submission) -> tuple[ObservingPlan, str]:
    """The plan as it is now, and the program to charge."""
    plan = session.get_one(
        Plan, submission.plan_id, options=[undefer(Plan.document)], populate_existing=True
    )
    # Of approvals by earlier versions it is not known.
    return read_plan(plan), submission.program or charged_name(robots, plan)


def _call(queue: ObservingQueue, request: QueueRequest) -> Outcome:
    """Speak to the robot once. Whatever is not an answer leaves it unconfirmed."""
    try:
        receipt = queue.submit(request)
    except QueueRefused as err:
        return Outcome(SubmissionState.REFUSED, _message_of(err), _message_of(err))
    except QueueUnreachable as err:
        return Outcome(SubmissionState.APPROVED, "", _message_of(err))
    except Exception as err:
        if not isinstance(err, QueueError):
            logger.exception("the client of a robot failed after the message may have gone out")
        return Outcome(SubmissionState.UNCONFIRMED, _message_of(err), _message_of(err))
    return Outcome(SubmissionState.ACCEPTED, without_secrets(receipt.answer))


def _message_of(err: Exception) -> str:
    """What is kept of an error: a robot, or a proxy before it, may repeat our credential."""
    return without_secrets(str(err) if isinstance(err, QueueError) else repr(err))


def _unclear(session: Session, submission: Submission, reason: str) -> None:
    submission.change(SubmissionState.UNCONFIRMED, reason)
    add_activity(session, submission, f"unconfirmed: {reason}; the robot will be asked")
    tasks.submit(submission_id=submission.id).defer(session, wait=LOOK_TIME)
    if submission.withdrawal_requested:
        # It overtakes the look-up: the robot may be observing.
        ask_to_withdraw(session, submission, submission.withdraw_reason)
