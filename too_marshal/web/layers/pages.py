"""What a layer of the sky map shows, each at an address of its own."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, make_response, request
from sqlalchemy.orm import Session

from too_marshal.db.accounts.people import Role
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization, MapDifferenceRow
from too_marshal.db.observing.archives import OthersPointings
from too_marshal.http.access import needs
from too_marshal.http.service import database, row_or_404
from too_marshal.web.layers import image, region_objects
from too_marshal.web.layers.others import ALL, COMPLETED, PLANNED, choices, others_layer
from too_marshal.workflows.localizations.difference import ask_for_difference, difference_of
from too_marshal.workflows.planning.choose_map import maps_to_plan_on
from too_marshal.workflows.planning.galaxies import ask_for_ranking, ranking_of, shown_galaxies

layers = Blueprint("layers", __name__)


def offered(session: Session, event: Event, others: list[Localization]) -> dict[str, Any]:
    """What can be chosen of each layer; nothing where the event has nothing for it.

    Parameters
    ----------
    session
        Open session.
    event
        The event.
    others
        Its maps but the current one.
    """
    current = event.current_localization
    known = None if current is None else current.sky_map_sha256
    return {
        # One map under two numbers differs in nothing.
        "difference": [
            {"id": row.id, "name": version_name(row)}
            for row in others
            if known and row.sky_map_sha256 != known
        ],
        "galaxies": [
            {"id": row.id, "name": f"{row.name} ({row.galaxies})"}
            for row in (shown_galaxies(session, event.id) if known else ())
        ],
        "objects": region_objects.choices(session, event),
        "image": [{"id": "shown", "name": "shown"}] if image.is_there() else [],
        "reported": choices(session.get(OthersPointings, event.id)),
    }


def version_name(row: Localization) -> str:
    """A localization in words: its number, the notice's time and what kind of region it is."""
    return f"map {row.id} of {row.created_at.strftime('%d %b %H:%M')} UTC ({row.kind})"


@layers.get("/events/<row:event_id>/difference.json")
@needs(Role.VIEWER)
def difference(event_id: int) -> Response:
    """What the current map says otherwise than another; 202 while that is worked out."""
    event = row_or_404(Event, event_id)
    new = _current(event)
    old = _map(database(), event)
    row = difference_of(database(), old, new)
    if row is None:
        ask_for_difference(database(), old, new)
        return _waiting()
    return _answer(_difference(row, old, new))


@layers.get("/events/<row:event_id>/galaxies.json")
@needs(Role.VIEWER)
def galaxies(event_id: int) -> Response:
    """The most probable galaxies of a table on the current map; 202 while they are looked for."""
    event = row_or_404(Event, event_id)
    localization = _current(event)
    wanted = request.args.get("table", "")
    tables = {str(each.id): each for each in shown_galaxies(database(), event.id)}
    if wanted not in tables:
        abort(404, f"This event has no table of galaxies {wanted[:20]}.")
    table = tables[wanted]
    row = ranking_of(database(), table.id, localization)
    if row is None:
        ask_for_ranking(database(), table.id, localization)
        return _waiting()
    return _answer(
        {
            "table": table.name,
            "galaxies": row.galaxies,
            "probable": row.probable,
            "all": table.galaxies,
            "error": row.error,
        }
    )


@layers.get("/events/<row:event_id>/others.json")
@needs(Role.VIEWER)
def others(event_id: int) -> Response:
    """Other groups' pointings, as the Treasure Map told them last."""
    event = row_or_404(Event, event_id)
    row = database().get(OthersPointings, event.id)
    if row is None:
        abort(404, "Nothing was read from the Treasure Map for this event.")
    status = request.args.get("status", ALL)
    if status not in (ALL, COMPLETED, PLANNED):
        abort(404, f"There are no pointings {status[:20]}: choose {COMPLETED}, {PLANNED} or {ALL}.")
    return _answer(others_layer(row, status))


@layers.get("/events/<row:event_id>/objects.json")
@needs(Role.VIEWER)
def objects(event_id: int) -> Response:
    """Objects with alerts in the region: saved candidates, or all but the rejected."""
    event = row_or_404(Event, event_id)
    wanted = request.args.get("which", "")
    if wanted not in region_objects.LAYERS:
        known = " or ".join(region_objects.LAYERS)
        abort(404, f"There are no objects {wanted[:20]}: choose {known}.")
    return _answer(region_objects.LAYERS[wanted](database(), event))


def _current(event: Event) -> Localization:
    current = event.current_localization
    if current is None or current.sky_map is None:
        abort(404, "This event has no sky map.")
    return current


def _map(session: Session, event: Event) -> Localization:
    wanted = request.args.get("from", "")
    found = {str(row.id): row for row in maps_to_plan_on(session, event)}.get(wanted)
    if found is None:
        abort(404, f"This event has no map {wanted[:20]}.")
    return found


def _difference(row: MapDifferenceRow, old: Localization, new: Localization) -> dict[str, Any]:
    assert old.sky_map is not None
    assert new.sky_map is not None
    return {
        "old": old.id,
        "new": new.id,
        "area_90": [old.sky_map.area_90, new.sky_map.area_90],
        "moved": row.moved,
        "in_old_50": row.in_old_50,
        "in_old_90": row.in_old_90,
        "common_90": row.common_90,
        "gained": row.gained,
        "lost": row.lost,
    }


def _waiting() -> Response:
    response = make_response({"state": "being worked out"}, 202)
    response.headers["Cache-Control"] = "no-store"
    return response


def _answer(document: dict[str, Any]) -> Response:
    response = make_response(document)
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
