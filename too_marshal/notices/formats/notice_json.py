"""A Notice as plain JSON, for the command line and the API."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from too_marshal.notices.notice import (
    Circle,
    Ellipse,
    InlineMap,
    Localization,
    MapLink,
    Moc,
    Notice,
    Polygon,
    Region,
)


def notice_to_json(notice: Notice) -> dict[str, Any]:
    """Everything that the notice says; a map is summarized by its size and SHA-256."""
    return {
        "stream": notice.stream,
        "event_key": notice.event_key,
        "notice_id": notice.notice_id,
        "sequence": notice.sequence,
        "order": list(notice.order),
        "kind": notice.kind.value,
        "type_name": notice.type_name,
        "role": notice.role,
        "is_test": notice.is_test,
        "event_time": _time(notice.event_time),
        "published": _time(notice.published),
        "localization": localization_to_json(notice.localization, notice.position),
        "name": notice.name,
        "classification": dict(notice.classification),
        "properties": dict(notice.properties),
        "far": notice.far,
        "significant": notice.significant,
        "aliases": list(notice.aliases),
        "links": dict(notice.links),
        "related": [{"stream": stream, "event_key": key} for stream, key in notice.related],
        "flags": sorted(notice.flags),
        "attributes": dict(notice.attributes),
    }


def localization_to_json(
    localization: Localization | None, position: tuple[float, float] | None = None
) -> dict[str, Any] | None:
    """Return the localization with its kind ("point" for a bare position), or None."""
    match localization:
        case Circle() | Ellipse() | Polygon():
            return _region(localization)
        case InlineMap():
            combined = localization.combined
            return {
                **_fallback(localization.fallback),
                "kind": "map",
                **_file(localization.fits),
                "combined": None if combined is None else _file(combined),
            }
        case Moc(content=content, containment=containment):
            return {"kind": "moc", **_file(content), "containment": containment}
        case MapLink():
            return {
                **_fallback(localization.fallback),
                "kind": "map link",
                "url": localization.url,
            }
    return None if position is None else {"kind": "point", "ra": position[0], "dec": position[1]}


def _fallback(region: Region | None) -> dict[str, Any]:
    """The region that serves until there is a map."""
    return {} if region is None else _region(region)


def _region(localization: Region) -> dict[str, Any]:
    match localization:
        case Circle():
            return _circle(localization)
        case Ellipse():
            return {
                "kind": "ellipse",
                "ra": localization.ra,
                "dec": localization.dec,
                "semi_major": localization.semi_major,
                "semi_minor": localization.semi_minor,
                "position_angle": localization.position_angle,
                "containment": localization.containment,
                "systematics_included": localization.systematics_included,
            }
        case Polygon():
            return {
                "kind": "polygon",
                "vertices": [list(vertex) for vertex in localization.vertices],
                "containment": localization.containment,
            }


def _circle(circle: Circle) -> dict[str, Any]:
    return {
        "kind": "circle",
        "ra": circle.ra,
        "dec": circle.dec,
        "radius": circle.radius,
        "containment": circle.containment,
        "systematics_included": circle.systematics_included,
        "systematic_model": circle.systematic_model,
    }


def _file(content: bytes) -> dict[str, Any]:
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _time(time: datetime | None) -> str | None:
    """UTC with a Z, to the microsecond where it has any."""
    return None if time is None else time.isoformat().replace("+00:00", "Z")
