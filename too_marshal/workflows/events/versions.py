"""Versions of one circular: only the latest names events, and the others are shown where it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from too_marshal.db.events import Event
from too_marshal.db.notices import NoticeReference, NoticeState, ReceivedNotice
from too_marshal.workflows.events.attach import exactly_named
from too_marshal.workflows.events.references import CIRCULARS


@dataclass
class Superseded:
    """What a later version of a circular takes the word from."""

    arrivals: set[int] = field(default_factory=set)
    """Numbers of notices that have just come, after a later version or together with it."""

    events: list[Event] = field(default_factory=list)
    """Events, locked, whose trigger number an earlier version stated."""

    names: set[str] = field(default_factory=set)
    """Names, as compared, by which earlier versions called events."""


def supersede(session: Session, rows: Sequence[ReceivedNotice]) -> Superseded:
    """Take back what earlier versions of circulars said; not committed.

    Parameters
    ----------
    session
        Open session that holds the lock of `workflows.events.associate`.
    rows
        Notices that have just come.
    """
    arrived = [row for row in rows if row.stream == CIRCULARS]
    superseded = Superseded()
    stored = []
    for versions in _versions(session, _numbers(arrived), arrived).values():
        for row in versions[:-1]:
            if row in arrived:
                superseded.arrivals.add(row.id)
            else:
                stored.append(row)
    if not stored:
        return superseded
    superseded.events = [event for _, event in exactly_named(session, stored)]
    named = NoticeReference.notice_id.in_([row.id for row in stored])
    superseded.names.update(session.scalars(select(NoticeReference.name).where(named)))
    session.execute(delete(NoticeReference).where(named))
    return superseded


def follow(
    session: Session, rows: Iterable[ReceivedNotice], arrivals: Collection[int]
) -> list[tuple[ReceivedNotice, Event]]:
    """Show every version of these circulars, and what repeats one, where the latest is.

    Returns
    -------
    list of (ReceivedNotice, Event)
        The `arrivals` with their event, if they have one.
    """
    circulars = [row for row in rows if row.stream == CIRCULARS]
    if not circulars:
        return []
    placed = []
    by_hash: dict[str | None, Event | None] = {}
    for versions in _versions(session, _numbers(circulars), circulars).values():
        event = versions[-1].event
        by_hash |= {row.content_hash: event for row in versions}
        for row in versions[:-1]:
            row.event = event
            if row.id in arrivals and event is not None:
                placed.append((row, event))
    repeats = select(ReceivedNotice).where(
        ReceivedNotice.content_hash.in_(by_hash), ReceivedNotice.state == NoticeState.REPEATED
    )
    for row in session.scalars(repeats):
        row.event = by_hash[row.content_hash]
    return placed


def _numbers(rows: Iterable[ReceivedNotice]) -> set[int]:
    return {_order(row)[0] for row in rows}


def _order(row: ReceivedNotice) -> list[int]:
    assert row.order is not None, "the notice has not been read"
    return row.order


def _versions(
    session: Session, numbers: Collection[int], present: Sequence[ReceivedNotice]
) -> dict[int, list[ReceivedNotice]]:
    """Versions of circulars by their number, the latest last; those that are present included."""
    if not numbers:
        return {}
    query = select(ReceivedNotice).where(
        ReceivedNotice.stream == CIRCULARS,
        ReceivedNotice.state == NoticeState.UNDERSTOOD,
        ReceivedNotice.order[1].in_(numbers),
    )
    versions: dict[int, set[ReceivedNotice]] = defaultdict(set)
    for row in [*session.scalars(query), *present]:
        versions[_order(row)[0]].add(row)
    return {
        number: sorted(rows, key=lambda row: (_order(row), row.sha256))
        for number, rows in versions.items()
    }
