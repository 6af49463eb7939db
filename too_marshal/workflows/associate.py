"""Bring an event up to date with its notices, whatever the order in which they came.

A notice belongs to the event that its mission's own identifier names. Information (circulars,
slews, searches for counterparts) belongs to an event that exists, and waits for it otherwise.
What depends on what goes one way, so that every order of arrival ends alike: events come from
their own notices, names are lent to events by circulars that state a trigger number, and
information finds its event by number or by name.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from too_marshal.db.base import now
from too_marshal.db.events import Event, EventName, compared_name, find_event, record, urgency
from too_marshal.db.jobs import LATER, URGENT, defer
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.db.notices import NoticeReference, NoticeState, ReceivedNotice
from too_marshal.notices.notice import InlineMap, Kind, Notice
from too_marshal.workflows.link import link_stated
from too_marshal.workflows.summarize import Document, summary

ASSOCIATION_LOCK = 0x746F6F65
"""Key of the advisory lock ("tooe") that lets one transaction at a time associate: a circular
and the event that it waits for may arrive in the same moment."""

CIRCULARS = "circulars"
_NAMING = frozenset({CIRCULARS, "boom"})
"""Streams that call events by names of any mission."""

_BURST_NAMES = ("GRB ", "XRF ", "SGR ")
"""Names that no mission gives: a circular that states a trigger number lends its burst one."""


def apply_notice(session: Session, row: ReceivedNotice, notice: Notice) -> Event | None:
    """Attach a notice to its event, creating the event if it is the first.

    Parameters
    ----------
    session
        Open session; not committed here.
    row, notice
        The stored notice and what it says.

    Returns
    -------
    Event or None
        Its row, locked until the transaction ends; None for information on no event we know.
    """
    _one_at_a_time(session)
    named = references(row.document or {})
    session.add_all(
        NoticeReference(notice_id=row.id, rank=rank, stream=stream, name=name)
        for rank, (stream, name) in enumerate(named)
    )
    if notice.kind is Kind.INFORMATION:
        return _apply_information(session, row)
    if notice.event_key is None:
        return None
    event, is_new = _event_of(session, notice)
    was_retracted = event.is_retracted
    row.event_id = event.id
    _bring_up_to_date(session, event, is_new=is_new, names_others=bool(named))
    _record_received(session, row, event)
    if event.is_retracted and not was_retracted:
        record(session, "Event retracted", subject="event", subject_id=event.id, event_id=event.id)
        defer(session, "withdraw", event_id=event.id, lock=f"event-{event.id}", priority=URGENT)
    if notice.kind is not Kind.RETRACTION:
        _localize_later(session, event, row, notice)
    if is_new:
        defer(session, "suggest_links", event_id=event.id, priority=LATER)
    return event


def _one_at_a_time(session: Session) -> None:
    """Take the lock, once in a transaction."""
    transaction = session.get_transaction()
    if session.info.get(ASSOCIATION_LOCK) is not transaction:
        session.execute(select(func.pg_advisory_xact_lock(ASSOCIATION_LOCK)))
        session.info[ASSOCIATION_LOCK] = session.get_transaction()


def _apply_information(session: Session, row: ReceivedNotice) -> Event | None:
    session.flush()
    _attach(session, row)
    for event in _exactly_named(session, row.id):
        if row.stream in (CIRCULARS, event.stream):
            _bring_up_to_date(session, event, is_lent=row.stream == CIRCULARS)
    return None if row.event_id is None else session.get_one(Event, row.event_id)


def references(document: Document) -> list[tuple[str | None, str]]:
    """Events that a notice names, the one that it is about first.

    Returns
    -------
    list of (str or None, str)
        Stream and name as compared (`db.events.compared_name`); without a stream the name is one
        of any mission.
    """
    stated = [(item["stream"], item["event_key"]) for item in document.get("related", [])]
    if document["kind"] != Kind.INFORMATION.value:
        found: list[tuple[str | None, str]] = [*stated]
    else:
        own = document.get("event_key")
        found = [] if own is None else [(document["stream"], own)]
        names = [(None, name) for name in _names_of_any(document)]
        if _is_of_burst(document):
            found += [*stated, *names]
        else:
            # A circular on another kind of source may mention a burst that is not it.
            found += [item for item in stated if item[1] == document.get("name")]
            found += [*names, *stated]
    compared = [(stream, compared_name(name)) for stream, name in found]
    return [item for item in dict.fromkeys(compared) if item[1]]


def _names_of_any(document: Document) -> list[str]:
    if document["stream"] not in _NAMING:
        return []
    names = [document.get("event_key"), document.get("name"), *document.get("aliases", [])]
    return [name for name in names if name]


def _is_of_burst(document: Document) -> bool:
    if document["stream"] != CIRCULARS:
        return True
    return str(document.get("name") or "GRB ").startswith(_BURST_NAMES)


def _event_of(session: Session, notice: Notice) -> tuple[Event, bool]:
    """The notice's event, locked, and whether it is the first that we hear of it."""
    assert notice.event_key is not None
    event = find_event(session, notice.stream, notice.event_key, lock=True)
    if event is not None:
        return event, False
    event = Event(
        stream=notice.stream,
        key=notice.event_key,
        name=notice.name or notice.event_key,
        is_test=notice.is_test,
    )
    session.add(event)
    session.flush()
    return event, True


