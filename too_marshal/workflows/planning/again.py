"""A plan like another, from now on."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from sqlalchemy.orm import Session

from planners.files.times import time_from_json
from telescopes.times import iso
from too_marshal.db.base import MARSHAL, now
from too_marshal.db.observing.plans import Plan
from too_marshal.workflows.planning.plan import ask_for_plan
from too_marshal.workflows.planning.plan_queue import WINDOW


def ask_again(
    session: Session, plan: Plan, *, by: str, changes: dict[str, Any] | None = None
) -> Plan:
    """Ask for a plan like another, on the current map unless a person chose that plan's.

    It begins now, or with the other if that is to begin later, and ends with it if a person said
    when that is, and it lies ahead.

    Parameters
    ----------
    plan
        The other. What was taken for the event in the night that has begun counts.
    by
        The person.
    changes
        What is asked otherwise.

    Raises
    ------
    ValueError
        If the plan cannot be asked for; the message is for the person.
    """
    start = max(iso(now()), plan.request["start"])
    end = plan.request["end"]
    if plan.author == MARSHAL or end <= start:
        end = iso(max(now(), time_from_json(start).to_datetime(timezone=UTC)) + WINDOW)
    return ask_for_plan(
        session,
        plan.event,
        telescope=plan.telescope,
        planner=plan.planner,
        program=plan.program,
        request={**plan.request, "start": start, "end": end, **(changes or {})},
        galaxies=plan.galaxy_table_id,
        author=by,
        localization_id=plan.localization_id if plan.has_chosen_map else None,
    )
