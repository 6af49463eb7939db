"""A plan like another, of as much telescope time as somebody chose on its curve."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from telescopes.times import iso
from too_marshal.db.base import now
from too_marshal.db.observing.plans import Plan
from too_marshal.workflows.planning.again import ask_again


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
    changes: dict[str, Any] = {
        "maximum_time": times[point],
        "minimum_gain": None,
        "target_probability": None,
    }
    if plan.request["end"] > iso(now()):
        changes["end"] = plan.request["end"]  # up to then the curve was worked out
    return ask_again(session, plan, by=by, changes=changes)
