"""Links between events, and what the rules decided of them."""

from __future__ import annotations

from typing import Any

from flask import abort

from too_marshal.api.operations import Content, iso, json_body, operation
from too_marshal.api.schemas import (
    INTEGER,
    NUMBER,
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
from too_marshal.db.events import Event, EventLink, LinkKind
from too_marshal.http.access import current_person
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.events.link import MAX_REASON_LENGTH, link, links_of, unlink
from too_marshal.workflows.rules.decide import decisions_of

LINK = named(
    "EventLink",
    id=INTEGER,
    first_id=described(INTEGER, "the event of the smaller number"),
    second_id=INTEGER,
    kind={"enum": [kind.value for kind in LinkKind]},
    reason=TEXT,
    far=nullable(described(NUMBER, "of the coincidence, Hz")),
    chance=nullable(described(NUMBER, "expected number of unrelated events as close")),
    overlap=nullable(described(NUMBER, "of the sky maps; 1 if they were unrelated")),
    time_difference=nullable(described(NUMBER, "second minus first, s")),
    made_by=TEXT,
    made_at=TIME,
    undone_by=nullable(TEXT),
    undone_at=nullable(TIME),
)
DECISION = named(
    "RuleDecision",
    id=INTEGER,
    rule_id=nullable(INTEGER),
    rule_name=described(TEXT, "as it was then"),
    event_id=INTEGER,
    subject=described({"enum": ["notice", "localization"]}, "what the rule was asked about"),
    subject_id=INTEGER,
    applies=TRUTH,
    reasons=described(listed(TEXT), "why it does not apply"),
    decided_at=TIME,
)


def link_to_json(pair: EventLink) -> dict[str, Any]:
    """Everything about a link."""
    return {
        "id": pair.id,
        "first_id": pair.first_id,
        "second_id": pair.second_id,
        "kind": pair.kind,
        "reason": pair.reason,
        "far": pair.far,
        "chance": pair.chance,
        "overlap": pair.overlap,
        "time_difference": pair.time_difference,
        "made_by": pair.made_by,
        "made_at": iso(pair.made_at),
        "undone_by": pair.undone_by,
        "undone_at": iso(pair.undone_at),
    }


@operation("GET", "/events/<row:event_id>/links", Content(record(items=listed(LINK))))
def list_links(event_id: int) -> dict[str, Any]:
    """List an event's links and suggestions, undone ones too."""
    row_or_404(Event, event_id)
    return {"items": [link_to_json(row) for row in links_of(database(), event_id, undone=True)]}


@operation(
    "POST",
    "/events/<row:event_id>/links",
    Content(LINK),
    role=Role.OBSERVER,
    scope=Scope.EVENTS,
    body=Content(record(event_id=INTEGER, reason=TEXT)),
    problems={400: "no JSON object", 422: "the two cannot be linked; the detail says why"},
)
def post_link(event_id: int) -> dict[str, Any]:
    """Link an event with another; this also confirms a suggestion."""
    row_or_404(Event, event_id)
    body = json_body(("event_id", "reason"))
    other, reason = body.get("event_id"), body.get("reason", "")
    if not isinstance(other, int) or isinstance(other, bool) or not 0 <= other < 2**31:
        abort(422, "event_id is the number of an event")
    if not isinstance(reason, str) or len(reason) > MAX_REASON_LENGTH or "\0" in reason:
        abort(422, f"reason is a text of at most {MAX_REASON_LENGTH} characters")
    try:
        pair = link(database(), event_id, other, by=current_person().username, reason=reason)
    except ValueError as err:
        abort(422, str(err))
    return link_to_json(pair)


@operation(
    "POST", "/links/<row:link_id>/undo", Content(LINK), role=Role.OBSERVER, scope=Scope.EVENTS
)
def undo_link(link_id: int) -> dict[str, Any]:
    """Undo a link, or refuse a suggestion; the marshal does not make it again."""
    pair = row_or_404(EventLink, link_id)
    return link_to_json(unlink(database(), pair.id, by=current_person().username))


@operation("GET", "/events/<row:event_id>/decisions", Content(record(items=listed(DECISION))))
def list_decisions(event_id: int) -> dict[str, Any]:
    """List what the rules decided of an event, and why, the latest first."""
    row_or_404(Event, event_id)
    return {
        "items": [
            {
                "id": row.id,
                "rule_id": row.rule_id,
                "rule_name": row.rule_name,
                "event_id": row.event_id,
                "subject": row.subject,
                "subject_id": row.subject_id,
                "applies": row.applies,
                "reasons": row.reasons,
                "decided_at": iso(row.decided_at),
            }
            for row in decisions_of(database(), event_id)
        ]
    }
