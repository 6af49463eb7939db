"""Ask for a preflight, and say whether one allows a submission."""

from __future__ import annotations

from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.preflights import ERROR, WARNING, Preflight


def ask_for_preflight(session: Session, plan: Plan, *, by: str) -> Preflight:
    """Ask for a look at the robot's queue; a worker takes it."""
    preflight = Preflight(plan_id=plan.id, asked_by=by)
    session.add(preflight)
    session.flush()
    tasks.preflight(preflight_id=preflight.id).defer(session)
    session.commit()
    return preflight


def preflight_blocker(
    session: Session, plan_id: int, preflight_id: int | None, *, accepts_warnings: bool
) -> str:
    """Why a preflight does not allow the submission; empty where it does."""
    preflight = None if preflight_id is None else session.get(Preflight, preflight_id)
    if preflight is None or preflight.plan_id != plan_id:
        return "the plan was not checked against the robot's queue"
    if preflight.done_at is None:
        return "the check against the robot's queue is not done yet"
    if not preflight.is_fresh():
        return "the check against the robot's queue is too old: check again"
    if errors := preflight.messages(ERROR):
        return "; ".join(errors)
    if preflight.messages(WARNING) and not accepts_warnings:
        return "the warnings of the check were not accepted"
    return ""
