"""Send a plan to its robot: once, whatever happens on the way.

The intent is durable before the call. An answer settles it; silence makes it unconfirmed, and
then the robot is asked what it holds. Nothing that may have arrived is ever sent again.
"""

from __future__ import annotations

from datetime import timedelta

from astropy import units as u
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from planners.plan_files import plan_from_json
from telescopes.errors import (
    PlanUnsuitable,
    QueueError,
    QueueRefused,
    QueueUnconfirmed,
    QueueUnreachable,
)
from telescopes.observing import ObservingQueue, QueueRequest
from too_marshal import crash
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.jobs import URGENT, defer
from too_marshal.db.plans import Plan
from too_marshal.db.queues import Submission, SubmissionState, submission_is_stopped, tell
from too_marshal.logs import without_secrets
from too_marshal.robots import Robots
from too_marshal.workflows.share import ask_to_share

SETTLE_TIME = timedelta(seconds=20)
"""Between two look-ups of an unconfirmed submission, at the least."""

MOST_LOOK_UPS = 3
"""A submission that so many look-ups in a row do not find never arrived."""

RETRY_TIME = timedelta(seconds=15)
"""Until the next try when the robot could not be reached at all."""


def send_later(session: Session, submission: Submission, wait: timedelta | None = None) -> None:
    """Ask for the next step of a submission, after a while if given; not committed here."""
    defer(
        session,
        "submit",
        submission_id=submission.id,
        lock=f"submission-{submission.id}",
        priority=URGENT,
        at=None if wait is None else now() + wait,
    )


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
    submission = _locked(session, submission_id)
    match submission.state:
        case SubmissionState.APPROVED:
            _send(session, robots, submission)
        case SubmissionState.SUBMITTING:
            # We died between the intent and the answer: it may have arrived.
            _unclear(session, submission, "the marshal stopped while sending")
            session.commit()
        case SubmissionState.UNCONFIRMED:
            _look_up(session, robots, submission)
        case _:
            session.commit()


def _locked(session: Session, submission_id: int) -> Submission:
    return session.scalars(
        select(Submission).where(Submission.id == submission_id).with_for_update(of=Submission)
    ).one()


def _send(session: Session, robots: Robots, submission: Submission) -> None:
    reason = _reason_not_to_send(session, submission)
    if reason:
        submission.change(SubmissionState.WITHDRAWN, reason)
        tell(session, submission, f"not sent: {reason}")
        session.commit()
        return
    queue = robots.queue(submission.telescope)
    try:
        request = _request(session, robots, queue, submission)
    except PlanUnsuitable as err:
        submission.change(SubmissionState.REFUSED, str(err))
        tell(session, submission, f"cannot be sent: {err}")
        session.commit()
        return
    submission.request = request.body
    submission.change(SubmissionState.SUBMITTING)
    submission.sent_at = now()
    session.commit()
    crash.point("before_submit")
    state, answer, reason = _call(queue, request)
    crash.point("after_submit")
    submission = _locked(session, submission.id)
    submission.answer = answer
    if submission.state != SubmissionState.SUBMITTING:
        # A second worker took us for dead and has asked the robot itself.
        session.commit()
        return
    if state is SubmissionState.UNCONFIRMED:
        _unclear(session, submission, reason)
    else:
        submission.change(state, reason)
        tell(session, submission, _words(state, reason))
        if state is SubmissionState.ACCEPTED:
            ask_to_share(session, submission.plan.event_id)
        if state is SubmissionState.APPROVED:
            send_later(session, submission, RETRY_TIME)
        elif submission.withdraw_wanted and state is SubmissionState.ACCEPTED:
            ask_to_withdraw(session, submission, submission.withdraw_reason)
    session.commit()


