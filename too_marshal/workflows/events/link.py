"""Link events that are one source: because a notice says so, or because a person does.

Linked events stay two: each keeps its mission's notices, positions and plans. What only lies
close in time and on the sky is suggested by `workflows.events.coincidences`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from too_marshal import tasks
from too_marshal.db.base import MARSHAL, now
from too_marshal.db.events import Event, EventLink, EventName, LinkKind, normalized_name, record
from too_marshal.db.notices import NoticeReference, ReceivedNotice
from too_marshal.notices.notice import Kind
from too_marshal.workflows.events.references import BURST_NAMES

_NAMESAKES = "circulars call both "

MAX_REASON_LENGTH = 200
"""Characters of what a person says about a link."""


def link_stated(session: Session, events: Sequence[Event]) -> None:
    """Link events with those that their notices name, that name them, or that share a name.

    Parameters
    ----------
    session
        Open session; not committed here.
    events
        Just brought up to date.
    """
    if not events:
        return
    by_id = {event.id: event for event in events}
    for event_id, other, reason in [
        *_named_by(session, by_id),
        *_naming(session, by_id),
        *_namesakes(session, events),
    ]:
        if other.id != event_id:
            _state(session, by_id[event_id], other, reason)


def _named_by(session: Session, events: Mapping[int, Event]) -> list[tuple[int, Event, str]]:
    """Events that the events' own notices name."""
    query = (
        select(
            ReceivedNotice.event_id, Event, ReceivedNotice.document["type_name"].as_string()
        )
        .join(EventName, EventName.event_id == Event.id)
        .join(
            NoticeReference,
            (NoticeReference.stream == Event.stream)
            & (NoticeReference.name == EventName.normalized_name),
        )
        .join(ReceivedNotice, ReceivedNotice.id == NoticeReference.notice_id)
        .where(
            ReceivedNotice.event_id.in_(events), ReceivedNotice.kind != Kind.INFORMATION.value
        )
    )  # fmt: skip
    mentions = []
    for event_id, other, kind in session.execute(query):
        event = events[event_id]
        reason = f"a notice of {event.name} ({kind or event.stream}) names {other.name}"
        mentions.append((event_id, other, reason))
    return mentions


def _naming(session: Session, events: Mapping[int, Event]) -> list[tuple[int, Event, str]]:
    """Events whose own notices name these."""
    named = aliased(Event)
    query = (
        select(named.id, Event, ReceivedNotice.document["type_name"].as_string())
        .join(ReceivedNotice, ReceivedNotice.event_id == Event.id)
        .join(NoticeReference, NoticeReference.notice_id == ReceivedNotice.id)
        .join(EventName, EventName.normalized_name == NoticeReference.name)
        .join(named, (named.id == EventName.event_id) & (named.stream == NoticeReference.stream))
        .where(EventName.event_id.in_(events), ReceivedNotice.kind != Kind.INFORMATION.value)
    )
    return [
        (
            event_id,
            other,
            f"a notice of {other.name} ({kind or other.stream}) names {events[event_id].name}",
        )
        for event_id, other, kind in session.execute(query)
    ]


def _namesakes(session: Session, events: Iterable[Event]) -> list[tuple[int, Event, str]]:
    """Events of other streams that circulars call by the same name."""
    called: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        for name in event.aliases:
            if name.startswith(BURST_NAMES):
                called[normalized_name(name)].append(event)
    if not called:
        return []
    query = (
        select(Event, EventName.name, EventName.normalized_name)
        .join(EventName, EventName.event_id == Event.id)
        .where(EventName.normalized_name.in_(called))
    )
    return [
        (event.id, other, f"{_NAMESAKES}{name}")
        for other, name, normalized in session.execute(query)
        for event in called[normalized]
        if other.stream != event.stream
    ]


def unlink_namesakes(session: Session, events: Iterable[Event]) -> None:
    """Undo links of events that circulars call by one name no more; not committed.

    What a person has linked, or another notice states, stays or is stated anew by `link_stated`.
    """
    for event in events:
        called = {normalized_name(name) for name in event.aliases}
        for pair in links_of(session, event.id):
            _, is_of_name, name = pair.reason.partition(_NAMESAKES)
            other = pair.second if pair.first_id == event.id else pair.first
            shared = called & {normalized_name(alias) for alias in other.aliases}
            if pair.kind != LinkKind.STATED or not is_of_name or normalized_name(name) in shared:
                continue
            pair.undone_by, pair.undone_at = MARSHAL, now()
            _add_activity(session, pair, f"link undone: no circular calls both {name} any more")
            tasks.combine(link_id=pair.id).defer(session)
    session.flush()


