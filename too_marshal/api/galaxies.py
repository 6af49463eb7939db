"""Tables of galaxies."""

from __future__ import annotations

from typing import Any

from flask import abort, request

from too_marshal.api.operations import (
    BINARY,
    Content,
    Parameter,
    iso,
    operation,
    query_truth,
)
from too_marshal.api.schemas import (
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
from too_marshal.db.galaxies import GalaxyTable
from too_marshal.http.access import current_person
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.planning.galaxies import (
    MAX_GALAXIES_SIZE,
    bring_galaxies,
    offered_galaxies,
    remove_galaxies,
)

GALAXIES = named(
    "GalaxyTable",
    id=described(INTEGER, "as `galaxies` of a plan that is asked for"),
    event_id=described(nullable(INTEGER), "null: it is offered for every event"),
    name=TEXT,
    galaxies=INTEGER,
    incomplete=described(INTEGER, "rows without a position or a distance, which are left out"),
    has_luminosity={"type": "boolean"},
    unused_columns=listed(TEXT),
    made_by=TEXT,
    made_at=TIME,
    removed_by=nullable(TEXT),
    removed_at=nullable(TIME),
)


def galaxies_to_json(row: GalaxyTable) -> dict[str, Any]:
    """A table, without its galaxies."""
    return {
        "id": row.id,
        "event_id": row.event_id,
        "name": row.name,
        "galaxies": row.galaxies,
        "incomplete": row.incomplete,
        "has_luminosity": row.has_luminosity,
        "unused_columns": row.unused_columns,
        "made_by": row.made_by,
        "made_at": iso(row.made_at),
        "removed_by": row.removed_by,
        "removed_at": iso(row.removed_at),
    }


@operation("GET", "/events/<row:event_id>/galaxies", Content(record(items=listed(GALAXIES))))
def list_galaxies(event_id: int) -> dict[str, Any]:
    """List the tables of galaxies that can be planned with for an event."""
    row_or_404(Event, event_id)
    return {"items": [galaxies_to_json(row) for row in offered_galaxies(database(), event_id)]}


@operation(
    "POST",
    "/events/<row:event_id>/galaxies",
    Content(GALAXIES),
    role=Role.OBSERVER,
    scope=Scope.PLANS,
    status=201,
    body=Content(BINARY, "application/octet-stream"),
    parameters=(
        Parameter("name", "query", TEXT, "of the file, for people"),
        Parameter("for_all", "query", {"type": "boolean"}, "whether to offer it for every event"),
    ),
    problems={413: f"more than {MAX_GALAXIES_SIZE} bytes", 422: "it cannot be read"},
)
def post_galaxies(event_id: int) -> tuple[dict[str, Any], int]:
    """Bring in a table of galaxies (CSV, ECSV, FITS): ra, dec, distance; also luminosity, name."""
    request.max_content_length = MAX_GALAXIES_SIZE
    event = row_or_404(Event, event_id)
    try:
        row = bring_galaxies(
            database(), event, data=request.get_data(),
            name=request.args.get("name", "by the API").replace("\0", ""),
            by=current_person().username, for_all=query_truth("for_all", default=False),
        )  # fmt: skip
    except ValueError as err:
        abort(422, str(err))
    return galaxies_to_json(row), 201


@operation(
    "POST",
    "/galaxies/<row:table_id>/remove",
    Content(GALAXIES),
    role=Role.OBSERVER,
    scope=Scope.PLANS,
)
def post_remove_galaxies(table_id: int) -> dict[str, Any]:
    """Offer a table of galaxies no more; plans that were made with it keep it."""
    row_or_404(GalaxyTable, table_id)
    return galaxies_to_json(remove_galaxies(database(), table_id, by=current_person().username))