def _bring_up_to_date(
    session: Session,
    event: Event,
    *,
    is_new: bool = False,
    is_lent: bool = False,
    names_others: bool = False,
) -> None:
    """Derive the event's columns, its names and its links from all that is known.

    Parameters
    ----------
    session, event
        A locked event.
    is_new
        Nothing has been derived of it yet.
    is_lent
        A circular may have given it a name.
    names_others
        A notice of its own names other events.
    """
    before = set() if is_new else _names(event)
    kept = [alias for alias in event.aliases or [] if alias.startswith(_BURST_NAMES)]
    lent = _lent(session, event) if is_new or is_lent else kept
    _derive(session, event, lent)
    changed = _rename(session, event, before, _names(event))
    if _attach_waiting(session, event, changed):
        _derive(session, event, lent)
    if changed or names_others:
        link_stated(session, event)


def _derive(session: Session, event: Event, lent: list[str]) -> None:
    session.flush()
    query = (
        select(ReceivedNotice.document)
        .where(
            ReceivedNotice.event_id == event.id,
            ReceivedNotice.stream == event.stream,
            ReceivedNotice.state == NoticeState.UNDERSTOOD,
        )
        .order_by(ReceivedNotice.order, ReceivedNotice.sha256)
    )
    documents = [document or {} for document in session.scalars(query)]
    for column, value in summary(event.key, documents, lent).items():
        setattr(event, column, value)
    event.changed_at = now()


def _lent(session: Session, event: Event) -> list[str]:
    """Names that circulars give to a burst whose trigger number they state."""
    query = (
        select(ReceivedNotice.document["name"].as_string())
        .join(NoticeReference, NoticeReference.notice_id == ReceivedNotice.id)
        .where(
            NoticeReference.stream == event.stream,
            NoticeReference.name == compared_name(event.key),
            ReceivedNotice.stream == CIRCULARS,
        )
        .distinct()
    )
    return [name for name in session.scalars(query) if name and name.startswith(_BURST_NAMES)]


def _names(event: Event) -> set[str]:
    """By which an event is found."""
    return {event.key, event.name, *event.aliases}


def _rename(session: Session, event: Event, before: set[str], names: set[str]) -> set[str]:
    """Let the event be found by its present names; returns those that changed, as compared."""
    gone, added = before - names, names - before
    if gone:
        session.execute(
            delete(EventName).where(EventName.event_id == event.id, EventName.name.in_(gone))
        )
    session.add_all(
        EventName(event_id=event.id, name=name, compared=compared_name(name)) for name in added
    )
    if added:
        session.flush()
    return {compared_name(name) for name in gone | added}


