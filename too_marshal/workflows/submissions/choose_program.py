"""Have another program pay for a plan that no robot holds."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from too_marshal.db.events import record
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import Submission
from too_marshal.workflows.programs.charge import programs_at, start_of
from too_marshal.workflows.submissions.approve import SubmissionForbidden, lock_plan


def choose_program(session: Session, plan_id: int, name: str, *, by: str) -> Plan:
    """Have a program pay for a plan; committed. A check of before counts no more.

    Parameters
    ----------
    session
        Open session.
    plan_id
        A plan that was never submitted.
    name
        One of the telescope's programs at that time.
    by
        Who wants it.

    Raises
    ------
    SubmissionForbidden
        If there is no such program then, or the plan was submitted already.
    """
    plan = lock_plan(session, plan_id)
    sent = select(Submission.id).where(Submission.plan_id == plan_id).limit(1)
    reason = ""
    if name not in {each.name for each in programs_at(session, plan.telescope, start_of(plan))}:
        reason = f"{plan.telescope} has no program {name!r} at that time"
    elif session.scalar(sent) is not None:
        reason = "the plan was submitted already: it stays charged to the program of then"
    if reason:
        session.rollback()
        raise SubmissionForbidden(reason)
    if plan.program != name:
        plan.program = name
        record(
            session,
            f"{plan.telescope} plan {plan.id} is charged to {name}",
            subject="plan",
            subject_id=plan.id,
            event_id=plan.event_id,
            actor=by,
        )
    session.commit()
    return plan