def _reason_not_to_send(session: Session, submission: Submission) -> str:
    event = session.get_one(Event, submission.plan.event_id, populate_existing=True)
    if event.is_retracted:
        return f"{event.name} was retracted"
    if submission.withdraw_wanted:
        return submission.withdraw_reason
    if submission_is_stopped(session):
        return "all submission was stopped"
    return ""


def _request(
    session: Session, robots: Robots, queue: ObservingQueue, submission: Submission
) -> QueueRequest:
    plan = session.get_one(Plan, submission.plan_id, options=[undefer(Plan.document)])
    assert plan.document is not None
    made = plan_from_json(plan.document)
    program = plan.program or robots.program(plan.telescope)
    return queue.prepare(made, submission.queue_name, program, robots.pi(plan.telescope))


def _call(queue: ObservingQueue, request: QueueRequest) -> tuple[SubmissionState, str, str]:
    """Speak to the robot once; returns the new state, the answer, and a reason."""
    try:
        receipt = queue.submit(request)
    except QueueRefused as err:
        return SubmissionState.REFUSED, _words_of(err), _words_of(err)
    except QueueUnreachable as err:
        return SubmissionState.APPROVED, "", _words_of(err)
    except QueueUnconfirmed as err:
        return SubmissionState.UNCONFIRMED, _words_of(err), _words_of(err)
    return SubmissionState.ACCEPTED, without_secrets(receipt.answer), ""


def _words_of(err: QueueError) -> str:
    """What is kept of an error: a robot, or a proxy before it, may repeat our credential."""
    return without_secrets(str(err))


def _words(state: SubmissionState, reason: str) -> str:
    if state is SubmissionState.APPROVED:
        return f"robot not reached, will try again: {reason}"
    return f"{state}: {reason}" if reason else str(state)


def _unclear(session: Session, submission: Submission, reason: str) -> None:
    submission.change(SubmissionState.UNCONFIRMED, reason)
    submission.look_ups = 0
    tell(session, submission, f"unconfirmed: {reason}; the robot will be asked")
    send_later(session, submission, timedelta(seconds=1))


def _look_up(session: Session, robots: Robots, submission: Submission) -> None:
    queue = robots.queue(submission.telescope)
    request = QueueRequest(submission.queue_name, submission.request)
    # An absence is believed only after the robot has had time to show what it does.
    settle = timedelta(seconds=float(queue.settle_time(request).to_value(u.s)))
    session.commit()
    try:
        found = queue.find(request)
        silent = ""
    except QueueError as err:
        found, silent = False, _words_of(err)
    submission = _locked(session, submission.id)
    if submission.state != SubmissionState.UNCONFIRMED:
        session.commit()
        return
    if silent:
        submission.reason = f"not yet clear: the robot does not answer ({silent})"
        send_later(session, submission, RETRY_TIME)
    elif found:
        submission.change(SubmissionState.ACCEPTED)
        tell(session, submission, "accepted: the robot holds it")
        ask_to_share(session, submission.plan.event_id)
        if submission.withdraw_wanted:
            ask_to_withdraw(session, submission, submission.withdraw_reason)
    elif found is None:
        submission.reason = "the robot holds a queue of this name that differs: a person must look"
        tell(session, submission, submission.reason)
    else:
        submission.look_ups += 1
        if submission.look_ups >= MOST_LOOK_UPS:
            submission.change(
                SubmissionState.REFUSED,
                f"it did not arrive: asked {MOST_LOOK_UPS} times, the robot does not hold it",
            )
            tell(session, submission, submission.reason)
        else:
            send_later(session, submission, max(settle, SETTLE_TIME))
    session.commit()


def ask_to_withdraw(session: Session, submission: Submission, reason: str) -> None:
    """Note that a submission shall be withdrawn, and ask for it; not committed here."""
    submission.withdraw_wanted, submission.withdraw_reason = True, reason
    defer(
        session,
        "withdraw_submission",
        submission_id=submission.id,
        lock=f"submission-{submission.id}",
        priority=URGENT,
    )
