"""Localizations: versions of where an event is, their contours and their files."""

from __future__ import annotations

from typing import Any

from flask import Response, abort
from sqlalchemy import select
from sqlalchemy.orm import undefer

from too_marshal.api.operations import BINARY, Content, iso, operation
from too_marshal.api.schemas import (
    ANYTHING,
    INTEGER,
    NUMBER,
    TEXT,
    TIME,
    TRUTH,
    described,
    listed,
    named,
    nullable,
    record,
)
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization, LocalizationState, SkyMapFile
from too_marshal.http.downloads import drawing_response, left_response
from too_marshal.http.service import database, row_or_404

SKY_MAP = named(
    "SkyMap",
    sha256=TEXT,
    area_50=described(NUMBER, "50 % credible area, deg2"),
    area_90=described(NUMBER, "90 % credible area, deg2"),
    distance_mean=nullable(described(NUMBER, "Mpc")),
    distance_std=nullable(described(NUMBER, "Mpc")),
    peak_ra=described(NUMBER, "of the highest density, ICRS, deg"),
    peak_dec=described(NUMBER, "of the highest density, ICRS, deg"),
    creator=TEXT,
    flags=described(listed(TEXT), "what of the file was taken as zero, in words"),
)

LOCALIZATION = named(
    "Localization",
    id=INTEGER,
    event_id=INTEGER,
    notice_id=INTEGER,
    variant=described(TEXT, "own, or combined"),
    is_current=TRUTH,
    kind=TEXT,
    description=described(ANYTHING, "as the notice gives it"),
    state={"enum": [state.value for state in LocalizationState]},
    reason=TEXT,
    created_at=TIME,
    ready_at=nullable(TIME),
    sky_map=nullable(SKY_MAP),
)

CONTOURS = named(
    "Contours",
    type={"const": "FeatureCollection"},
    features=listed(
        record(
            type={"const": "Feature"},
            properties={
                "type": "object",
                "required": ["credible_level"],
                "properties": {"credible_level": described(NUMBER, "per cent")},
            },
            geometry=record(
                type={"const": "MultiPolygon"},
                coordinates=described(
                    listed(listed(listed(listed(NUMBER)))), "RA and Dec of each corner, deg"
                ),
            ),
        )
    ),
)


def localization_to_json(row: Localization, current_id: int | None) -> dict[str, Any]:
    """Everything but the map's bytes."""
    file = row.sky_map
    return {
        "id": row.id,
        "event_id": row.event_id,
        "notice_id": row.notice_id,
        "variant": row.variant,
        "is_current": row.id == current_id,
        "kind": row.kind,
        "description": row.description,
        "state": row.state,
        "reason": row.reason,
        "created_at": iso(row.created_at),
        "ready_at": iso(row.ready_at),
        "sky_map": None if file is None else _sky_map(file),
    }


def _sky_map(file: SkyMapFile) -> dict[str, Any]:
    return {
        "sha256": file.sha256,
        "area_50": file.area_50,
        "area_90": file.area_90,
        "distance_mean": file.distance_mean,
        "distance_std": file.distance_std,
        "peak_ra": file.peak_ra,
        "peak_dec": file.peak_dec,
        "creator": file.creator,
        "flags": file.flags,
    }


@operation(
    "GET", "/events/<row:event_id>/localizations", Content(record(items=listed(LOCALIZATION)))
)
def list_localizations(event_id: int) -> dict[str, Any]:
    """List an event's localizations, the newest last."""
    event = row_or_404(Event, event_id)
    rows = database().scalars(
        select(Localization).where(Localization.event_id == event_id).order_by(Localization.id)
    )
    current = event.current_localization_id
    return {"items": [localization_to_json(row, current) for row in rows]}


@operation("GET", "/localizations/<row:localization_id>", Content(LOCALIZATION))
def get_localization(localization_id: int) -> dict[str, Any]:
    """Get one localization."""
    row = row_or_404(Localization, localization_id)
    event = row_or_404(Event, row.event_id)
    return localization_to_json(row, event.current_localization_id)


@operation("GET", "/localizations/<row:localization_id>/contours", Content(CONTOURS))
def localization_contours(localization_id: int) -> Any:
    """Get the contours of 10 to 90 per cent, as GeoJSON with RA and Dec for its coordinates."""
    return _file(localization_id, undefer(SkyMapFile.contours)).contours


@operation("GET", "/localizations/<row:localization_id>/file", Content(BINARY, "application/fits"))
def localization_file(localization_id: int) -> Response:
    """Get the FITS file as it was received."""
    file = _file(localization_id, undefer(SkyMapFile.original))
    if file.original is None:
        abort(404, "This map was made from a position; there is no file.")
    response = Response(file.original, mimetype="application/fits")
    name = f"localization-{localization_id}.fits"
    if file.original[:2] == b"\x1f\x8b":
        name += ".gz"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


@operation("GET", "/localizations/<row:localization_id>/map.png", Content(BINARY, "image/png"))
def localization_map(localization_id: int) -> Response:
    """Get a picture of the whole sky; 404 while it is not drawn."""
    return drawing_response(row_or_404(Localization, localization_id), "all_sky")


@operation("GET", "/localizations/<row:localization_id>/zoom.png", Content(BINARY, "image/png"))
def localization_zoom(localization_id: int) -> Response:
    """Get a picture of the 90 % region; 404 while it is not drawn."""
    return drawing_response(row_or_404(Localization, localization_id), "zoom")


@operation(
    "GET",
    "/localizations/<row:localization_id>/left",
    Content(BINARY, "application/fits"),
    problems={409: "nothing is left, or others are being served"},
)
def localization_left(localization_id: int) -> Response:
    """Get the map without what was observed: multi-order FITS that sums to what is left."""
    return left_response(row_or_404(Localization, localization_id))


def _file(localization_id: int, column: Any) -> SkyMapFile:
    row = row_or_404(Localization, localization_id)
    if row.sky_map_sha256 is None:
        abort(404, f"The map is not there: the localization is {row.state}.")
    return database().get_one(
        SkyMapFile, row.sky_map_sha256, options=[column], populate_existing=True
    )
