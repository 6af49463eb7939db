"""Approve a plan: the moment at which a person answers for telescope time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.locks import lock
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.db.observing.preflights import WARNING, Preflight
from too_marshal.db.observing.queues import (
    LIVE,
    Submission,
    SubmissionState,
    add_activity,
    names_held,
    submission_is_stopped,
)
from too_marshal.deployment.robots import Robots
from too_marshal.workflows.errors import Forbidden
from too_marshal.workflows.programs.charge import (
    charged_name,
    hold_program,
    hours_needed,
    why_no_program,
    why_not_by,
)
from too_marshal.workflows.submissions.check import preflight_blocker
from too_marshal.workflows.submissions.go_live import on_copy

_MAX_NAME_LENGTH = 12
"""Letters of an event in a queue's name: WINTER takes names of 30, and a plan's number may have
six digits."""


class SubmissionForbidden(Forbidden):
    """The plan may not be submitted; the message says why, for the person who asked."""


def approve(
    session: Session, robots: Robots, plan_id: int, *, by: str, idempotency_key: str
) -> Submission:
    """Do as `create_submission`, and commit."""
    submission = create_submission(session, robots, plan_id, by=by, idempotency_key=idempotency_key)
    session.commit()
    return submission


def create_submission(
    session: Session, robots: Robots, plan_id: int, *, by: str, idempotency_key: str
) -> Submission:
    """Approve a plan for submission; the job that sends it commits with the approval.

    Parameters
    ----------
    session
        Open session; not committed here.
    robots
        The robots that can be reached.
    plan_id
        A ready plan.
    by
        Who approves.
    idempotency_key
        Chosen by the page or client; the same key again returns the same submission.

    Returns
    -------
    Submission
        The new one, or the one that this key, or this plan, already has.

    Raises
    ------
    SubmissionForbidden
        If the plan may not be sent.
    """
    plan = lock_plan(session, plan_id)
    known = session.scalars(
        select(Submission).where(Submission.idempotency_key == idempotency_key)
    ).one_or_none()
    if known is not None:
        if known.plan_id != plan_id:
            raise SubmissionForbidden("this key was used for another plan")
        return known
    live = _live_submission(session, plan_id)
    if live is not None and live.withdrawal_requested:
        raise SubmissionForbidden(f"{live.queue_name} of this plan is being withdrawn: wait")
    if live is not None:
        return live
    if reason := blocker(session, robots, plan):
        raise SubmissionForbidden(reason)
    program = hold_program(session, robots, plan)
    submission = Submission(
        plan_id=plan.id,
        telescope=plan.telescope,
        program=charged_name(robots, plan),
        program_id=None if program is None else program.id,
        idempotency_key=idempotency_key,
        queue_name=queue_name(session, plan),
        state=SubmissionState.APPROVED,
        approved_by=by,
    )
    session.add(submission)
    session.flush()
    add_activity(session, submission, "approved for submission", by)
    tasks.submit(submission_id=submission.id).defer(session)
    if plan.localization_id != plan.event.current_localization_id:
        # The scoring of the new map has looked for queues before there was this one.
        tasks.rescore_event(event_id=plan.event_id).defer(session)
    return submission


def lock_plan(session: Session, plan_id: int) -> Plan:
    """Hold a plan's event, then the plan: its map and its state stay as they are meanwhile."""
    event_id = session.scalars(select(Plan.event_id).where(Plan.id == plan_id)).one()
    lock(session, Event, event_id)
    return lock(session, Plan, plan_id)


def approve_checked(  # noqa: PLR0913 - what a person says with the approval
    session: Session,
    robots: Robots,
    plan_id: int,
    *,
    by: str,
    idempotency_key: str,
    preflight_id: int | None,
    accepts_warnings: bool,
) -> Submission:
    """Approve as `approve` does, but only a plan that was held against the robot's queue.

    Parameters
    ----------
    preflight_id
        The preflight that the person has seen.
    accepts_warnings
        Whether they send it in spite of its warnings.

    Raises
    ------
    SubmissionForbidden
        If the plan may not be sent, or the preflight speaks against it, or the person may not
        charge its program.
    """
    plan = lock_plan(session, plan_id)
    is_known = session.scalar(
        select(Submission.id).where(Submission.idempotency_key == idempotency_key)
    )
    if is_known is None and (
        reason := blocker(session, robots, plan)
        or preflight_blocker(session, plan_id, preflight_id, accepts_warnings=accepts_warnings)
        or _against_the_program(session, robots, plan, preflight_id, by=by)
    ):
        raise SubmissionForbidden(reason)
    return approve(session, robots, plan_id, by=by, idempotency_key=idempotency_key)


