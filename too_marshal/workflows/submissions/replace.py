"""Put a plan in the place of one that a robot holds: delete, put, verify, restore on failure.

Each step is stored before the next begins, and each can be done again: a job looks at the state,
does what is next, and asks for itself. The new queue is sent only once the robot has said that
the old one is gone, so the two are never executed both. While there is neither, the state says so.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from too_marshal import failpoints, tasks
from too_marshal.db.base import MARSHAL, now
from too_marshal.db.events import Event, record
from too_marshal.db.jobs import URGENT
from too_marshal.db.locks import lock
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.db.observing.queues import LIVE, Submission, SubmissionState
from too_marshal.db.observing.replacements import (
    SWAPPING,
    Replacement,
    ReplacementState,
)
from too_marshal.deployment.robots import Robots
from too_marshal.workflows.live_database import why_copy
from too_marshal.workflows.plan_document import read_plan
from too_marshal.workflows.programs.charge import hold_program, why_not_by
from too_marshal.workflows.submissions.approve import (
    SubmissionForbidden,
    blocker,
    create_submission,
)
from too_marshal.workflows.submissions.remainder import (
    has_let_go,
    remaining_exposures,
    store_remaining,
)
from too_marshal.workflows.submissions.withdraw import request_withdrawal

LOOK_TIME = timedelta(seconds=1)
"""Between two looks at how far the robot is."""

_ACCEPTED = (SubmissionState.ACCEPTED, SubmissionState.EXECUTING, SubmissionState.DONE)


def approve_replacement(
    session: Session, robots: Robots, replacement_id: int, *, by: str
) -> Replacement:
    """Have a replacement made; the job that does it commits with the approval.

    Raises
    ------
    SubmissionForbidden
        If it is no longer offered, or the new plan may not be sent: then nothing is withdrawn.
    """
    event, row = _locked(session, replacement_id)
    if row.state in SWAPPING:
        session.commit()
        return row  # a second press finds the first
    session.refresh(row.submission)
    reason = blocker(session, robots, row.plan)
    if row.state != ReplacementState.OFFERED:
        reason = f"the replacement is {row.state}, not offered"
    elif row.submission.state not in LIVE:
        reason = f"what it would replace is {row.submission.state}"
    elif row.submission.withdrawal_requested:
        reason = "what it would replace is being withdrawn"
    elif row.plan.localization_id != event.current_localization_id:
        reason = "the map has changed again: another plan is on its way"
    # What its old queue has not taken comes back: whether it suffices is shown, not asked.
    reason = reason or why_not_by(hold_program(session, robots, row.plan), by)
    if reason:
        session.rollback()
        raise SubmissionForbidden(reason)
    row.change(ReplacementState.APPROVED)
    row.decided_by, row.decided_at = by, now()
    _add_activity(session, row, f"is to be replaced by plan {row.plan_id}", by)
    _schedule(session, row, timedelta(0))
    session.commit()
    return row


def decline_replacement(session: Session, replacement_id: int, *, by: str) -> Replacement:
    """Keep what the robot has; nothing happens to a replacement that is not offered."""
    _, row = _locked(session, replacement_id)
    if row.state == ReplacementState.OFFERED:
        row.change(ReplacementState.DECLINED)
        row.decided_by, row.decided_at = by, now()
        _add_activity(session, row, f"stays: plan {row.plan_id} is declined", by)
    session.commit()
    return row


def swap(session: Session, robots: Robots, replacement_id: int) -> None:
    """Take a replacement one step on.

    Parameters
    ----------
    session
        Open session; committed.
    robots
        The robots that can be reached.
    replacement_id
        The replacement; nothing is done in a state that needs nothing.
    """
    _, row = _locked(session, replacement_id)
    if why_copy(session):
        session.commit()
        return
    match row.state:
        case ReplacementState.APPROVED:
            old = lock(session, Submission, row.submission_id)
            if old.state in LIVE:
                reason = f"replaced by plan {row.plan_id}"
                request_withdrawal(session, old, reason, by=row.decided_by or "")
            row.change(ReplacementState.WITHDRAWING)
        case ReplacementState.WITHDRAWING:
            _put_new(session, robots, row)
        case ReplacementState.SUBMITTING:
            _verify(session, robots, row)
        case ReplacementState.RESTORING:
            _see_restored(session, row)
    _schedule(session, row, LOOK_TIME)
    failpoints.hit(f"before_{row.state}_commit")
    session.commit()
    failpoints.hit(f"after_{row.state}_commit")


def _locked(session: Session, replacement_id: int) -> tuple[Event, Replacement]:
    """The event, then its replacement: whoever holds both holds them in this order."""
    event_id = session.scalars(
        select(Replacement.event_id).where(Replacement.id == replacement_id)
    ).one()
    event = lock(session, Event, event_id)
    return event, lock(session, Replacement, replacement_id)


def _put_new(session: Session, robots: Robots, row: Replacement) -> None:
    old = lock(session, Submission, row.submission_id)
    if old.state in LIVE and old.needs_person:
        # It stays where it is: what the observatory has taken cannot be exchanged from here.
        old.withdrawal_requested, old.needs_person = False, False
        why = f"{old.telescope} has picked up the old plan: nothing else is sent"
        _end(session, row, ReplacementState.FAILED, why)
        return
    if old.state in LIVE:
        _wait(row, old.reason)
        return
    if not has_let_go(session, old):
        _wait(row, "waiting for the robot's account of what it holds and has executed")
        tasks.track(telescope=old.telescope).defer(session, priority=URGENT)
        return
    if reason := _forbidden(session, row):
        _end(session, row, ReplacementState.FAILED, f"nothing is at the robot: {reason}")
        return
    new = session.get_one(Plan, row.plan_id, options=[undefer(Plan.document)])
    left = remaining_exposures(session, row, read_plan(new), since=new.created_at)
    if not left.exposures:
        _end(session, row, ReplacementState.DONE, "all of it was executed meanwhile")
        return
    if len(left.exposures) < len(new.exposures):
        store_remaining(session, new, left)
    submission = _approved(session, robots, row, new)
    if submission is None:
        _restore(session, robots, row)
        return
    row.new_submission_id = submission.id
    row.change(ReplacementState.SUBMITTING)


def _verify(session: Session, robots: Robots, row: Replacement) -> None:
    new = session.get_one(Submission, row.new_submission_id, populate_existing=True)
    if new.state in _ACCEPTED:
        row.submission.plan.state = PlanState.SUPERSEDED
        _end(session, row, ReplacementState.DONE, f"{new.queue_name} is verified at the robot")
        return
    if new.state in LIVE:
        _wait(row, f"neither queue is confirmed yet: {new.reason or new.state}")
        return
    row.reason = f"{new.queue_name} is {new.state}: {new.reason}"
    if new.withdrawal_requested or (reason := _forbidden(session, row)):
        reason = new.withdraw_reason if new.withdrawal_requested else reason
        _end(session, row, ReplacementState.FAILED, f"nothing is at the robot: {reason}")
    else:
        _restore(session, robots, row)


def _wait(row: Replacement, reason: str) -> None:
    if row.reason != reason:
        row.reason = reason


def _restore(session: Session, robots: Robots, row: Replacement) -> None:
    """Put back what is left of the old plan, under a name of its own."""
    why = row.reason
    old = session.get_one(Plan, row.submission.plan_id, options=[undefer(Plan.document)])
    left = remaining_exposures(session, row, read_plan(old), since=None)
    if not left.exposures:
        _end(session, row, ReplacementState.FAILED, f"{why}; the old plan was all executed")
        return
    remaining_plan = Plan(
        event_id=old.event_id,
        localization_id=old.localization_id,
        parent_id=old.id,
        telescope=old.telescope,
        planner=old.planner,
        program=old.program,
        request=old.request,
        statistics={},
    )
    session.add(remaining_plan)
    session.flush()
    store_remaining(session, remaining_plan, left)
    remaining_plan.ready_at = now()
    submission = _approved(session, robots, row, remaining_plan)
    if submission is None:
        _end(session, row, ReplacementState.FAILED, f"nothing is at the robot: {why}; {row.reason}")
        return
    row.restored_submission_id = submission.id
    row.change(ReplacementState.RESTORING, why)
    _add_activity(session, row, f"is put back as {submission.queue_name}: {why}")


def _see_restored(session: Session, row: Replacement) -> None:
    back = session.get_one(Submission, row.restored_submission_id, populate_existing=True)
    if back.state in _ACCEPTED:
        _end(session, row, ReplacementState.RESTORED, f"{row.reason}; {back.queue_name} is back")
    elif back.state not in LIVE:
        _end(
            session,
            row,
            ReplacementState.FAILED,
            f"nothing is at the robot: {row.reason}; {back.queue_name} is {back.state}: "
            f"{back.reason}",
        )


def _approved(session: Session, robots: Robots, row: Replacement, plan: Plan) -> Submission | None:
    """Have a plan sent; None, and the reason in the row, where that is forbidden."""
    try:
        return create_submission(
            session,
            robots,
            plan.id,
            by=row.decided_by or MARSHAL,
            idempotency_key=f"replacement-{row.id}-plan-{plan.id}",
        )
    except SubmissionForbidden as err:
        row.reason = str(err)
        return None


def _forbidden(session: Session, row: Replacement) -> str:
    event = session.get_one(Event, row.event_id, populate_existing=True)
    return f"{event.name} was retracted" if event.is_retracted else ""


def _end(session: Session, row: Replacement, state: ReplacementState, reason: str) -> None:
    row.change(state, reason)
    _add_activity(session, row, f"replacement {state}: {reason}")
    if state is ReplacementState.DONE:
        # The map may have changed again meanwhile.
        tasks.rescore_event(event_id=row.event_id).defer(session)


def _schedule(session: Session, row: Replacement, wait: timedelta) -> None:
    if row.state in SWAPPING:
        tasks.swap(replacement_id=row.id).defer(session, wait=wait)


def _add_activity(session: Session, row: Replacement, text: str, actor: str = MARSHAL) -> None:
    record(
        session,
        f"{row.plan.telescope} {row.submission.queue_name} {text}",
        subject="replacement",
        subject_id=row.id,
        event_id=row.event_id,
        actor=actor,
    )
