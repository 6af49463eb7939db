"""Give information (circulars, slews, candidates) to the event, or the events, it is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from too_marshal.db.base import now
from too_marshal.db.events import Event, EventName
from too_marshal.db.locks import lock_all
from too_marshal.db.notices import FurtherEvent, NoticeReference, ReceivedNotice
from too_marshal.notices.notice import Kind
from too_marshal.workflows.events.references import LISTING


@dataclass
class Attached:
    """What came of it."""

    pairs: list[tuple[ReceivedNotice, Event]] = field(default_factory=list)
    """Notices with an event that they did not belong to before."""

    rows: list[ReceivedNotice] = field(default_factory=list)
    """All information that was looked at."""

    informed: set[Event] = field(default_factory=set)
    """Events that gained, or lost, information of their own stream."""


def attach(
    session: Session, information: Sequence[ReceivedNotice], names: Collection[str]
) -> Attached:
    """Attach information, and anew what waits for events of these names.

    Parameters
    ----------
    session
        Open session; not committed here.
    information
        Notices that have just come.
    names
        Names of events that came or went, as compared.
    """
    rows = {row.id: row for row in [*information, *_calling(session, names)]}
    attached = Attached(rows=list(rows.values()))
    if not rows:
        return attached
    named = _named(session, rows)
    further = _further(session, rows)
    for notice_id, row in sorted(rows.items()):
        events = named[notice_id]
        shown = further[notice_id] | ({row.event_id} if row.event_id is not None else set())
        # A circular was attached by a name that a correction has taken away: it waits again.
        _give(row, events[0] if events else None, attached)
        listed = events if row.stream in LISTING else events[:1]
        _share(session, row, listed[1:], further[notice_id])
        # A slew that finds a better home is told of where it was first; a list everywhere.
        if row.stream in LISTING or not shown:
            attached.pairs += [(row, event) for event in listed if event.id not in shown]
    session.flush()
    return attached


def _calling(session: Session, names: Collection[str]) -> Sequence[ReceivedNotice]:
    """Information that calls for one of these names."""
    if not names:
        return []
    calling = select(NoticeReference.notice_id).where(NoticeReference.name.in_(names))
    return session.scalars(
        select(ReceivedNotice).where(
            ReceivedNotice.id.in_(calling), ReceivedNotice.kind == Kind.INFORMATION.value
        )
    ).all()


def _named(session: Session, notice_ids: Collection[int]) -> dict[int, list[Event]]:
    """Events that notices name: by their own order, real before test, then by stream and key."""
    query = (
        select(NoticeReference.notice_id, Event)
        .join(EventName, EventName.normalized_name == NoticeReference.name)
        .join(Event, Event.id == EventName.event_id)
        .where(
            NoticeReference.notice_id.in_(notice_ids),
            or_(NoticeReference.stream.is_(None), NoticeReference.stream == Event.stream),
        )
        .order_by(
            NoticeReference.notice_id, NoticeReference.rank, Event.is_test, Event.stream, Event.key
        )
    )
    by_notice: dict[int, dict[Event, None]] = defaultdict(dict)
    for notice_id, event in session.execute(query):
        by_notice[notice_id][event] = None
    return defaultdict(list, {notice_id: list(events) for notice_id, events in by_notice.items()})


def _further(session: Session, notice_ids: Collection[int]) -> dict[int, set[int]]:
    further: dict[int, set[int]] = defaultdict(set)
    query = select(FurtherEvent.notice_id, FurtherEvent.event_id).where(
        FurtherEvent.notice_id.in_(notice_ids)
    )
    for notice_id, event_id in session.execute(query):
        further[notice_id].add(event_id)
    return further


def _give(row: ReceivedNotice, event: Event | None, attached: Attached) -> None:
    """Make it the notice's event."""
    old = row.event
    if event is not old:
        row.event = event
        for one in (old, event):
            if one is not None:
                one.changed_at = now()
        attached.informed |= {one for one in (old, event) if one and one.stream == row.stream}


def _share(session: Session, row: ReceivedNotice, events: Sequence[Event], old: set[int]) -> None:
    """Let a list be seen with every further event that it names, and with no other."""
    gone = old - {event.id for event in events}
    if gone:
        session.execute(
            delete(FurtherEvent).where(
                FurtherEvent.notice_id == row.id, FurtherEvent.event_id.in_(gone)
            )
        )
    for event in events:
        if event.id not in old:
            session.add(FurtherEvent(notice_id=row.id, event_id=event.id))
            event.changed_at = now()


def exactly_named(
    session: Session, rows: Sequence[ReceivedNotice]
) -> list[tuple[ReceivedNotice, Event]]:
    """Events that notices name by their mission's own identifier, locked."""
    if not rows:
        return []
    by_id = {row.id: row for row in rows}
    query = (
        select(NoticeReference.notice_id, Event)
        .join(EventName, EventName.normalized_name == NoticeReference.name)
        .join(Event, (Event.id == EventName.event_id) & (Event.stream == NoticeReference.stream))
        .where(NoticeReference.notice_id.in_(by_id))
        .order_by(Event.id)
    )
    named = session.execute(query).all()
    events = {event.id for _, event in named}
    lock_all(session, select(Event).where(Event.id.in_(events)).order_by(Event.id), Event)
    return [(by_id[notice_id], event) for notice_id, event in named]
