"""Plans that may take the place of what robots hold."""

from __future__ import annotations

from typing import Any

from too_marshal.api.operations import Content, iso, operation
from too_marshal.api.schemas import (
    ANYTHING,
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
from too_marshal.db.events import Event
from too_marshal.db.observing.replacements import Replacement, ReplacementState, replacements_of
from too_marshal.http.access import current_person
from too_marshal.http.service import database, row_or_404, service
from too_marshal.workflows.submissions.replace import approve_replacement, decline_replacement

REPLACEMENT = named(
    "Replacement",
    id=INTEGER,
    event_id=INTEGER,
    submission_id=described(INTEGER, "what would be replaced"),
    plan_id=described(INTEGER, "by which plan"),
    state={"enum": [state.value for state in ReplacementState]},
    reason=described(TEXT, "why it failed, or what it waits for"),
    difference=described(
        ANYTHING,
        "exposures executed, kept, added and dropped; probability and probability_all_filters "
        "before and after, on the new map",
    ),
    made_at=TIME,
    decided_by=nullable(TEXT),
    decided_at=nullable(TIME),
    new_submission_id=nullable(INTEGER),
    restored_submission_id=nullable(INTEGER),
    settled_at=nullable(TIME),
)


def replacement_to_json(row: Replacement) -> dict[str, Any]:
    """Everything that is known of a replacement."""
    return {
        "id": row.id,
        "event_id": row.event_id,
        "submission_id": row.submission_id,
        "plan_id": row.plan_id,
        "state": row.state,
        "reason": row.reason,
        "difference": row.difference,
        "made_at": iso(row.made_at),
        "decided_by": row.decided_by,
        "decided_at": iso(row.decided_at),
        "new_submission_id": row.new_submission_id,
        "restored_submission_id": row.restored_submission_id,
        "settled_at": iso(row.settled_at),
    }


@operation("GET", "/events/<row:event_id>/replacements", Content(record(items=listed(REPLACEMENT))))
def list_replacements(event_id: int) -> dict[str, Any]:
    """List the replacements of an event, the newest first, without those that are outdated."""
    row_or_404(Event, event_id)
    return {"items": [replacement_to_json(row) for row in replacements_of(database(), event_id)]}


@operation(
    "POST",
    "/replacements/<row:replacement_id>/approve",
    Content(REPLACEMENT),
    role=Role.APPROVER,
    scope=Scope.QUEUES,
    status=202,
    problems={409: "it may not be made; the detail says why, and nothing is withdrawn"},
)
def post_replacement(replacement_id: int) -> tuple[dict[str, Any], int]:
    """Have a queue replaced: delete, put, verify, restore on failure."""
    row_or_404(Replacement, replacement_id)
    row = approve_replacement(
        database(), service().robots, replacement_id, by=current_person().username
    )
    return replacement_to_json(row), 202


@operation(
    "POST",
    "/replacements/<row:replacement_id>/decline",
    Content(REPLACEMENT),
    role=Role.APPROVER,
    scope=Scope.QUEUES,
)
def decline_a_replacement(replacement_id: int) -> dict[str, Any]:
    """Keep what the robot holds; nothing happens to a replacement that is not offered."""
    row_or_404(Replacement, replacement_id)
    row = decline_replacement(database(), replacement_id, by=current_person().username)
    return replacement_to_json(row)
