"""A plan like another, of as much telescope time as somebody chose on its curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from telescopes.times import iso
from too_marshal.db.base import now
from too_marshal.db.plans import Plan
from too_marshal.workflows.planning.plan import ask_for_plan
from too_marshal.workflows.planning.plan_queue import WINDOW

if TYPE_CHECKING:
    from too_marshal.db.documents import PlanRequest


def ask_for_budget(session: Session, plan: Plan, point: int, *, by: str) -> Plan:
    """Ask for a plan like another that takes as much telescope time as one point of its curve.

    Parameters
    ----------
    point
        Index in the curve.
    by
        The person.

    Raises
    ------
    ValueError
        If there is no such point, or the plan cannot be asked for; the message is for the person.
    """
    times = [] if plan.curve is None else plan.curve["telescope_time"]
    if not 0 <= point < len(times):
        raise ValueError("The curve has no such point. Reload the page.")
    start = now()
    request: PlanRequest = {
        **plan.request,
        "maximum_time": times[point],
        "minimum_gain": None,
        "target_probability": None,
        "start": max(iso(start), plan.request["start"]),
        "end": plan.request["end"],
    }
    if request["end"] <= request["start"]:
        request["end"] = iso(start + WINDOW)
    return ask_for_plan(
        session,
        plan.event,
        telescope=plan.telescope,
        planner=plan.planner,
        program=plan.program,
        request=dict(request),
        author=by,
        localization_id=plan.localization_id if plan.has_chosen_map else None,
    )
