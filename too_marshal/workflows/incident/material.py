"""The latest change by which somebody who was told of an event would decide otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization, LocalizationState, SkyMapFile
from too_marshal.db.notices import ReceivedNotice
from too_marshal.formatting import best_class
from too_marshal.notices.notice import Kind
from too_marshal.workflows.incident.changes import two_maps, words_of_mission

MATERIAL = 0.1
"""A class whose probability has changed by so much is worth a message."""

MATERIAL_AREA = 1.5
"""A 90 % area that is so many times another is worth a message."""

MAX_NOTICES = 50
"""So many of the latest notices are looked through."""


@dataclass(frozen=True)
class MaterialChange:
    """A notice that made a difference."""

    notice_id: int
    understood_at: datetime
    """When the event was brought up to date with it."""


def material_change(session: Session, event: Event) -> MaterialChange | None:
    """The latest notice that changed what the event is, or where; None if none has.

    Others may have come since: whoever was told before it was told what does not hold any more.
    A map counts for the notice that brought it first.
    """
    query = words_of_mission(ReceivedNotice.event_id == event.id).limit(MAX_NOTICES)
    rows = session.scalars(query).all()
    found = [
        last
        for last, before in pairwise(rows)
        if _is_another_source(before.document or {}, last.document or {})
    ][:1]
    if (notice_id := _brought_another_region(session, event)) is not None:
        found.append(session.get_one(ReceivedNotice, notice_id))
    changes = [
        MaterialChange(row.id, row.understood_at) for row in found if row.understood_at is not None
    ]
    return max(changes, key=lambda change: change.understood_at, default=None)


def _brought_another_region(session: Session, event: Event) -> int | None:
    """The notice that brought the current map first, if the one before it was of another region."""
    maps = two_maps(session, event)
    if len(maps) < 2:
        return None
    current, before = maps
    if current.sky_map is None or before.sky_map is None:
        return None
    if not _is_another_region(before.sky_map, current.sky_map):
        return None
    return session.scalar(
        select(Localization.notice_id)
        .where(
            Localization.event_id == event.id,
            Localization.state == LocalizationState.READY,
            Localization.sky_map_sha256 == current.sky_map_sha256,
            Localization.order > before.order,
        )
        .order_by(Localization.order, Localization.id)
        .limit(1)
    )


def _is_another_source(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether the kind of source is another, or whether it is one at all."""
    if before.get("kind") == Kind.RETRACTION or after.get("kind") == Kind.RETRACTION:
        return before.get("kind") != after.get("kind")
    tops = [best_class(each.get("classification") or {}) for each in (before, after)]
    if None not in tops:
        (old, was), (new, is_now) = tops  # type: ignore[misc]
        if old != new or abs(was - is_now) >= MATERIAL:
            return True
    told = (before.get("significant"), after.get("significant"))
    return None not in told and told[0] != told[1]


def _is_another_region(before: SkyMapFile, after: SkyMapFile) -> bool:
    """Whether a plan for the one misses the point of the other."""
    larger, smaller = sorted((before.area_90, after.area_90), reverse=True)
    if larger > MATERIAL_AREA * smaller:
        return True
    if before.distance_mean is None or after.distance_mean is None:
        return before.distance_mean is not after.distance_mean
    spread = max(before.distance_std or 0.0, after.distance_std or 0.0)
    return abs(before.distance_mean - after.distance_mean) > spread
