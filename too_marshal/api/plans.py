"""Plans."""

from __future__ import annotations

from typing import Any

from flask import abort
from sqlalchemy import select
from sqlalchemy.orm import undefer

from too_marshal.api.operations import Content, iso, json_body, operation
from too_marshal.api.plan_requests import PLAN_REQUEST, plan_asked
from too_marshal.api.schemas import (
    ANYTHING,
    INTEGER,
    TEXT,
    TIME,
    TRUTH,
    described,
    listed,
    named,
    nullable,
    record,
)
from too_marshal.db.accounts.people import Role, Scope
from too_marshal.db.events import Event
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.http.access import current_person
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.planning.cancel_plan import cancel_plan
from too_marshal.workflows.planning.follow_up import ask_for_follow_up
from too_marshal.workflows.planning.plan_queue import turns

_SUMMARY = {
    "id": INTEGER,
    "event_id": INTEGER,
    "localization_id": INTEGER,
    "rule_id": nullable(INTEGER),
    "parent_id": described(nullable(INTEGER), "the plan that it takes up"),
    "changed_from_id": described(
        nullable(INTEGER), "the plan of which its author made this one by hand"
    ),
    "telescope": TEXT,
    "planner": TEXT,
    "program": TEXT,
    "author": TEXT,
    "has_chosen_map": described(TRUTH, "somebody wanted this map, which was not the current one"),
    "galaxies": described(nullable(INTEGER), "the table of galaxies that it aims at"),
    "state": {"enum": [state.value for state in PlanState]},
    "remark": described(TEXT, "why it is empty or failed"),
    "request": described(ANYTHING, "what was asked, as in the plan file format"),
    "statistics": ANYTHING,
    "created_at": TIME,
    "begun_at": described(nullable(TIME), "when a worker began with it, the last time"),
    "ready_at": nullable(TIME),
    "cancelled_at": nullable(TIME),
    "cancelled_by": nullable(TEXT),
}

PLAN_SUMMARY = named("PlanSummary", **_SUMMARY)

PLAN = named(
    "Plan",
    **_SUMMARY,
    queue_position=described(nullable(INTEGER), "from 1, while it waits to be computed"),
    document=nullable(described(ANYTHING, "the whole plan in the plan file format")),
)


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """A plan without its exposures."""
    return {
        "id": plan.id,
        "event_id": plan.event_id,
        "localization_id": plan.localization_id,
        "rule_id": plan.rule_id,
        "parent_id": plan.parent_id,
        "changed_from_id": plan.changed_from_id,
        "telescope": plan.telescope,
        "planner": plan.planner,
        "program": plan.program,
        "author": plan.author,
        "has_chosen_map": plan.has_chosen_map,
        "galaxies": plan.galaxy_table_id,
        "state": plan.state,
        "remark": plan.remark,
        "request": plan.request,
        "statistics": plan.statistics,
        "created_at": iso(plan.created_at),
        "begun_at": iso(plan.begun_at),
        "ready_at": iso(plan.ready_at),
        "cancelled_at": iso(plan.cancelled_at),
        "cancelled_by": plan.cancelled_by,
    }


@operation("GET", "/events/<row:event_id>/plans", Content(record(items=listed(PLAN_SUMMARY))))
def list_plans(event_id: int) -> dict[str, Any]:
    """List an event's plans, the newest first."""
    row_or_404(Event, event_id)
    rows = database().scalars(
        select(Plan).where(Plan.event_id == event_id).order_by(Plan.id.desc())
    )
    return {"items": [plan_to_json(row) for row in rows]}


@operation("GET", "/plans/<row:plan_id>", Content(PLAN))
def get_plan(plan_id: int) -> dict[str, Any]:
    """Get one plan with its exposures."""
    plan = row_or_404(Plan, plan_id, undefer(Plan.document))
    turn = turns(database(), [plan]).get(plan.id)
    position = None if turn is None else turn.place
    # What somebody has brought is no plan before it is scored.
    document = None if plan.state == PlanState.COMPUTING else plan.document
    return {**plan_to_json(plan), "queue_position": position, "document": document}


@operation(
    "POST",
    "/events/<row:event_id>/plans",
    Content(PLAN_SUMMARY),
    role=Role.OBSERVER,
    scope=Scope.PLANS,
    status=202,
    body=Content(PLAN_REQUEST),
    problems={400: "no JSON object", 422: "the request cannot be met; the detail says why"},
)
def post_plan(event_id: int) -> tuple[dict[str, Any], int]:
    """Ask for a plan, on the event's current map unless another is named; a worker computes it."""
    event = row_or_404(Event, event_id)
    return plan_to_json(plan_asked(event, json_body(tuple(PLAN_REQUEST["properties"])))), 202


@operation(
    "POST",
    "/plans/<row:plan_id>/follow-up",
    Content(PLAN_SUMMARY),
    role=Role.OBSERVER,
    scope=Scope.PLANS,
    status=202,
    problems={409: "nothing was executed, or nothing is missing"},
)
def post_follow_up(plan_id: int) -> tuple[dict[str, Any], int]:
    """Ask for a plan of what is missing of another: failed, cloudy or missed exposures."""
    plan = row_or_404(Plan, plan_id)
    try:
        follow_up = ask_for_follow_up(database(), plan, by=current_person().username)
    except ValueError as err:
        abort(409, str(err))
    return plan_to_json(follow_up), 202


@operation(
    "POST",
    "/plans/<row:plan_id>/cancel",
    Content(PLAN_SUMMARY),
    role=Role.OBSERVER,
    scope=Scope.PLANS,
    problems={409: "it is not being computed any more"},
)
def post_cancel(plan_id: int) -> dict[str, Any]:
    """Cancel a plan that is being computed; nothing of it is kept."""
    row_or_404(Plan, plan_id)
    try:
        plan = cancel_plan(database(), plan_id, by=current_person().username)
    except ValueError as err:
        abort(409, str(err))
    return plan_to_json(plan)
