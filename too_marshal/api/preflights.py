"""Plans held against their robots' queues."""

from __future__ import annotations

from typing import Any

from flask import abort

from too_marshal.api.operations import Content, iso, operation
from too_marshal.api.schemas import (
    INTEGER,
    TEXT,
    TIME,
    described,
    listed,
    named,
    nullable,
    record,
)
from too_marshal.db.accounts.people import Role, Scope
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.preflights import Preflight
from too_marshal.http.access import current_person
from too_marshal.http.service import database, row_or_404, service
from too_marshal.workflows.submissions.approve import blocker
from too_marshal.workflows.submissions.check import ask_for_preflight

PREFLIGHT = named(
    "Preflight",
    id=INTEGER,
    plan_id=INTEGER,
    asked_by=TEXT,
    asked_at=TIME,
    done_at=described(nullable(TIME), "null while the robot is being asked"),
    findings=listed(
        record(
            level=described(TEXT, "error: forbids; warning: to be accepted; else informs"),
            words=TEXT,
        )
    ),
)


def preflight_to_json(row: Preflight) -> dict[str, Any]:
    """Everything that is known of a preflight."""
    return {
        "id": row.id,
        "plan_id": row.plan_id,
        "asked_by": row.asked_by,
        "asked_at": iso(row.asked_at),
        "done_at": iso(row.done_at),
        "findings": row.findings,
    }


@operation(
    "POST",
    "/plans/<row:plan_id>/preflights",
    Content(PREFLIGHT),
    role=Role.OBSERVER,
    scope=Scope.QUEUES,
    status=202,
    problems={409: "the plan may not be submitted; the detail says why"},
)
def post_preflight(plan_id: int) -> tuple[dict[str, Any], int]:
    """Hold a plan against its robot's queue: a worker asks the robot; ask again for the result."""
    plan = row_or_404(Plan, plan_id)
    if reason := blocker(database(), service().robots, plan):
        abort(409, reason)
    preflight = ask_for_preflight(database(), plan, by=current_person().username)
    return preflight_to_json(preflight), 202


@operation("GET", "/preflights/<row:preflight_id>", Content(PREFLIGHT))
def get_preflight(preflight_id: int) -> dict[str, Any]:
    """Get what a preflight has found."""
    return preflight_to_json(row_or_404(Preflight, preflight_id))
