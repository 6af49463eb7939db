"""What a program says that asks for a plan."""

from __future__ import annotations

from typing import Any

from flask import abort

from planners.files.request_fields import RequestFields
from planners.registry import PLANNERS
from too_marshal.api.schemas import INTEGER, TEXT, TRUTH, described, document_schema
from too_marshal.db.events import Event
from too_marshal.db.observing.plans import Plan
from too_marshal.http.access import current_person
from too_marshal.http.service import database
from too_marshal.workflows.planning.bring_in import bring_in
from too_marshal.workflows.planning.plan import ask_for_plan

MAX_NAME_LENGTH = 120
"""Letters of the name of a file."""

PLAN_REQUEST: dict[str, Any] = {
    "type": "object",
    "anyOf": [{"required": ["telescope", "request"]}, {"required": ["file"]}],
    "additionalProperties": False,
    "properties": {
        "telescope": TEXT,
        "planner": described(TEXT, f"one of {', '.join(PLANNERS)}; the first unless named"),
        "program": described(TEXT, "the robot's usual one unless named"),
        "request": document_schema(RequestFields),
        "galaxies": described(INTEGER, "a table of galaxies, for the planner of that name"),
        "localization_id": described(INTEGER, "the map; the current one unless named"),
        "no_earth": described(TRUTH, "of Fermi GBM: without the sky that the Earth hid from it"),
        "file": described(
            TEXT,
            "in place of a planner: a plan that is there already (JSON, CSV or ECSV), of which"
            " telescope and request then need not be said, or a list of targets",
        ),
        "name": described(TEXT, "of the file, for people"),
    },
}


def plan_asked(event: Event, body: dict[str, Any]) -> Plan:
    """Ask for the plan that a body describes; what is wrong with it ends the request."""
    has_file = "file" in body
    texts = {
        "telescope": body.get("telescope", "" if has_file else None),
        "planner": body.get("planner", next(iter(PLANNERS))),
        "program": body.get("program", ""),
    }
    for name, value in texts.items():
        if not isinstance(value, str) or len(value) > 40 or "\0" in value:
            abort(422, f"{name} is a text of at most 40 characters")
    request = body.get("request", {} if has_file else None)
    if not isinstance(request, dict):
        abort(422, "request is an object")
    no_earth = body.get("no_earth", False)
    if not isinstance(no_earth, bool):
        abort(422, "no_earth is true or false")
    said: dict[str, Any] = {
        "request": request,
        "author": current_person().username,
        "localization_id": _number(body, "localization_id"),
        "no_earth": no_earth,
    }
    try:
        if has_file:
            return _bring_in(event, body, telescope=texts["telescope"], program=texts["program"],
                             **said)  # fmt: skip
        return ask_for_plan(database(), event, galaxies=_number(body, "galaxies"), **said, **texts)
    except (ValueError, TypeError, KeyError) as err:
        abort(422, str(err))


def _number(body: dict[str, Any], name: str) -> int | None:
    value = body.get(name)
    if value is not None and not (type(value) is int and 0 < value < 1 << 31):
        abort(422, f"{name} is a whole number above zero")
    return value


def _bring_in(event: Event, body: dict[str, Any], **said: Any) -> Plan:
    file, name = body["file"], body.get("name", "a file")
    if not isinstance(file, str) or not isinstance(name, str) or len(name) > MAX_NAME_LENGTH:
        abort(422, f"file is a text, and name is one of at most {MAX_NAME_LENGTH} characters")
    for other in ("planner", "galaxies"):
        if other in body:
            abort(422, f"a file is no matter of a planner: leave it or {other} out")
    return bring_in(database(), event, data=file.encode(), name=name.replace("\0", ""), **said)
