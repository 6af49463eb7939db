"""Bring an event up to date with its notices, whatever the order in which they came."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from too_marshal.db.base import now
from too_marshal.db.events import Event, find_event, record
from too_marshal.db.jobs import URGENT, defer
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.db.notices import NoticeState, ReceivedNotice
from too_marshal.notices.notice import InlineMap, Kind, Notice

NO_CHANGE = (Kind.INFORMATION.value,)
"""Kinds of notice that tell of an event and do not alter its standing."""


def apply_notice(session: Session, row: ReceivedNotice, notice: Notice) -> Event:
    """Attach a notice to its event, creating the event if it is the first.

    Parameters
    ----------
    session
        Open session; not committed here.
    row, notice
        The stored notice and what it says; it names an event.

    Returns
    -------
    Event
        Its row, locked until the transaction ends.
    """
    event = _event_of(session, notice)
    was_retracted = event.is_retracted
    row.event_id = event.id
    session.flush()
    _summarize(session, event)
    record(
        session,
        f"{notice.type_name or notice.stream} notice received ({notice.kind})",
        subject="notice",
        subject_id=row.id,
        event_id=event.id,
    )
    if event.is_retracted and not was_retracted:
        record(session, "Event retracted", subject="event", subject_id=event.id, event_id=event.id)
        defer(session, "withdraw", event_id=event.id, lock=f"event-{event.id}", priority=URGENT)
    if notice.localization is not None and notice.kind is not Kind.RETRACTION:
        _localize_later(session, event, row, notice)
    return event


def _event_of(session: Session, notice: Notice) -> Event:
    """The notice's event, locked; made if it is the first that we hear of it."""
    assert notice.event_key is not None
    event = find_event(session, notice.stream, notice.event_key, lock=True)
    if event is None:
        _make_event(session, notice)
        event = find_event(session, notice.stream, notice.event_key, lock=True)
    assert event is not None
    return event


def _make_event(session: Session, notice: Notice) -> None:
    """Insert the event, unless another process does so at this moment."""
    session.execute(
        insert(Event)
        .values(
            stream=notice.stream,
            key=notice.event_key,
            name=notice.name or notice.event_key,
            is_test=notice.is_test,
            is_retracted=False,
            kind="",
            type_name="",
            classification={},
            properties={},
            flags=[],
            links={},
            aliases=[],
            attributes={},
            created_at=now(),
            changed_at=now(),
        )
        .on_conflict_do_nothing()
    )


def _summarize(session: Session, event: Event) -> None:
    """Derive the event's columns from all its notices in the mission's own order."""
    query = (
        select(ReceivedNotice)
        .where(ReceivedNotice.event_id == event.id, ReceivedNotice.state == NoticeState.UNDERSTOOD)
        .order_by(ReceivedNotice.order, ReceivedNotice.sha256)
    )
    documents = [row.document or {} for row in session.scalars(query)]
    telling = [item for item in documents if item["kind"] not in NO_CHANGE] or documents
    event.kind, event.type_name = telling[-1]["kind"], telling[-1].get("type_name", "")
    event.is_retracted = event.kind == Kind.RETRACTION.value
    # One real notice makes the event real: a test notice may not hide it.
    event.is_test = all(_is_test(item) for item in documents)
    event.name = _last(documents, "name") or event.key
    event.event_time = _last(documents, "event_time")
    event.far = _last(documents, "far")
    event.is_significant = _last(documents, "significant")
    event.classification = _last(documents, "classification") or {}
    event.properties = _last(documents, "properties") or {}
    event.attributes = _last(documents, "attributes") or {}
    event.flags = sorted(telling[-1].get("flags", []))
    event.links = {key: value for item in documents for key, value in item.get("links", {}).items()}
    event.aliases = sorted({alias for item in documents for alias in item.get("aliases", [])})
    event.changed_at = now()


def _is_test(document: dict[str, Any]) -> bool:
    return document["kind"] == Kind.TEST.value or document.get("role") != "observation"


def _last(documents: list[dict[str, Any]], name: str) -> Any:
    """Latest word on `name`: a retraction, say, tells no distance, and does not erase it."""
    for document in reversed(documents):
        value = document.get(name)
        if value not in (None, {}, [], ""):
            return value
    return None


def _localize_later(session: Session, event: Event, row: ReceivedNotice, notice: Notice) -> None:
    """Note what the notice says of the position, and ask for its map to be made."""
    localization = notice.localization
    variants = ["own"]
    if isinstance(localization, InlineMap) and localization.combined is not None:
        variants.append("combined")
    for variant in variants:
        place = Localization(
            event_id=event.id,
            notice_id=row.id,
            variant=variant,
            order=list(notice.order),
            kind=type(localization).__name__.lower(),
            description=(row.document or {}).get("localization") or {},
            state=LocalizationState.PENDING,
        )
        session.add(place)
        session.flush()
        priority = 0 if event.is_test else URGENT // 2
        defer(session, "localize", localization_id=place.id, priority=priority)
