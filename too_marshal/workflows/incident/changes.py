"""What the last word of a mission has changed of an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization, LocalizationState, SkyMapFile
from too_marshal.db.notices import NoticeState, ReceivedNotice
from too_marshal.formatting import area, best_class, distance, percent, rate
from too_marshal.notices.notice import Kind

_TOLD = 0.005
"""Probabilities of classes that differ by less are the same on a page."""


@dataclass(frozen=True)
class Change:
    """The latest notice beside the one before it."""

    notice_id: int
    kind: str
    at: datetime
    """When it was received."""

    lines: list[str]
    """What is another value than before; empty if nothing is that a plan depends on."""


def words_of_mission(of: ColumnElement[bool]) -> Select[ReceivedNotice]:
    """Notices among those of a condition that say what an event is, the mission's last word first.

    Those that only inform, as circulars, are left aside.
    """
    return (
        select(ReceivedNotice)
        .where(
            of,
            ReceivedNotice.state == NoticeState.UNDERSTOOD,
            ReceivedNotice.kind != Kind.INFORMATION,
        )
        .order_by(ReceivedNotice.order.desc().nulls_last(), ReceivedNotice.id.desc())
    )


def last_change(session: Session, event: Event) -> Change | None:
    """What the latest notice of an event says otherwise than the one before; None if it is alone.

    Parameters
    ----------
    session
        Open session.
    event
        Of which notices that only inform, as circulars, are left aside.
    """
    notices = words_of_mission(ReceivedNotice.event_id == event.id)
    rows = session.scalars(notices.limit(2)).all()
    if len(rows) < 2:
        return None
    last, before = rows
    lines = differences(before.document or {}, last.document or {})
    maps = two_maps(session, event)
    if len(maps) == 2:
        lines += map_differences(*(each.sky_map for each in reversed(maps) if each.sky_map))
    return Change(last.id, last.kind or "", last.received_at, lines)


def retracted_by(session: Session, event: Event) -> int | None:
    """The notice that first withdrew an event which is withdrawn now; None where it is not.

    A mission may say so twice.
    """
    first = None
    for row in session.scalars(words_of_mission(ReceivedNotice.event_id == event.id)):
        if row.kind != Kind.RETRACTION:
            break
        first = row.id
    return first


def two_maps(session: Session, event: Event) -> list[Localization]:
    """The current map, and the newest one before it that is another: none without its map."""
    current = event.current_localization
    if current is None or current.sky_map is None:
        return []
    before = session.scalars(
        select(Localization)
        .where(
            Localization.event_id == event.id,
            Localization.state == LocalizationState.READY,
            Localization.sky_map_sha256 != current.sky_map_sha256,
            Localization.order < current.order,
            Localization.variant.in_(("own", current.variant)),
        )
        .order_by(Localization.order.desc())
        .limit(1)
    ).one_or_none()
    return [current] if before is None or before.sky_map is None else [current, before]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Say what of a notice is another value than in the one before it.

    Parameters
    ----------
    before, after
        As `notices.formats.notice_json` writes them. What the later one does not tell stands.
    """
    lines = []
    if after.get("kind") == Kind.RETRACTION:
        return ["the mission has withdrawn the event"]
    if before.get("kind") == Kind.RETRACTION:
        lines.append("the event stands again: it was withdrawn before")
    old, new = before.get("classification") or {}, after.get("classification") or {}
    top_before, top_after = best_class(old), best_class(new)
    if top_before and top_after and top_before[0] != top_after[0]:
        lines.append(f"{_class(top_before)} → {_class(top_after)}")
    elif top_before and top_after and abs(top_before[1] - top_after[1]) >= _TOLD:
        lines.append(f"{top_after[0]} {percent(top_before[1])} → {percent(top_after[1])}")
    lines += [
        f"{name} {percent(before['properties'][name])} → {percent(value)}"
        for name, value in sorted((after.get("properties") or {}).items())
        if name in (before.get("properties") or {})
        and abs(before["properties"][name] - value) >= _TOLD
    ]
    far = (before.get("far"), after.get("far"))
    if None not in far and rate(far[0]) != rate(far[1]):
        lines.append(f"false alarms {rate(far[0])} → {rate(far[1])}")
    told = (before.get("significant"), after.get("significant"))
    if None not in told and told[0] != told[1]:
        lines.append("now significant" if told[1] else "no longer significant")
    names = (before.get("name"), after.get("name"))
    if all(names) and names[0] != names[1]:
        lines.append(f"name {names[0]} → {names[1]}")
    return lines


def _class(top: tuple[str, float]) -> str:
    return f"{top[0]} {percent(top[1])}"


def map_differences(before: SkyMapFile, after: SkyMapFile) -> list[str]:
    """Say how large and how far the region was, and is."""
    pairs = (
        ("90 % area", area(before.area_90), area(after.area_90)),
        (
            "distance",
            distance(before.distance_mean, before.distance_std),
            distance(after.distance_mean, after.distance_std),
        ),
    )
    return [f"{name} {old} → {new}" for name, old, new in pairs if old != new]