def _attach_waiting(session: Session, event: Event, names: set[str]) -> bool:
    """Attach, or attach anew, the information that calls for one of these names.

    Returns
    -------
    bool
        Whether any of it is of the event's own stream.
    """
    if not names:
        return False
    calling = select(NoticeReference.notice_id).where(
        NoticeReference.name.in_(names),
        NoticeReference.stream.is_(None) | (NoticeReference.stream == event.stream),
    )
    query = (
        select(ReceivedNotice)
        .where(ReceivedNotice.id.in_(calling), ReceivedNotice.kind == Kind.INFORMATION.value)
        .order_by(ReceivedNotice.id)
    )
    rows = session.scalars(query).all()
    for row in rows:
        _attach(session, row)
    return any(row.stream == event.stream for row in rows)


def _attach(session: Session, row: ReceivedNotice) -> Event | None:
    """Give information to the first event that it names and that exists."""
    event = next(iter(_named(session, row.id)), None)
    if event is None or event.id == row.event_id:
        return event
    first_time = row.event_id is None
    row.event_id = event.id
    event.changed_at = now()
    if first_time:
        _record_received(session, row, event)
    return event


def _named(session: Session, notice_id: int) -> list[Event]:
    """Events that a notice names: by its own order, real before test, then by stream and key."""
    query = (
        select(Event)
        .join(EventName, EventName.event_id == Event.id)
        .join(
            NoticeReference,
            (NoticeReference.name == EventName.compared)
            & (NoticeReference.stream.is_(None) | (NoticeReference.stream == Event.stream)),
        )
        .where(NoticeReference.notice_id == notice_id)
        .order_by(NoticeReference.rank, Event.is_test, Event.stream, Event.key)
    )
    return list(session.scalars(query))


def _exactly_named(session: Session, notice_id: int) -> Iterable[Event]:
    """Events that a notice names by their mission's own identifier."""
    query = (
        select(Event)
        .join(EventName, EventName.event_id == Event.id)
        .join(
            NoticeReference,
            (NoticeReference.name == EventName.compared) & (NoticeReference.stream == Event.stream),
        )
        .where(NoticeReference.notice_id == notice_id)
        .order_by(Event.id)
        .with_for_update(of=Event)
    )
    return session.scalars(query).unique().all()


def _record_received(session: Session, row: ReceivedNotice, event: Event) -> None:
    document = row.document or {}
    record(
        session,
        f"{document.get('type_name') or row.stream} notice received ({row.kind})",
        subject="notice",
        subject_id=row.id,
        event_id=event.id,
    )


def _localize_later(session: Session, event: Event, row: ReceivedNotice, notice: Notice) -> None:
    """Note what the notice says of the position, and ask for its map to be made."""
    localization = notice.localization
    description = (row.document or {}).get("localization") or {}
    if localization is None:
        if notice.position is not None:
            _keep_point(session, event, row, description)
        return
    variants = ["own"]
    if isinstance(localization, InlineMap) and localization.combined is not None:
        variants.append("combined")
    for variant in variants:
        place = Localization(
            event_id=event.id,
            notice_id=row.id,
            variant=variant,
            order=row.order,
            kind=type(localization).__name__.lower(),
            description=description,
            state=LocalizationState.PENDING,
        )
        session.add(place)
        session.flush()
        defer(session, "localize", localization_id=place.id, priority=urgency(event))


def _keep_point(session: Session, event: Event, row: ReceivedNotice, description: Document) -> None:
    """Keep a position without an error region: it is shown, and nothing is planned on it."""
    session.execute(
        insert(Localization)
        .values(
            event_id=event.id,
            notice_id=row.id,
            variant="own",
            order=row.order,
            kind="point",
            description=description,
            state=LocalizationState.UNAVAILABLE,
            reason="a position without an error region",
            attempts=0,
            created_at=now(),
            ready_at=now(),
        )
        .on_conflict_do_nothing()
    )
