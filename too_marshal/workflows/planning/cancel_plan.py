"""Cancel a plan that is being computed: its job is taken off the queue, or its result dropped."""

from __future__ import annotations

from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.events import record
from too_marshal.db.locks import lock
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.workflows.planning.plan_queue import take_off


def cancel_plan(session: Session, plan_id: int, *, by: str) -> Plan:
    """Cancel a plan; a second press finds it cancelled.

    A planner that runs in a process of its own is killed within about a second; any other goes on,
    and what it makes is not kept.

    Parameters
    ----------
    session
        Open session; committed.
    plan_id
        The plan.
    by
        The person.

    Raises
    ------
    ValueError
        If the plan is not being computed any more; the message is for the person.
    """
    plan = lock(session, Plan, plan_id)
    if plan.state == PlanState.CANCELLED:
        session.commit()
        return plan
    if plan.state != PlanState.COMPUTING:
        session.commit()
        raise ValueError(f"plan {plan.id} is {plan.state}: there is nothing to cancel")
    plan.state, plan.cancelled_by, plan.cancelled_at = PlanState.CANCELLED, by, now()
    plan.remark = f"cancelled by {by}"
    take_off(session, plan.id)
    if plan.parent_id is not None:
        # What waits for it as a replacement waits no longer.
        tasks.offer(plan_id=plan.id).defer(session)
    record(
        session, f"{plan.telescope} plan {plan.id} is cancelled", subject="plan",
        subject_id=plan.id, event_id=plan.event_id, actor=by,
    )  # fmt: skip
    session.commit()
    return plan
