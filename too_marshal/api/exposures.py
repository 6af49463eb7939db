"""Executed exposures, and what they cover."""

from __future__ import annotations

from typing import Any

from flask import abort, request
from sqlalchemy import select

from too_marshal.api.operations import BINARY, Content, Parameter, iso, operation
from too_marshal.api.schemas import (
    ANYTHING,
    FRACTION,
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
from too_marshal.db.events import Event
from too_marshal.db.observing.exposures import Coverage, Exposure, ExposureImport, Source
from too_marshal.http.access import current_person
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.exposures.records import exposures_of
from too_marshal.workflows.exposures.upload import MAX_TABLE_SIZE, undo, upload

EXPOSURE = named(
    "Exposure",
    telescope=TEXT,
    exposure_id=described(TEXT, "the robot's own identifier"),
    submission_id=nullable(INTEGER),
    queue_name=nullable(TEXT),
    field_id=INTEGER,
    ra=described(NUMBER, "ICRS, deg"),
    dec=described(NUMBER, "ICRS, deg"),
    filter=TEXT,
    start=TIME,
    exposure_time=described(NUMBER, "s"),
    detectors=described(listed(INTEGER), "with good images"),
    airmass=nullable(NUMBER),
    seeing=nullable(described(NUMBER, "arcsec")),
    limiting_magnitude=nullable(described(NUMBER, "AB, 5 sigma, measured")),
)

COVERAGE = named(
    "Coverage",
    telescope=TEXT,
    localization_id=INTEGER,
    exposures=INTEGER,
    probability=described(FRACTION, "observed at least once"),
    probability_twice=described(FRACTION, "observed at least twice"),
    area=described(NUMBER, "observed at least once, deg2"),
    area_twice=described(NUMBER, "observed at least twice, deg2"),
    by_filter=ANYTHING,
    by_source=described(
        ANYTHING,
        "planned, uploaded, survey, other groups, all: exposures, probability, "
        "probability_twice, area (deg2); the other members speak of planned and uploaded",
    ),
    depths=described(ANYTHING, "by filter: 5-sigma AB limit, probability observed so deep"),
    series=described({"type": "array"}, "time, once, twice"),
    computed_at=TIME,
)


IMPORT = named(
    "ExposureImport",
    id=INTEGER,
    event_id=INTEGER,
    telescope=TEXT,
    source={"enum": [source.value for source in Source]},
    name=TEXT,
    added=described(INTEGER, "exposures that are new"),
    known=described(INTEGER, "rows whose exposure was known before"),
    rejected=listed(record(row=described(INTEGER, "of the file, from 1"), reason=TEXT, text=TEXT)),
    unused_columns=described(listed(TEXT), "of the table, that nothing was taken from"),
    made_by=TEXT,
    made_at=TIME,
    undone_by=nullable(TEXT),
    undone_at=nullable(TIME),
)


def import_to_json(row: ExposureImport) -> dict[str, Any]:
    """What became of a table of exposures."""
    return {
        "id": row.id,
        "event_id": row.event_id,
        "telescope": row.telescope,
        "source": row.source,
        "name": row.name,
        "added": row.added,
        "known": row.known,
        "rejected": row.rejected,
        "unused_columns": row.unused_columns,
        "made_by": row.made_by,
        "made_at": iso(row.made_at),
        "undone_by": row.undone_by,
        "undone_at": iso(row.undone_at),
    }


def exposure_to_json(row: Exposure) -> dict[str, Any]:
    """One executed exposure."""
    return {
        "telescope": row.telescope,
        "exposure_id": row.exposure_id,
        "submission_id": row.submission_id,
        "queue_name": row.queue_name,
        "field_id": row.field_id,
        "ra": row.ra,
        "dec": row.dec,
        "filter": row.filter,
        "start": iso(row.start),
        "exposure_time": row.exposure_time,
        "detectors": row.detectors,
        "airmass": row.airmass,
        "seeing": row.seeing,
        "limiting_magnitude": row.limiting_magnitude,
    }


def coverage_to_json(row: Coverage) -> dict[str, Any]:
    """What one telescope covered of one localization."""
    return {
        "telescope": row.telescope,
        "localization_id": row.localization_id,
        "exposures": row.exposures,
        "probability": row.probability,
        "probability_twice": row.probability_twice,
        "area": row.area,
        "area_twice": row.area_twice,
        "by_filter": row.by_filter,
        "by_source": row.by_source,
        "depths": row.depths,
        "series": row.series,
        "computed_at": iso(row.computed_at),
    }


@operation("GET", "/events/<row:event_id>/exposures", Content(record(items=listed(EXPOSURE))))
def list_exposures(event_id: int) -> dict[str, Any]:
    """List what was executed for an event, in the order of time."""
    row_or_404(Event, event_id)
    return {"items": [exposure_to_json(row) for row in exposures_of(database(), event_id)]}


@operation("GET", "/events/<row:event_id>/coverage", Content(record(items=listed(COVERAGE))))
def list_coverage(event_id: int) -> dict[str, Any]:
    """List what was covered of each localization of an event, by telescope."""
    row_or_404(Event, event_id)
    rows = database().scalars(
        select(Coverage)
        .where(Coverage.event_id == event_id)
        .order_by(Coverage.localization_id, Coverage.telescope)
    )
    return {"items": [coverage_to_json(row) for row in rows]}


@operation(
    "POST",
    "/events/<row:event_id>/exposures",
    Content(IMPORT),
    role=Role.OBSERVER,
    scope=Scope.EXPOSURES,
    status=201,
    body=Content(BINARY, "text/csv"),
    parameters=(
        Parameter("telescope", "query", TEXT, "whose exposures they are", required=True),
        Parameter("name", "query", TEXT, "of the file, for people"),
    ),
    problems={413: f"more than {MAX_TABLE_SIZE} bytes", 422: "nothing of it can be read"},
)
def post_exposures(event_id: int) -> tuple[dict[str, Any], int]:
    """Bring in a table of exposures, CSV or JSON: good rows are kept, bad ones reported."""
    request.max_content_length = MAX_TABLE_SIZE
    event = row_or_404(Event, event_id)
    try:
        exposure_import = upload(
            database(),
            event,
            telescope=request.args.get("telescope", ""),
            data=request.get_data(),
            name=request.args.get("name", "by the API").replace("\0", ""),
            by=current_person().username,
        )
    except ValueError as err:
        abort(422, str(err))
    return import_to_json(exposure_import), 201


@operation("GET", "/events/<row:event_id>/imports", Content(record(items=listed(IMPORT))))
def list_imports(event_id: int) -> dict[str, Any]:
    """List the tables of exposures that were brought in for an event, the newest first."""
    row_or_404(Event, event_id)
    rows = database().scalars(
        select(ExposureImport)
        .where(ExposureImport.event_id == event_id)
        .order_by(ExposureImport.id.desc())
    )
    return {"items": [import_to_json(row) for row in rows]}


@operation(
    "POST",
    "/imports/<row:import_id>/undo",
    Content(IMPORT),
    role=Role.OBSERVER,
    scope=Scope.EXPOSURES,
)
def undo_import(import_id: int) -> dict[str, Any]:
    """Take the exposures of an import away again; nothing happens to one that is undone."""
    row_or_404(ExposureImport, import_id)
    return import_to_json(undo(database(), import_id, by=current_person().username))
