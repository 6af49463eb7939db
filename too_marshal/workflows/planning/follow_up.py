"""Plans of what is missing of another."""

from __future__ import annotations

from sqlalchemy.orm import Session

from telescopes.times import iso
from too_marshal.db.base import now
from too_marshal.db.events import record
from too_marshal.db.observing.plans import Plan
from too_marshal.workflows.exposures.visits import Outcome, visits_of
from too_marshal.workflows.planning.plan_queue import WINDOW, ask_to_compute


def ask_for_follow_up(session: Session, plan: Plan, *, by: str) -> Plan:
    """Ask for a plan of what is missing of another, on the event's map as it is now.

    Who chose another map for the plan is taken at their word for what is missing of it.

    Raises
    ------
    ValueError
        If nothing of the plan was executed, or nothing is missing.
    """
    outcomes = {visit.outcome for visit in visits_of(session, plan)}
    if outcomes <= {Outcome.MISSED}:
        raise ValueError(f"nothing of plan {plan.id} was executed: plan anew instead")
    if outcomes == {Outcome.DONE}:
        raise ValueError(f"nothing of plan {plan.id} is missing")
    begin = now()
    follow_up = Plan(
        event_id=plan.event_id,
        localization_id=plan.localization_id
        if plan.has_chosen_map
        else plan.event.current_localization_id or plan.localization_id,
        has_chosen_map=plan.has_chosen_map,
        parent_id=plan.id,
        telescope=plan.telescope,
        planner=plan.planner,
        program=plan.program,
        galaxy_table_id=plan.galaxy_table_id,
        author=by,
        request={**plan.request, "start": iso(begin), "end": iso(begin + WINDOW)},
    )
    session.add(follow_up)
    session.flush()
    record(
        session,
        f"{plan.telescope} plan asked for of what is missing of plan {plan.id}",
        subject="plan",
        subject_id=follow_up.id,
        event_id=plan.event_id,
        actor=by,
    )
    ask_to_compute(session, follow_up, plan.event)
    session.commit()
    return follow_up
