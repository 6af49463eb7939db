"""Events that a program enters for a person."""

from __future__ import annotations

from typing import Any

from flask import abort

from too_marshal.api.events.event import EVENT, get_event
from too_marshal.api.operations import Content, json_body, operation
from too_marshal.api.schemas import TRUTH, Schema, described, document_schema
from too_marshal.db.accounts.people import Role, Scope
from too_marshal.db.events import Event
from too_marshal.http.access import current_person
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.by_hand.enter import NameKnown, correct, enter, retract
from too_marshal.workflows.by_hand.request import EventByHand, EventInvalid, checked

FIELDS = tuple(EventByHand.model_fields)
SAID: Schema = document_schema(EventByHand)
ENTERED: Schema = {
    **SAID,
    "properties": {
        **SAID["properties"],
        "is_another": described(TRUTH, "it is not the mission's event of that name"),
    },
}


@operation(
    "POST",
    "/events",
    Content(EVENT),
    role=Role.OBSERVER,
    scope=Scope.EVENTS,
    status=201,
    body=Content(ENTERED),
    problems={
        400: "no JSON object",
        409: "there is an event of that name",
        422: "a member cannot be used",
    },
)
def post_event() -> tuple[dict[str, Any], int]:
    """Enter an event that no mission sends as a notice."""
    body = json_body((*FIELDS, "is_another"))
    is_another = body.pop("is_another", False) is True
    try:
        said = checked(body)
        event_id = enter(database(), said, by=current_person().username, is_another=is_another)
    except NameKnown as err:
        known = ", ".join(f"event {event.id} ({event.stream})" for event in err.events)
        abort(409, f"name: {known} has it")
    except EventInvalid as err:
        abort(422, str(err))
    return get_event(event_id), 201


@operation(
    "PUT",
    "/events/<row:event_id>/by-hand",
    Content(EVENT),
    role=Role.OBSERVER,
    scope=Scope.EVENTS,
    body=Content(SAID),
    problems={400: "no JSON object", 422: "a member cannot be used, or a mission's event is meant"},
)
def put_correction(event_id: int) -> dict[str, Any]:
    """Correct an event that was entered by hand; what is not given is as for a new one."""
    row_or_404(Event, event_id)
    try:
        correct(database(), event_id, checked(json_body(FIELDS)), by=current_person().username)
    except EventInvalid as err:
        abort(422, str(err))
    return get_event(event_id)


@operation(
    "POST",
    "/events/<row:event_id>/by-hand/retraction",
    Content(EVENT),
    role=Role.OBSERVER,
    scope=Scope.EVENTS,
    problems={422: "a mission's event is meant"},
)
def post_retraction(event_id: int) -> dict[str, Any]:
    """Retract an event that was entered by hand."""
    row_or_404(Event, event_id)
    try:
        retract(database(), event_id, by=current_person().username)
    except EventInvalid as err:
        abort(422, str(err))
    return get_event(event_id)
