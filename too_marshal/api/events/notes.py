"""Notes on events, plans and candidates, and who is in charge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import abort, request

from too_marshal.api.events.event import EVENT, get_event
from too_marshal.api.operations import Content, Parameter, iso, json_body, operation
from too_marshal.api.schemas import INTEGER, TEXT, TIME, described, listed, named, nullable, record
from too_marshal.db.accounts.people import Role, Scope
from too_marshal.db.counterparts.candidates import Candidate
from too_marshal.db.events import Event
from too_marshal.db.notes import Note
from too_marshal.db.observing.plans import Plan
from too_marshal.http.access import current_person
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.incident.charge import ChargeRefused, put_in_charge
from too_marshal.workflows.incident.notes import NoteRefused, notes_of, write_note

NOTE = named(
    "Note",
    id=INTEGER,
    event_id=INTEGER,
    plan_id=nullable(described(INTEGER, "the plan that it is about")),
    candidate_id=nullable(described(INTEGER, "the candidate that it is about")),
    author=TEXT,
    text=TEXT,
    mentions=described(listed(TEXT), "people whom it calls"),
    made_at=TIME,
    changed_at=nullable(TIME),
)


_ABOUT: Mapping[str, type[Plan | Candidate]] = {"plan_id": Plan, "candidate_id": Candidate}
"""What a note may be about, beside its event."""


def note_to_json(note: Note) -> dict[str, Any]:
    """One note."""
    return {
        "id": note.id,
        "event_id": note.event_id,
        "plan_id": note.plan_id,
        "candidate_id": note.candidate_id,
        "author": note.author,
        "text": note.text,
        "mentions": note.mentions,
        "made_at": iso(note.made_at),
        "changed_at": iso(note.changed_at),
    }


@operation(
    "GET",
    "/events/<row:event_id>/notes",
    Content(record(items=listed(NOTE))),
    parameters=(
        Parameter("plan_id", "query", INTEGER, "only notes on that plan"),
        Parameter("candidate_id", "query", INTEGER, "only notes on that candidate"),
    ),
)
def list_notes(event_id: int) -> dict[str, Any]:
    """List notes on an event, its plans and its candidates, the latest first."""
    row_or_404(Event, event_id)
    about = {key: request.args.get(key, type=int) for key in _ABOUT}
    rows = notes_of(database(), event_id, **about)
    return {"items": [note_to_json(note) for note in rows]}


@operation(
    "POST",
    "/events/<row:event_id>/notes",
    Content(NOTE),
    role=Role.OBSERVER,
    scope=Scope.EVENTS,
    status=201,
    body=Content(record(text=TEXT, plan_id=nullable(INTEGER), candidate_id=nullable(INTEGER))),
    problems={
        400: "no JSON object",
        404: "there is no such plan or candidate",
        422: "it is no note",
    },
)
def post_note(event_id: int) -> tuple[dict[str, Any], int]:
    """Write a note on an event, or on one of its plans or candidates."""
    row_or_404(Event, event_id)
    body = json_body(("text", *_ABOUT))
    text, about = body.get("text"), {key: body.get(key) for key in _ABOUT}
    if not isinstance(text, str):
        abort(422, "text is a text")
    for key, row_id in about.items():
        if isinstance(row_id, bool) or not isinstance(row_id, int | None):
            abort(422, f"{key} is a number")
        if row_id is not None:
            row_or_404(_ABOUT[key], row_id)
    try:
        note = write_note(
            database(), event_id, text.replace("\0", ""), by=current_person().username, **about
        )
    except NoteRefused as err:
        abort(422, str(err))
    return note_to_json(note), 201


@operation(
    "PUT",
    "/events/<row:event_id>/charge",
    Content(EVENT),
    role=Role.OBSERVER,
    scope=Scope.EVENTS,
    body=Content(
        record(username=nullable(TEXT), instead_of=nullable(described(TEXT, "who is it now")))
    ),
    problems={400: "no JSON object", 409: "somebody else is by now, or that person cannot be"},
)
def put_charge(event_id: int) -> dict[str, Any]:
    """Put somebody in charge of an event, or nobody."""
    row_or_404(Event, event_id)
    body = json_body(("username", "instead_of"))
    try:
        put_in_charge(
            database(),
            event_id,
            body.get("username"),
            instead_of=body.get("instead_of"),
            by=current_person().username,
        )
    except ChargeRefused as err:
        abort(409, str(err))
    return get_event(event_id)
