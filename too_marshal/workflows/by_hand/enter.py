"""Enter, correct and retract events by hand. Each is a notice, and goes the way of all notices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from planners.skymaps.skymap import SkyMapInvalid
from too_marshal.db.base import now
from too_marshal.db.events import Event, find_by_name, normalized_name
from too_marshal.db.notices import NoticeState, ReceivedNotice
from too_marshal.notices.notice import Kind
from too_marshal.notices.others.by_hand import STREAM, TOPIC
from too_marshal.workflows.by_hand.request import (
    EventByHand,
    EventInvalid,
    document_of,
    payload_of,
)
from too_marshal.workflows.intake.ingest import Message, ingest
from too_marshal.workflows.localizations.map_reader import read_map

CHANNEL = "person"

ENTER_LOCK = 0x746F6F656E746572
"""Seed of the advisory locks ("tooenter") that let one at a time enter events of a name."""


class NameKnown(ValueError):
    """There are events of that name: the person has to say whether theirs is another."""

    def __init__(self, events: Sequence[Event]) -> None:
        super().__init__("there is an event of that name")
        self.events = events
        """Of that name."""


def enter(session: Session, said: EventByHand, *, by: str, is_another: bool = False) -> int:
    """Enter an event.

    Parameters
    ----------
    session
        Open session; committed.
    said, by
        What the person says, and who it is.
    is_another
        They know of the events of that name, which other missions have sent.

    Returns
    -------
    int
        The event.

    Raises
    ------
    EventInvalid
        If its map cannot be read.
    NameKnown
        If there is an event of that name, entered by hand or, unless `is_another`, by a mission.
    """
    key = normalized_name(said.name)
    _check_map(said)
    with _alone(session, key):
        namesakes = find_by_name(session, said.name)
        own = [event for event in namesakes if event.stream == STREAM]
        if own or (namesakes and not is_another):
            raise NameKnown(own or namesakes)
        return _tell(session, said, by=by, key=key, kind=Kind.INITIAL)


@contextmanager
def _alone(session: Session, key: str) -> Iterator[None]:
    """Have whoever enters an event of the same name wait, and then find it."""
    # In a transaction of its own: the door of notices commits before there is an event.
    with Session(session.get_bind()) as holder:
        holder.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, ENTER_LOCK))))
        yield


def correct(
    session: Session, event_id: int, said: EventByHand, *, by: str, seen: int | None = None
) -> int:
    """Correct an event that was entered by hand; a retracted one stands again. Committed.

    Parameters
    ----------
    session
        Open session.
    event_id
        The event.
    said, by
        What the person says, and who it is.
    seen
        How much was said of the event (`times_told`) when they looked; None: whatever was said.

    Raises
    ------
    EventInvalid
        If it was not entered by hand, its map cannot be read, or somebody has said something since.
    """
    event = _entered(session, event_id)
    _check_map(said)
    with _alone(session, event.key):
        if seen is not None and times_told(session, event.key) != seen:
            reason = "somebody has corrected it since this form was opened: look at it again"
            raise EventInvalid({"": reason})
        return _tell(session, said, by=by, key=event.key, kind=Kind.UPDATE)


def times_told(session: Session, key: str) -> int:
    """How often something was said of an event that was entered by hand."""
    number = session.scalar(
        select(func.count(ReceivedNotice.id))
        .join(Event, ReceivedNotice.event_id == Event.id)
        .where(Event.stream == STREAM, Event.key == key, ReceivedNotice.stream == STREAM)
    )
    return number or 0


def retract(session: Session, event_id: int, *, by: str) -> None:
    """Retract an event that was entered by hand: its plans are withdrawn. Committed.

    Raises
    ------
    EventInvalid
        If it was not entered by hand.
    """
    event = _entered(session, event_id)
    document: dict[str, object] = {
        "entered_by": by,
        "source_kind": event.type_name,
        "id": [event.key],
        "event_name": [event.name],
        "alert_datetime": now().isoformat(),
        "alert_tense": "test" if event.is_test else "current",
    }
    if event.event_time is not None:
        document["trigger_time"] = event.event_time.isoformat()
    with _alone(session, event.key):
        _send(session, document, event.key, Kind.RETRACTION)


def _entered(session: Session, event_id: int) -> Event:
    event = session.get_one(Event, event_id)
    if event.stream != STREAM:
        raise EventInvalid({"": "only what was entered by hand can be corrected or retracted here"})
    return event


def _tell(session: Session, said: EventByHand, *, by: str, key: str, kind: Kind) -> int:
    return _send(session, document_of(said, by=by, at=now(), key=key), key, kind)


def _check_map(said: EventByHand) -> None:
    """Read the map before anything is kept: the person is there to bring a better one."""
    for name, content, containment in (
        ("map_file", said.map_file, None),
        ("moc_file", said.moc_file, said.containment),
    ):
        if content is None:
            continue
        try:
            read_map(content, moc_containment=containment)
        except SkyMapInvalid as err:
            raise EventInvalid({name: str(err)}) from err


def _send(session: Session, document: dict[str, object], key: str, kind: Kind) -> int:
    document |= {"alert_type": kind.value, "record_number": times_told(session, key) + 1}
    received = ingest(session, Message(payload_of(document), CHANNEL, TOPIC))
    if received.event_id is None or received.state == NoticeState.QUARANTINED:
        raise EventInvalid({"": received.error or "it could not be understood"})
    return received.event_id
