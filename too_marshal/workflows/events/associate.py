"""Bring events up to date with their notices, whatever the order in which they came.

A notice belongs to the event that its mission's own identifier names. Information (circulars,
slews, searches for counterparts) belongs to an event that exists, and waits for it otherwise.
What depends on what goes one way, so that every order of arrival ends alike: events come from
their own notices, names are lent to events by circulars that state a trigger number, and
information finds its event by number or by name. So notices may be taken together, and are:
a batch costs about as many statements as a single notice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.events import Event, normalized_name, record
from too_marshal.db.locks import lock_all
from too_marshal.db.notices import NoticeReference, NoticeState, ReceivedNotice
from too_marshal.notices.notice import Kind
from too_marshal.workflows.events.attach import attach, exactly_named
from too_marshal.workflows.events.day_names import recount
from too_marshal.workflows.events.duplicates import show_repeats, split_repetitions
from too_marshal.workflows.events.link import link_stated, unlink_namesakes
from too_marshal.workflows.events.naming import (
    Key,
    circular_names_among,
    circular_names_of,
    names_of,
    rename,
)
from too_marshal.workflows.events.references import CIRCULARS, is_lent, references
from too_marshal.workflows.events.summarize import Document, is_information, summary
from too_marshal.workflows.events.versions import follow, supersede
from too_marshal.workflows.localizations.create import note_localizations

ASSOCIATION_LOCK = 0x746F6F65
"""Key of the advisory lock ("tooe") that lets one transaction at a time associate: a circular
and the event that it waits for may arrive in the same moment."""


def apply_notices(session: Session, read: Sequence[ReceivedNotice]) -> Sequence[ReceivedNotice]:
    """Attach notices to their events, creating an event with its first notice.

    Parameters
    ----------
    session
        Open session; not committed here. Known events stay locked until the transaction ends.
    read
        Notices with what they say in `document`. Afterwards `event` is theirs; None for
        information on no event that we know.

    Returns
    -------
    sequence of ReceivedNotice
        Those that count: not what only repeats another.
    """
    with session.no_autoflush:
        session.execute(select(func.pg_advisory_xact_lock(ASSOCIATION_LOCK)))
        split = split_repetitions(session, read)
    _apply(session, split.counting)
    show_repeats(session, split)
    return split.counting


def _apply(session: Session, rows: Sequence[ReceivedNotice]) -> None:
    superseded = supersede(session, rows)
    stated = {
        row.id: [] if row.id in superseded.arrivals else references(_document(row)) for row in rows
    }
    information = [row for row in rows if row.kind == Kind.INFORMATION.value]
    own = [row for row in rows if _key(row) is not None]
    with session.no_autoflush:
        known = _known(session, own)
        fresh = _begin(session, own, known, circular_names_among(information, stated))
    retracted = {event.id for event in known.values() if event.is_retracted}
    events = known | fresh
    for row in own:
        row.event = events[_key(row) or ("", "")]
    session.add_all(
        NoticeReference(notice_id=row.id, rank=rank, stream=stream, name=name)
        for row in rows
        for rank, (stream, name) in enumerate(stated[row.id])
    )
    session.flush()
    changed = _bring_up_to_date(session, list(known.values()), information, superseded.events)
    changed |= rename(session, {event: set() for event in fresh.values()})
    counted = recount(session, [*events.values(), *changed])
    names = {name for named in (changed, counted) for each in named.values() for name in each}
    pairs = _inform(session, information, names | superseded.names, superseded.arrivals)
    unlink_namesakes(session, list(changed))
    naming = [row.event for row in own if stated[row.id] and row.event is not None]
    link_stated(session, list(dict.fromkeys([*changed, *counted, *naming])))
    pairs += [(row, row.event) for row in own]
    for row, event in sorted(pairs, key=lambda pair: pair[0].id):
        _record_received(session, row, event)
    _act_on_retractions(session, [event for event in events.values() if event.id not in retracted])
    note_localizations(session, own)
    for event in fresh.values():
        tasks.suggest_links(event_id=event.id).defer(session)


def find_informed(session: Session, names: Collection[str]) -> None:
    """Attach information that has waited for events of these names, as compared; not committed."""
    for row, event in _inform(session, [], names, ()):
        _record_received(session, row, event)


def _inform(
    session: Session,
    information: Sequence[ReceivedNotice],
    names: Collection[str],
    arrivals: Collection[int],
) -> list[tuple[ReceivedNotice, Event | None]]:
    """Attach information, and anew what waits for events of these names."""
    attached = attach(session, information, names)
    followed = follow(session, [*information, *attached.rows], arrivals)
    _derive(session, attached.informed)
    return [*attached.pairs, *followed]


def _document(row: ReceivedNotice) -> Document:
    assert row.document is not None, "the notice has not been read"
    return row.document


def _key(row: ReceivedNotice) -> Key | None:
    """Event that the notice itself makes or alters."""
    document = _document(row)
    if is_information(document) or document["event_key"] is None:
        return None
    return document["stream"], document["event_key"]


def _known(session: Session, own: Iterable[ReceivedNotice]) -> dict[Key, Event]:
    """Events of these notices that exist, locked."""
    keys = {key for row in own if (key := _key(row)) is not None}
    if not keys:
        return {}
    query = (
        select(Event).where(tuple_(Event.stream, Event.key).in_(sorted(keys))).order_by(Event.id)
    )
    return {(event.stream, event.key): event for event in lock_all(session, query, Event)}


def _begin(
    session: Session,
    own: Iterable[ReceivedNotice],
    known: Mapping[Key, Event],
    lent_now: Mapping[Key, set[str]],
) -> dict[Key, Event]:
    """Create the events that we hear of for the first time."""
    first: dict[Key, list[ReceivedNotice]] = defaultdict(list)
    for row in own:
        key = _key(row)
        if key is not None and key not in known:
            first[key].append(row)
    normalized = {key: (key[0], normalized_name(key[1])) for key in first}
    lent = circular_names_of(session, normalized.values())
    fresh = {}
    for key, rows in first.items():
        names = lent.get(normalized[key], set()) | lent_now.get(normalized[key], set())
        rows.sort(key=lambda row: (row.order, row.sha256))
        columns = summary(key[1], [_document(row) for row in rows], sorted(names))
        fresh[key] = Event(stream=key[0], key=key[1], **columns)
    session.add_all(fresh.values())
    return fresh


def _bring_up_to_date(
    session: Session,
    known: Sequence[Event],
    information: Sequence[ReceivedNotice],
    named_before: Sequence[Event],
) -> dict[Event, set[str]]:
    """Derive known events anew; returns those whose names changed, with the changed ones.

    Events `named_before` were named by a version of a circular that does not count any more.
    """
    named = [
        (row, event)
        for row, event in exactly_named(session, information)
        if row.stream in (CIRCULARS, event.stream)
    ]
    named_by_circular = {event for row, event in named if row.stream == CIRCULARS}
    named_by_circular |= set(named_before)
    touched = list(dict.fromkeys([*known, *(event for _, event in named), *named_before]))
    before = {event: names_of(event) for event in touched}
    keys = {event: (event.stream, normalized_name(event.key)) for event in named_by_circular}
    lent = circular_names_of(session, keys.values())
    _derive(session, touched, {event: lent.get(key, set()) for event, key in keys.items()})
    return rename(session, before)


def _derive(
    session: Session, events: Collection[Event], lent: Mapping[Event, set[str]] | None = None
) -> None:
    """Derive the columns of events from all their notices.

    Parameters
    ----------
    session, events
        Events that are locked, or new.
    lent
        Names that circulars lend, where that may have changed.
    """
    if not events:
        return
    query = (
        select(Event.id, ReceivedNotice.document)
        .join(ReceivedNotice, ReceivedNotice.event_id == Event.id)
        .where(
            Event.id.in_([event.id for event in events]),
            ReceivedNotice.stream == Event.stream,
            ReceivedNotice.state == NoticeState.UNDERSTOOD,
        )
        .order_by(ReceivedNotice.order, ReceivedNotice.sha256)
    )
    documents: dict[int, list[Document]] = defaultdict(list)
    for event_id, document in session.execute(query):
        documents[event_id].append(document or {})
    for event in events:
        kept = [alias for alias in event.aliases if is_lent(event.stream, alias)]
        names = kept if lent is None or event not in lent else sorted(lent[event])
        for column, value in summary(event.key, documents[event.id], names).items():
            setattr(event, column, value)
        event.changed_at = now()


def _record_received(session: Session, row: ReceivedNotice, event: Event | None) -> None:
    assert event is not None
    document = _document(row)
    record(
        session,
        f"{document.get('type_name') or row.stream} notice received ({row.kind})",
        subject="notice",
        subject_id=row.id,
        event_id=event.id,
    )


def _act_on_retractions(session: Session, events: Iterable[Event]) -> None:
    """Withdraw what is queued for events that were not retracted until now."""
    for event in events:
        if event.is_retracted:
            record(
                session, "Event retracted", subject="event", subject_id=event.id, event_id=event.id
            )
            # No lock in common with anything: it must not wait.
            tasks.withdraw(event_id=event.id).defer(session)
