"""Circulars: asked for, edited, approved, sent, and what became of each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from gcn_templates import Circular, Finding, findings
from too_marshal.api.operations import Content, iso, json_body, operation
from too_marshal.api.schemas import (
    ANYTHING,
    INTEGER,
    TEXT,
    TIME,
    described,
    document_schema,
    listed,
    named,
    nullable,
    record,
)
from too_marshal.db.accounts.people import Role, Scope
from too_marshal.db.circulars import CircularDraft, CircularSending
from too_marshal.db.events import Event
from too_marshal.deployment.circulars.ways import circular_ways_of
from too_marshal.http.access import current_person
from too_marshal.http.service import database, row_or_404, service
from too_marshal.workflows.circulars.approve import approve
from too_marshal.workflows.circulars.draft import draft
from too_marshal.workflows.circulars.edit import TextInvalid, bring_up_to_date, change, check
from too_marshal.workflows.circulars.request import CircularRequest, read_request
from too_marshal.workflows.circulars.send import ask_to_send, settle_by_person

SENDING = named(
    "CircularSending",
    version=described(INTEGER, "of the draft"),
    sha256=described(TEXT, "of subject, empty line and body"),
    way=described(TEXT, "email, api, by hand, or seen (it was not sent from here)"),
    state=described(TEXT, "waiting, sending, sent, unconfirmed or failed"),
    reason=described(TEXT, "why it is not known to have arrived"),
    asked_by=TEXT,
    asked_at=TIME,
    sent_at=nullable(TIME),
    number=described(nullable(INTEGER), "of the GCN Circular"),
    notice_id=described(nullable(INTEGER), "with which it came back"),
)

FINDING = named(
    "CircularFinding",
    level=described(TEXT, "fault: it cannot be approved; advice: a person should look at it"),
    where=TEXT,
    words=TEXT,
)

CIRCULAR = named(
    "CircularDraft",
    id=INTEGER,
    event_id=INTEGER,
    kind=TEXT,
    telescopes=listed(TEXT),
    state=described(TEXT, "draft, approved, waiting, sending, sent or unconfirmed"),
    version=INTEGER,
    subject=TEXT,
    text=described(TEXT, "the body as it is edited: {name=value} is bound to the data"),
    body=described(TEXT, "the body as it is sent"),
    sha256=described(TEXT, "of subject, empty line and body"),
    values=described(ANYTHING, "name to text and source of what is bound"),
    facts=described(ANYTHING, "what the text was written from"),
    request=described(ANYTHING, "what was asked"),
    findings=listed(FINDING),
    author=TEXT,
    created_at=TIME,
    changed_by=TEXT,
    changed_at=TIME,
    approved_by=nullable(TEXT),
    approved_at=nullable(TIME),
    sendings=listed(SENDING),
)

_REFUSED = {409: "it was changed meanwhile, breaks a rule, is not approved, or has gone out"}


def circular_to_json(row: CircularDraft) -> dict[str, Any]:
    """One draft."""
    return {
        "id": row.id,
        "event_id": row.event_id,
        "kind": row.kind,
        "telescopes": row.telescopes,
        "state": row.state.value,
        "version": row.version,
        "subject": row.subject,
        "text": row.text,
        "body": row.body,
        "sha256": row.sha256,
        "values": row.values,
        "facts": row.facts,
        "request": row.request,
        "findings": [_finding(each) for each in check(row, row.subject, row.text).findings],
        "author": row.author,
        "created_at": iso(row.created_at),
        "changed_by": row.changed_by,
        "changed_at": iso(row.changed_at),
        "approved_by": row.approved_by,
        "approved_at": iso(row.approved_at),
        "sendings": [_sending(each) for each in row.sendings],
    }


def _finding(finding: Finding) -> dict[str, str]:
    return {"level": finding.level.value, "where": finding.where, "words": finding.words}


def _sending(row: CircularSending) -> dict[str, Any]:
    return {
        "version": row.version,
        "sha256": row.sha256,
        "way": row.way,
        "state": row.state,
        "reason": row.reason,
        "asked_by": row.asked_by,
        "asked_at": iso(row.asked_at),
        "sent_at": iso(row.sent_at),
        "number": row.number,
        "notice_id": row.notice_id,
    }


@operation("GET", "/events/<row:event_id>/circulars", Content(record(items=listed(CIRCULAR))))
def list_circulars(event_id: int) -> dict[str, Any]:
    """List our circulars on an event, the newest first."""
    row_or_404(Event, event_id)
    rows = database().scalars(
        select(CircularDraft)
        .where(CircularDraft.event_id == event_id)
        .order_by(CircularDraft.id.desc())
    )
    return {"items": [circular_to_json(row) for row in rows]}


@operation("GET", "/circulars/<row:circular_id>", Content(CIRCULAR))
def get_circular(circular_id: int) -> dict[str, Any]:
    """Get one circular of ours."""
    return circular_to_json(row_or_404(CircularDraft, circular_id))


@operation(
    "POST",
    "/events/<row:event_id>/circulars",
    Content(CIRCULAR),
    role=Role.OBSERVER,
    scope=Scope.CIRCULARS,
    status=201,
    body=Content(document_schema(CircularRequest)),
    problems={
        400: "no JSON object",
        409: "nothing was executed, something is missing, or the text breaks a rule",
        422: "a value cannot be",
    },
)
def post_circular(event_id: int) -> tuple[dict[str, Any], int]:
    """Write a draft from what telescopes executed for an event."""
    row_or_404(Event, event_id)
    asked = read_request(json_body(tuple(CircularRequest.model_fields)))
    stored = draft(database(), event_id, asked, author=current_person().username)
    return circular_to_json(stored), 201


@operation(
    "PUT",
    "/circulars/<row:circular_id>",
    Content(CIRCULAR),
    role=Role.OBSERVER,
    scope=Scope.CIRCULARS,
    body=Content(record(version=described(INTEGER, "that was read"), subject=TEXT, text=TEXT)),
    problems={400: "no JSON object", 422: "a value cannot be", **_REFUSED},
)
def put_circular(circular_id: int) -> dict[str, Any]:
    """Change the text of a draft; an approval is then void."""
    row_or_404(CircularDraft, circular_id)
    body = json_body(("version", "subject", "text"))
    row = change(
        database(), circular_id, version=_whole(body, "version"), subject=_text(body, "subject"),
        text=_text(body, "text"), by=current_person().username,
    )  # fmt: skip
    return circular_to_json(row)


@operation(
    "POST",
    "/circulars/<row:circular_id>/refresh",
    Content(CIRCULAR),
    role=Role.OBSERVER,
    scope=Scope.CIRCULARS,
    body=Content(record(version=described(INTEGER, "that was read"))),
    problems={400: "no JSON object", 422: "a value cannot be", **_REFUSED},
)
def refresh_circular(circular_id: int) -> dict[str, Any]:
    """Bring the values of a draft up to date."""
    row_or_404(CircularDraft, circular_id)
    body = json_body(("version",))
    row = bring_up_to_date(
        database(), circular_id, version=_whole(body, "version"), by=current_person().username
    )
    return circular_to_json(row)


@operation(
    "POST",
    "/circulars/<row:circular_id>/approve",
    Content(CIRCULAR),
    role=Role.APPROVER,
    scope=Scope.CIRCULARS,
    body=Content(record(sha256=described(TEXT, "of the text that was read"))),
    problems={400: "no JSON object", 422: "a value cannot be", **_REFUSED},
)
def approve_circular(circular_id: int) -> dict[str, Any]:
    """Approve the text that was read."""
    row_or_404(CircularDraft, circular_id)
    body = json_body(("sha256",))
    row = approve(
        database(), circular_id, sha256=_text(body, "sha256"), by=current_person().username
    )
    return circular_to_json(row)


@operation(
    "POST",
    "/circulars/<row:circular_id>/send",
    Content(CIRCULAR),
    role=Role.APPROVER,
    scope=Scope.CIRCULARS,
    status=202,
    body=Content(
        record(
            sha256=described(TEXT, "of the text that was approved"),
            way=described(TEXT, "email, api, or by hand"),
        )
    ),
    problems={400: "no JSON object", 422: "a value cannot be", **_REFUSED},
)
def send_circular(circular_id: int) -> tuple[dict[str, Any], int]:
    """Send an approved text, or note that a person sends it."""
    row = row_or_404(CircularDraft, circular_id)
    body = json_body(("sha256", "way"))
    ask_to_send(
        database(), circular_ways_of(service().settings), circular_id, way=_text(body, "way"),
        sha256=_text(body, "sha256"), by=current_person().username,
    )  # fmt: skip
    return circular_to_json(row), 202


@operation(
    "POST",
    "/circulars/<row:circular_id>/settle",
    Content(CIRCULAR),
    role=Role.OBSERVER,
    scope=Scope.CIRCULARS,
    body=Content(record(number=described(nullable(INTEGER), "null: it has not gone out"))),
    problems={
        400: "no JSON object",
        409: "there is nothing to settle, or another circular has that number",
        422: "a value cannot be",
    },
)
def settle_circular(circular_id: int) -> dict[str, Any]:
    """Say what became of a circular that is waiting or unconfirmed."""
    row = row_or_404(CircularDraft, circular_id)
    body = json_body(("number",))
    number = None if body.get("number") is None else _whole(body, "number")
    settle_by_person(database(), circular_id, number=number, by=current_person().username)
    return circular_to_json(row)


@operation(
    "POST",
    "/circulars/lint",
    Content(record(items=listed(FINDING))),
    role=Role.OBSERVER,
    scope=Scope.CIRCULARS,
    body=Content(record(subject=TEXT, body=TEXT)),
    problems={400: "no JSON object", 422: "a value cannot be"},
)
def lint_circular() -> dict[str, Any]:
    """Hold any text against the rules of GCN; nothing is stored."""
    body = json_body(("subject", "body"))
    circular = Circular(_text(body, "subject"), _text(body, "body"))
    return {"items": [_finding(each) for each in findings(circular)]}


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise TextInvalid(f"{name} is a text")
    return value


def _whole(body: dict[str, Any], name: str) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**31:
        raise TextInvalid(f"{name} is a whole number above zero")
    return value
