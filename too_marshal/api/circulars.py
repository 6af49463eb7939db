"""Drafts of circulars. Nothing is ever sent."""

from __future__ import annotations

from typing import Any

from flask import abort
from sqlalchemy import select

from telescopes import TELESCOPES
from too_marshal.api.operations import Content, iso, json_body, operation
from too_marshal.api.schemas import (
    ANYTHING,
    INTEGER,
    TEXT,
    TIME,
    described,
    listed,
    named,
    record,
)
from too_marshal.db.circulars import CircularDraft
from too_marshal.db.events import Event
from too_marshal.db.people import Role
from too_marshal.http.access import current_person
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.exposures.report import draft

CIRCULAR = named(
    "CircularDraft",
    id=INTEGER,
    event_id=INTEGER,
    telescope=TEXT,
    subject=TEXT,
    body=TEXT,
    facts=described(ANYTHING, "what the text was written from"),
    author=TEXT,
    created_at=TIME,
)


def circular_to_json(row: CircularDraft) -> dict[str, Any]:
    """One draft."""
    return {
        "id": row.id,
        "event_id": row.event_id,
        "telescope": row.telescope,
        "subject": row.subject,
        "body": row.body,
        "facts": row.facts,
        "author": row.author,
        "created_at": iso(row.created_at),
    }


@operation("GET", "/events/<row:event_id>/circulars", Content(record(items=listed(CIRCULAR))))
def list_circulars(event_id: int) -> dict[str, Any]:
    """List an event's circular drafts, the newest first."""
    row_or_404(Event, event_id)
    rows = database().scalars(
        select(CircularDraft)
        .where(CircularDraft.event_id == event_id)
        .order_by(CircularDraft.id.desc())
    )
    return {"items": [circular_to_json(row) for row in rows]}


@operation("GET", "/circulars/<row:circular_id>", Content(CIRCULAR))
def get_circular(circular_id: int) -> dict[str, Any]:
    """Get one circular draft."""
    return circular_to_json(row_or_404(CircularDraft, circular_id))


@operation(
    "POST",
    "/events/<row:event_id>/circulars",
    Content(CIRCULAR),
    role=Role.OBSERVER,
    status=201,
    body=Content(record(telescope=TEXT)),
    problems={
        400: "no JSON object",
        409: "nothing was executed, or the text breaks a rule",
        422: "there is no such telescope",
    },
)
def post_circular(event_id: int) -> tuple[dict[str, Any], int]:
    """Write a draft from what a telescope executed for an event."""
    row_or_404(Event, event_id)
    telescope = json_body(("telescope",)).get("telescope")
    if telescope not in TELESCOPES:
        abort(422, f"the telescopes are {', '.join(TELESCOPES)}")
    stored = draft(database(), event_id, telescope, author=current_person().username)
    return circular_to_json(stored), 201