def _against_the_program(
    session: Session, robots: Robots, plan: Plan, preflight_id: int | None, *, by: str
) -> str:
    """Why a person may not charge the program of a plan that was checked."""
    preflight = session.get_one(Preflight, preflight_id)
    name = charged_name(robots, plan)
    if preflight.program != name:
        return f"it was checked for {preflight.program or 'another program'}: check again"
    program = hold_program(session, robots, plan)
    if program is None:
        return ""
    if reason := why_not_by(program, by):
        return reason
    is_too_much, words = hours_needed(session, program, plan)
    # The hours that were accepted are those of the check; another plan may have taken them since.
    if is_too_much and words not in preflight.messages(WARNING):
        return f"{words}: check again"
    return ""


def blocker(session: Session, robots: Robots, plan: Plan) -> str:
    """Why a plan may not be submitted now, for the person who asks; empty where it may."""
    return next(_blockers(session, robots, plan), "")


def no_way(robots: Robots, event: Event, telescope: str) -> str:
    """Why nothing of an event can be sent to a telescope; empty where there is a way."""
    if not robots.has(telescope):
        return f"no queue is configured for {telescope}"
    if event.is_test and not robots.is_simulated(telescope):
        return f"{event.name} is a test event, and {telescope} is a real telescope"
    return ""


def _blockers(session: Session, robots: Robots, plan: Plan) -> Iterator[str]:
    event = session.get_one(Event, plan.event_id)
    if plan.state != PlanState.READY:
        yield f"the plan is {plan.state}, not ready"
    if event.is_retracted:
        yield f"{event.name} is retracted"
    if reason := no_way(robots, event, plan.telescope):
        yield reason
    if reason := on_copy(session):
        yield reason
    if submission_is_stopped(session):
        yield "all submission is stopped (see the health page)"
    yield from _sent_before(session, plan)
    if reason := why_no_program(session, robots, plan):
        yield reason
    if max((exposure.start for exposure in plan.exposures), default=now()) < now():
        yield "the plan's last exposure lies in the past"


def _sent_before(session: Session, plan: Plan) -> Iterator[str]:
    """A plan is sent again only where it certainly is not at the robot, and was not executed."""
    for before in session.scalars(select(Submission).where(Submission.plan_id == plan.id)):
        if before.state == SubmissionState.DONE:
            yield f"it was sent as {before.queue_name}, which is done: plan what is missing"
        elif before.state not in LIVE and before.queue_name in names_held(session, plan.telescope):
            yield f"the robot holds it as {before.queue_name}"


def _live_submission(session: Session, plan_id: int) -> Submission | None:
    return session.scalars(
        select(Submission)
        .where(Submission.plan_id == plan_id, Submission.state.in_(LIVE))
        .order_by(Submission.withdrawal_requested, Submission.id)
        .execution_options(populate_existing=True)
    ).first()


def queue_name(session: Session, plan: Plan) -> str:
    """Name of the next queue of a plan, which no other ever has: event, plan and a tail.

    The tail counts the plan's submissions, so that what is checked is what is sent; and it holds
    the moment of the plan, so that no other database makes the same name.
    """
    query = select(func.count()).where(Submission.plan_id == plan.id)
    text = f"{plan.created_at.astimezone(UTC).isoformat()} {plan.id} {session.scalar(query)}"
    tail = hashlib.sha256(text.encode()).hexdigest()[:6]
    return f"ToO_{_short(plan.event.name)}_{plan.id}_{tail}"


def _short(name: str) -> str:
    """An event's name in few enough letters for every robot: IceCube-250101A is IC-250101A."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name)
    if len(plain) > _MAX_NAME_LENGTH:
        plain = "".join(letter for letter in plain if not letter.islower())
    return plain[-_MAX_NAME_LENGTH:]