def _state(session: Session, event: Event, other: Event, reason: str) -> None:
    pair = find_link(session, event.id, other.id)
    if pair is None:
        pair = _new(event, other, LinkKind.STATED, reason)
        session.add(pair)
    elif pair.undone_by == MARSHAL or (pair.kind == LinkKind.COINCIDENT and pair.undone_by is None):
        pair.kind, pair.reason, pair.undone_by, pair.undone_at = LinkKind.STATED, reason, None, None
    else:
        return
    session.flush()
    _add_activity(session, pair, f"linked: {reason}")
    tasks.combine(link_id=pair.id).defer(session)


def link(
    session: Session, first_id: int, second_id: int, *, by: str, reason: str = ""
) -> EventLink:
    """Link two events because a person says so; this also confirms a suggestion.

    Parameters
    ----------
    session
        Open session; committed.
    first_id, second_id
        Two events, in either order.
    by
        The person.
    reason
        What they say; one sentence.

    Raises
    ------
    ValueError
        If it is one event, or either does not exist; the message is for the person.
    """
    if first_id == second_id:
        raise ValueError("an event cannot be linked with itself")
    first, second = session.get(Event, first_id), session.get(Event, second_id)
    if first is None or second is None:
        raise ValueError("there is no such event")
    pair = find_link(session, first_id, second_id)
    if pair is None:
        pair = _new(first, second, LinkKind.PERSON, reason)
        session.add(pair)
    pair.kind, pair.made_by, pair.made_at = LinkKind.PERSON, by, now()
    pair.undone_by, pair.undone_at = None, None
    pair.reason = reason or pair.reason or f"{by} says so"
    session.flush()
    _add_activity(session, pair, f"linked by {by}: {pair.reason}", actor=by)
    tasks.combine(link_id=pair.id).defer(session)
    session.commit()
    return pair


def unlink(session: Session, link_id: int, *, by: str) -> EventLink:
    """Undo a link or refuse a suggestion; the marshal does not make it again.

    Parameters
    ----------
    session
        Open session; committed.
    link_id, by
        The link, and the person who undoes it.
    """
    pair = session.get_one(EventLink, link_id)
    if pair.undone_by in (None, MARSHAL):
        pair.undone_by, pair.undone_at = by, now()
        _add_activity(session, pair, f"link undone by {by}", actor=by)
        tasks.combine(link_id=pair.id).defer(session)
    session.commit()
    return pair


def links_of(session: Session, event_id: int, *, undone: bool = False) -> list[EventLink]:
    """Links and suggestions of an event, the surest first; undone ones only if asked for."""
    query = (
        select(EventLink)
        .where(or_(EventLink.first_id == event_id, EventLink.second_id == event_id))
        .order_by((EventLink.kind == LinkKind.COINCIDENT), EventLink.far, EventLink.id)
    )
    if not undone:
        query = query.where(EventLink.undone_by.is_(None))
    return list(session.scalars(query))


def find_link(session: Session, first_id: int, second_id: int) -> EventLink | None:
    """The link of two events, in either order, undone or not."""
    low, high = sorted((first_id, second_id))
    return session.scalars(
        select(EventLink).where(EventLink.first_id == low, EventLink.second_id == high)
    ).one_or_none()


def _new(event: Event, other: Event, kind: LinkKind, reason: str) -> EventLink:
    first, second = sorted((event, other), key=lambda row: row.id)
    difference = None
    if first.event_time is not None and second.event_time is not None:
        difference = (second.event_time - first.event_time).total_seconds()
    return EventLink(
        first_id=first.id,
        second_id=second.id,
        kind=kind,
        reason=reason,
        time_difference=difference,
    )


def _add_activity(session: Session, pair: EventLink, text: str, actor: str = MARSHAL) -> None:
    """Write it on the timelines of both events."""
    first, second = session.get_one(Event, pair.first_id), session.get_one(Event, pair.second_id)
    for event, other in ((first, second), (second, first)):
        event.changed_at = now()
        record(
            session, f"{other.name} {text}", subject="link", subject_id=pair.id,
            event_id=event.id, actor=actor,
        )  # fmt: skip
