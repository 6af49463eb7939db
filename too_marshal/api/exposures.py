"""Executed exposures, and what they cover."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from too_marshal.api.operations import Content, iso, operation
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
from too_marshal.db.events import Event
from too_marshal.db.exposures import Coverage, Exposure
from too_marshal.web.service import database, row_or_404
from too_marshal.workflows.cover import exposures_of

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
    series=described({"type": "array"}, "time, once, twice"),
    computed_at=TIME,
)


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
