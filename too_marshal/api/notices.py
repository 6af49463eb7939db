"""Notices: as understood, and word for word."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, request
from sqlalchemy import select
from sqlalchemy.orm import undefer

from too_marshal.api.operations import BINARY, Content, Parameter, iso, operation
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
from too_marshal.db.notices import NoticeState, ReceivedNotice, of_event
from too_marshal.http.downloads import raw_response
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.intake.ingest import Message, ingest

MAX_NOTICE_SIZE = 32_000_000
"""Bytes: the largest message that any stream may carry."""

STATE = {"enum": [state.value for state in NoticeState]}

NOTICE = named(
    "Notice",
    id=INTEGER,
    event_id=nullable(INTEGER),
    sha256=described(TEXT, "of the bytes as received"),
    channel=TEXT,
    topic=nullable(TEXT),
    received_at=TIME,
    state=STATE,
    error=described(TEXT, "why it was not understood"),
    stream=nullable(TEXT),
    kind=nullable(TEXT),
    document=nullable(described(ANYTHING, "what was understood")),
)

RECEIVED = named(
    "Received",
    notice_id=INTEGER,
    is_new=described(TRUTH, "false for bytes that were already there"),
    state=STATE,
    event_id=nullable(INTEGER),
    error=TEXT,
)


def notice_to_json(row: ReceivedNotice) -> dict[str, Any]:
    """Everything but the bytes."""
    return {
        "id": row.id,
        "event_id": row.event_id,
        "sha256": row.sha256,
        "channel": row.channel,
        "topic": row.topic,
        "received_at": iso(row.received_at),
        "state": row.state,
        "error": row.error,
        "stream": row.stream,
        "kind": row.kind,
        "document": row.document,
    }


@operation("GET", "/events/<row:event_id>/notices", Content(record(items=listed(NOTICE))))
def list_notices(event_id: int) -> dict[str, Any]:
    """List the notices of an event, in the order of arrival."""
    row_or_404(Event, event_id)
    rows = database().scalars(
        select(ReceivedNotice).where(of_event(event_id)).order_by(ReceivedNotice.id)
    )
    return {"items": [notice_to_json(row) for row in rows]}


@operation("GET", "/notices/<row:notice_id>", Content(NOTICE))
def get_notice(notice_id: int) -> dict[str, Any]:
    """Get one notice."""
    return notice_to_json(row_or_404(ReceivedNotice, notice_id))


@operation("GET", "/notices/<row:notice_id>/raw", Content(BINARY, "text/plain"))
def get_raw_notice(notice_id: int) -> Response:
    """Get the bytes of a notice as they were received."""
    return raw_response(row_or_404(ReceivedNotice, notice_id, undefer(ReceivedNotice.payload)))


@operation(
    "POST",
    "/notices",
    Content(RECEIVED),
    role=Role.OBSERVER,
    scope=Scope.NOTICES,
    body=Content(BINARY, "application/octet-stream"),
    parameters=(
        Parameter("topic", "query", TEXT, "Kafka topic that decides the mission"),
        Parameter("X-Topic", "header", TEXT, "the same, where a query cannot be sent"),
    ),
    problems={413: f"more than {MAX_NOTICE_SIZE} bytes", 422: "no bytes"},
)
def post_notice() -> dict[str, Any]:
    """Take in a notice word for word, as if it had come by a stream.

    What cannot be understood is kept too: the answer is then 200 with the state `quarantined`.
    """
    request.max_content_length = MAX_NOTICE_SIZE
    payload = request.get_data(cache=False)
    if not payload:
        abort(422, "the body is empty")
    topic = request.args.get("topic") or request.headers.get("X-Topic") or None
    if topic is not None and not (len(topic) <= 120 and topic.isprintable()):
        abort(422, "a topic has at most 120 printable characters")
    received = ingest(database(), Message(payload, "api", topic))
    return {
        "notice_id": received.notice_id,
        "is_new": received.is_new,
        "state": received.state.value,
        "event_id": received.event_id,
        "error": received.error,
    }
