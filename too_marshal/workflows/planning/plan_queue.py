"""Where plans wait to be computed: those of fresh real events never behind what takes minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from astropy import units as u
from sqlalchemy import text
from sqlalchemy.orm import Session

from planners.registry import PLANNERS
from too_marshal import tasks
from too_marshal.db.base import MARSHAL, now
from too_marshal.db.events import Event, is_fresh
from too_marshal.db.jobs import CPU_BOUND, NORMAL, PATIENT
from too_marshal.db.observing.plans import Plan, PlanState

WINDOW = timedelta(hours=24)
"""A plan may use all darkness within this time of being asked for, unless a person says
otherwise: it holds one whole night anywhere."""

MIN_TIME_LIMIT, MAX_TIME_LIMIT = 5 * u.s, 900 * u.s
"""How much time a person may give a planner."""

TIME_LIMITS = f"from {MIN_TIME_LIMIT:g} to {MAX_TIME_LIMIT:g}"

_LINE = text("""
    SELECT plan_id, status, place FROM (
        SELECT task_name, status::text, (args->>'plan_id')::int AS plan_id,
            row_number() OVER (
                PARTITION BY queue_name, status, coalesce(scheduled_at > now(), false)
                ORDER BY priority DESC, id
            ) AS place
        FROM procrastinate_jobs WHERE status IN ('todo', 'doing')
    ) AS line
    WHERE task_name = 'plan' AND plan_id = ANY(:plans)
""")

_TAKE_OFF = text("""
    SELECT procrastinate_cancel_job_v1(id, false, true) FROM procrastinate_jobs
    WHERE task_name = 'plan' AND status = 'todo' AND (args->>'plan_id')::int = :plan
""")


@dataclass(frozen=True)
class Turn:
    """Where a plan that is not computed yet stands."""

    place: int | None
    """In its line, from 1; None while a worker computes it."""

    part: float | None = None
    """Of the time that the planner was given, while it computes; None where it was given none."""


def is_allowed(time_limit: u.Quantity[u.physical.time]) -> bool:
    """Whether a person may give a planner so much time."""
    return bool(MIN_TIME_LIMIT <= time_limit <= MAX_TIME_LIMIT)


def queue_of(plan: Plan, event: Event) -> str:
    """The queue in which a plan of that event waits."""
    is_long = PLANNERS[plan.planner].is_slow or "time_limit" in plan.request
    if plan.author != MARSHAL:
        can_wait = event.is_test or not is_fresh(event)
    else:
        # The marshal's own without a rule replaces what a robot holds.
        can_wait = plan.rule_id is not None and not is_fresh(event)
    return PATIENT if is_long or can_wait else CPU_BOUND


def ask_to_compute(session: Session, plan: Plan, event: Event, priority: int = NORMAL) -> None:
    """Put a plan into its queue; it is there once the session commits."""
    tasks.plan(plan_id=plan.id).defer(session, priority=priority, queue=queue_of(plan, event))


def turns(session: Session, plans: Sequence[Plan]) -> dict[int, Turn]:
    """Where those of the plans stand that wait for a worker, or are computed by one."""
    computing = [plan.id for plan in plans if plan.state == PlanState.COMPUTING]
    if not computing:
        return {}
    rows = session.execute(_LINE, {"plans": computing})
    parts = {plan.id: _part(plan) for plan in plans}
    return {
        row.plan_id: Turn(row.place) if row.status == "todo" else Turn(None, parts[row.plan_id])
        for row in rows
    }


def _part(plan: Plan) -> float | None:
    """How much of the time that somebody gave to its planner has passed."""
    limit = plan.request.get("time_limit")
    if limit is None or plan.begun_at is None:
        return None
    return min((now() - plan.begun_at).total_seconds() / limit, 1.0)


def take_off(session: Session, plan_id: int) -> None:
    """Take a plan's job off its queue if it waits; not committed."""
    session.execute(_TAKE_OFF, {"plan": plan_id})
