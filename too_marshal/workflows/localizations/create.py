"""Note what notices say of the position, and ask for the maps to be made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.events import Event, urgency
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.db.notices import ReceivedNotice
from too_marshal.notices.notice import Kind

Document = dict[str, Any]

POINT = "point"

_KINDS = {"map": "inlinemap", "map link": "maplink"}
"""What the column calls them."""


def note_localizations(session: Session, rows: Iterable[ReceivedNotice]) -> None:
    """Keep a localization for each notice that tells one; not committed.

    Parameters
    ----------
    session
        Open session.
    rows
        Notices of events, new to them.
    """
    placed = [
        (row, row.event, description)
        for row in rows
        if row.event is not None
        and row.kind != Kind.RETRACTION.value
        and (description := (row.document or {}).get("localization"))
    ]
    points = [entry for entry in placed if entry[2]["kind"] == POINT]
    if points:
        session.execute(
            insert(Localization).on_conflict_do_nothing(),
            [_point(row, event, description) for row, event, description in points],
        )
    regions = [
        (_pending(row, event, description, variant), event)
        for row, event, description in placed
        if description["kind"] != POINT
        for variant in (["own", "combined"] if description.get("combined") else ["own"])
    ]
    session.add_all(localization for localization, _ in regions)
    session.flush()
    for localization, event in regions:
        tasks.localize(localization_id=localization.id).defer(session, priority=urgency(event))


def _pending(
    row: ReceivedNotice, event: Event, description: Document, variant: str
) -> Localization:
    return Localization(
        event_id=event.id,
        notice_id=row.id,
        variant=variant,
        order=row.order,
        kind=_KINDS.get(description["kind"], description["kind"]),
        description=description,
        state=LocalizationState.PENDING,
    )


def _point(row: ReceivedNotice, event: Event, description: Document) -> dict[str, Any]:
    """Make a position without an error region: it is shown, and nothing is planned on it."""
    return {
        "event_id": event.id,
        "notice_id": row.id,
        "variant": "own",
        "order": row.order,
        "kind": POINT,
        "description": description,
        "state": LocalizationState.UNAVAILABLE,
        "reason": "a position without an error region",
        "attempts": 0,
        "created_at": now(),
        "ready_at": now(),
    }
