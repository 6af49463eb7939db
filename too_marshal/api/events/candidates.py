"""Objects in the region of an event, and what was decided of them."""

from __future__ import annotations

from typing import Any

from flask import abort

from too_marshal.api.operations import (
    Content,
    Parameter,
    iso,
    json_body,
    operation,
    page_limit,
    query_integer,
)
from too_marshal.api.schemas import (
    INTEGER,
    NUMBER,
    TEXT,
    TIME,
    described,
    listed,
    named,
    nullable,
    record,
)
from too_marshal.db.accounts.people import Role, Scope
from too_marshal.db.counterparts.candidates import Candidate, CandidateStatus
from too_marshal.db.events import Event
from too_marshal.http.access import current_person
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.counterparts.judge import judge
from too_marshal.workflows.counterparts.objects import RegionObject, objects_of

STATUS = {"enum": [status.value for status in CandidateStatus]}

CANDIDATE = named(
    "Candidate",
    id=INTEGER,
    survey=TEXT,
    object_id=TEXT,
    ra=described(NUMBER, "ICRS, deg"),
    dec=described(NUMBER, "ICRS, deg"),
    status=STATUS,
    reason=TEXT,
    saved_by=TEXT,
    saved_at=TIME,
    changed_by=TEXT,
    changed_at=TIME,
    version=described(INTEGER, "to be sent back with the next judgment"),
)

OBJECT = named(
    "RegionObject",
    survey=TEXT,
    object_id=TEXT,
    ra=described(NUMBER, "of its last alert, ICRS, deg"),
    dec=described(NUMBER, "of its last alert, ICRS, deg"),
    level=described(NUMBER, "credible level in the current map, the least of its alerts, 0 to 1"),
    alerts=INTEGER,
    first_seen_at=TIME,
    last_seen_at=TIME,
    filter=nullable(TEXT),
    magnitude=described(nullable(NUMBER), "of its last alert"),
    real_bogus=described(nullable(NUMBER), "the survey's own, the greatest of its alerts, 0 to 1"),
    braai=described(
        nullable(NUMBER),
        "by braai d6_m9 from the images, the greatest of its alerts, 0 to 1;"
        " uncalibrated for all surveys but ZTF",
    ),
    candidate=nullable(CANDIDATE),
)

FIELDS = ("survey", "object_id", "status", "reason", "seen_version")


def candidate_to_json(row: Candidate) -> dict[str, Any]:
    """What somebody has made of an object."""
    return {
        "id": row.id,
        "survey": row.survey,
        "object_id": row.object_id,
        "ra": row.ra,
        "dec": row.dec,
        "status": row.status,
        "reason": row.reason,
        "saved_by": row.saved_by,
        "saved_at": iso(row.saved_at),
        "changed_by": row.changed_by,
        "changed_at": iso(row.changed_at),
        "version": row.version,
    }


def object_to_json(each: RegionObject) -> dict[str, Any]:
    """An object, as its alerts in the region show it."""
    return {
        "survey": each.survey,
        "object_id": each.object_id,
        "ra": each.ra,
        "dec": each.dec,
        "level": each.level,
        "alerts": each.alerts,
        "first_seen_at": iso(each.first_seen_at),
        "last_seen_at": iso(each.last_seen_at),
        "filter": each.filter,
        "magnitude": each.magnitude,
        "real_bogus": each.real_bogus,
        "braai": each.braai,
        "candidate": None if each.candidate is None else candidate_to_json(each.candidate),
    }


@operation(
    "GET",
    "/events/<row:event_id>/candidates",
    Content(record(items=listed(OBJECT))),
    parameters=(
        Parameter("limit", "query", INTEGER, "how many at the most, up to 200"),
        Parameter("offset", "query", INTEGER, "how many are passed over"),
    ),
)
def list_candidates(event_id: int) -> dict[str, Any]:
    """List the objects in the region: those that nobody has judged first, the most likely first."""
    event = row_or_404(Event, event_id)
    offset = query_integer("offset") or 0
    rows = objects_of(database(), event, limit=page_limit(), offset=offset)
    return {"items": [object_to_json(each) for each in rows]}


@operation(
    "PUT",
    "/events/<row:event_id>/candidates",
    Content(CANDIDATE),
    role=Role.OBSERVER,
    scope=Scope.EVENTS,
    body=Content(
        {
            "type": "object",
            "required": ["survey", "object_id", "status"],
            "additionalProperties": False,
            "properties": {
                "survey": TEXT,
                "object_id": TEXT,
                "status": STATUS,
                "reason": described(TEXT, "needed to reject"),
                "seen_version": described(INTEGER, "of the judgment that was seen; 0: none"),
            },
        }
    ),
    problems={
        400: "no JSON object",
        409: "somebody has judged it meanwhile",
        422: "a member cannot be used, or no alert of the object lies in the region",
    },
)
def put_candidate(event_id: int) -> dict[str, Any]:
    """Say what an object in the region is."""
    event = row_or_404(Event, event_id)
    body = json_body(FIELDS)
    texts = {name: body.get(name, "") for name in ("survey", "object_id", "status", "reason")}
    if not all(isinstance(text, str) and "\0" not in text for text in texts.values()):
        abort(422, "survey, object_id, status and reason are texts")
    if texts["status"] not in set(CandidateStatus):
        abort(422, f"status is one of {', '.join(CandidateStatus)}")
    seen = body.get("seen_version", 0)
    if type(seen) is not int:
        abort(422, "seen_version is a whole number")
    row = judge(
        database(),
        event,
        texts["survey"],
        texts["object_id"],
        CandidateStatus(texts["status"]),
        reason=texts["reason"],
        seen=seen,
        by=current_person().username,
    )
    return candidate_to_json(row)
