"""Events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, request
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from too_marshal.api.operations import (
    PAGING,
    Content,
    Parameter,
    iso,
    json_body,
    operation,
    page_before,
    page_limit,
    query_truth,
)
from too_marshal.api.schemas import (
    ANYTHING,
    FRACTION,
    FRACTIONS,
    INTEGER,
    NUMBER,
    TEXT,
    TIME,
    TRUTH,
    described,
    listed,
    named,
    nullable,
    page_of,
    record,
)
from too_marshal.db.accounts.people import Role, Scope
from too_marshal.db.events import Activity, Event, find_by_beginning, find_by_name, normalized_name
from too_marshal.http.access import current_person
from too_marshal.http.service import database, row_or_404, service
from too_marshal.workflows.events.give_name import give_name
from too_marshal.workflows.events.spoken import spoken_name
from too_marshal.workflows.events.tag import tag, untag
from too_marshal.workflows.incident.status import STATES, EventStatus, statuses
from too_marshal.workflows.incident.timeline import SUBJECTS, read_timeline

EVENT = named(
    "Event",
    id=INTEGER,
    stream=described(TEXT, "mission's stream, e.g. lvk"),
    key=described(TEXT, "the mission's own identifier"),
    name=described(TEXT, "the mission's own name, else its identifier"),
    spoken_name=described(TEXT, "what people call it: on pages, in messages and in subjects"),
    given_name=nullable(described(TEXT, "that a person gave it")),
    in_charge=nullable(described(TEXT, "who sees to it")),
    event_time=nullable(TIME),
    is_test=TRUTH,
    is_retracted=TRUTH,
    kind=described(TEXT, "what the latest notice did"),
    type_name=TEXT,
    classification=described(FRACTIONS, "probability of each class"),
    properties=FRACTIONS,
    far=nullable(described(NUMBER, "false-alarm rate, Hz")),
    is_significant=nullable(TRUTH),
    flags=listed(TEXT),
    links={"type": "object", "additionalProperties": TEXT},
    aliases=listed(TEXT),
    tags=described(listed(TEXT), "words that people gave it"),
    attributes=ANYTHING,
    created_at=TIME,
    changed_at=TIME,
    current_localization_id=nullable(INTEGER),
    area_50=nullable(described(NUMBER, "50 % credible area, deg2")),
    area_90=nullable(described(NUMBER, "90 % credible area, deg2")),
    distance_mean=nullable(described(NUMBER, "Mpc")),
    distance_std=nullable(described(NUMBER, "Mpc")),
    state=described({"enum": list(STATES)}, "how far it has come"),
    best_probability=nullable(
        described(FRACTION, "in all filters, by the best plan that can be submitted now")
    ),
    covered=nullable(described(FRACTION, "observed at least once")),
)


def event_to_json(event: Event, event_status: EventStatus) -> dict[str, Any]:
    """Everything that is known of an event."""
    localization = event.current_localization
    sky_map = localization.sky_map if localization is not None else None
    return {
        "id": event.id,
        "stream": event.stream,
        "key": event.key,
        "name": event.name,
        "spoken_name": spoken_name(event),
        "given_name": event.given_name,
        "in_charge": event.in_charge,
        "event_time": iso(event.event_time),
        "is_test": event.is_test,
        "is_retracted": event.is_retracted,
        "kind": event.kind,
        "type_name": event.type_name,
        "classification": event.classification,
        "properties": event.properties,
        "far": event.far,
        "is_significant": event.is_significant,
        "flags": event.flags,
        "links": event.links,
        "aliases": event.aliases,
        "tags": [tag.name for tag in event.tags],
        "attributes": event.attributes,
        "created_at": iso(event.created_at),
        "changed_at": iso(event.changed_at),
        "current_localization_id": event.current_localization_id,
        "area_50": sky_map.area_50 if sky_map else None,
        "area_90": sky_map.area_90 if sky_map else None,
        "distance_mean": sky_map.distance_mean if sky_map else None,
        "distance_std": sky_map.distance_std if sky_map else None,
        "state": event_status.state,
        "best_probability": event_status.best_probability,
        "covered": event_status.covered,
    }


@operation(
    "GET",
    "/events",
    Content(page_of("EventPage", EVENT)),
    parameters=(
        *PAGING,
        Parameter("tests", "query", TRUTH, "include test events (false)"),
        Parameter("retracted", "query", TRUTH, "include retracted events (true)"),
    ),
    problems={422: "a parameter cannot be used"},
)
def list_events() -> dict[str, Any]:
    """List events, the latest first."""
    limit = page_limit()
    query = (
        select(Event).options(selectinload(Event.tags)).order_by(Event.id.desc()).limit(limit + 1)
    )
    if not query_truth("tests", default=False):
        query = query.where(~Event.is_test)
    if not query_truth("retracted", default=True):
        query = query.where(~Event.is_retracted)
    before = page_before()
    if before is not None:
        query = query.where(Event.id < before)
    rows = list(database().scalars(query))
    shown = rows[:limit]
    known = statuses(database(), service().robots, shown)
    return {
        "items": [event_to_json(event, known[event.id]) for event in shown],
        "next_before": shown[-1].id if len(rows) > limit else None,
    }


@operation(
    "GET",
    "/search",
    Content(record(items=listed(EVENT))),
    parameters=(
        Parameter("name", "query", TEXT, "a name, key or alias, in any spelling", required=True),
    ),
    problems={422: "no name is given"},
)
def search_events() -> dict[str, Any]:
    """Find events by a name: those that are called so, else those of which a name begins so."""
    name = request.args.get("name", "").replace("\0", "")[:80]
    if not normalized_name(name):
        abort(422, "name: give a name, a key or an alias")
    events = find_by_name(database(), name) or find_by_beginning(database(), name)
    known = statuses(database(), service().robots, events)
    return {"items": [event_to_json(event, known[event.id]) for event in events]}


@operation("GET", "/events/<row:event_id>", Content(EVENT))
def get_event(event_id: int) -> dict[str, Any]:
    """Get one event."""
    event = row_or_404(Event, event_id)
    return event_to_json(event, statuses(database(), service().robots, [event])[event.id])


@operation(
    "PUT",
    "/events/<row:event_id>/tags/<name>",
    Content(EVENT),
    role=Role.OBSERVER,
    scope=Scope.EVENTS,
    problems={422: "it is no tag, or one too many"},
)
def put_tag(event_id: int, name: str) -> dict[str, Any]:
    """Give an event a tag; one that it has stays."""
    return _change_tag(event_id, name, tag)


@operation(
    "DELETE",
    "/events/<row:event_id>/tags/<name>",
    Content(EVENT),
    role=Role.OBSERVER,
    scope=Scope.EVENTS,
    problems={422: "it is no tag"},
)
def delete_tag(event_id: int, name: str) -> dict[str, Any]:
    """Take a tag away; what is not there needs not be."""
    return _change_tag(event_id, name, untag)


def _change_tag(event_id: int, name: str, act: Callable[..., object]) -> dict[str, Any]:
    row_or_404(Event, event_id)
    try:
        act(database(), event_id, name, by=current_person().username)
    except ValueError as err:
        abort(422, str(err))
    return get_event(event_id)


@operation(
    "PUT",
    "/events/<row:event_id>/name",
    Content(EVENT),
    role=Role.OBSERVER,
    scope=Scope.EVENTS,
    body=Content(record(name=described(TEXT, "empty: as the mission and circulars say"))),
    problems={400: "no JSON object", 422: "it is no name"},
)
def put_name(event_id: int) -> dict[str, Any]:
    """Call an event by another name."""
    row_or_404(Event, event_id)
    name = json_body(("name",)).get("name")
    if not isinstance(name, str):
        abort(422, "name: give a text")
    try:
        give_name(database(), event_id, name, by=current_person().username)
    except ValueError as err:
        abort(422, f"name: {err}")
    return get_event(event_id)


LINE = named(
    "TimelineLine",
    id=INTEGER,
    happened_at=TIME,
    subject=described({"enum": list(SUBJECTS)}, "what it is about"),
    subject_id=nullable(described(INTEGER, "which one")),
    actor=described(TEXT, "who did it; marshal if nobody"),
    text=described(TEXT, "one sentence"),
)


@operation(
    "GET",
    "/events/<row:event_id>/timeline",
    Content(page_of("Timeline", LINE)),
    parameters=(
        *PAGING,
        Parameter("subject", "query", {"enum": list(SUBJECTS)}, "only lines about that"),
    ),
    problems={422: "a parameter cannot be used"},
)
def get_timeline(event_id: int) -> dict[str, Any]:
    """List what happened to an event, the latest first."""
    event = row_or_404(Event, event_id)
    subject = request.args.get("subject")
    if subject is not None and subject not in SUBJECTS:
        abort(422, f"subject is one of {', '.join(SUBJECTS)}")
    rows, next_before = read_timeline(
        database(), event.id, limit=page_limit(), subject=subject, before=page_before()
    )
    return {"items": [_line_to_json(row) for row in rows], "next_before": next_before}


def _line_to_json(row: Activity) -> dict[str, Any]:
    return {
        "id": row.id,
        "happened_at": iso(row.happened_at),
        "subject": row.subject,
        "subject_id": row.subject_id,
        "actor": row.actor,
        "text": row.text,
    }
