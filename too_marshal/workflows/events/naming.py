"""Names of events: their own, and those that circulars lend them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import delete, select, tuple_
from sqlalchemy.orm import Session

from too_marshal.db.events import Event, EventName, normalized_name
from too_marshal.db.notices import NoticeReference, ReceivedNotice
from too_marshal.workflows.events.references import CIRCULARS, circular_name, is_lent

Key = tuple[str, str]
"""Stream and the mission's own identifier."""


def circular_names_among(
    information: Iterable[ReceivedNotice], references: Mapping[int, list[tuple[str | None, str]]]
) -> dict[Key, set[str]]:
    """Names that circulars among these notices lend, by stream and key as compared."""
    names = defaultdict(set)
    for row in information:
        name = circular_name(row.document or {})
        for stream, normalized in references[row.id]:
            if name is not None and stream is not None and is_lent(stream, name):
                names[stream, normalized].add(name)
    return names


def circular_names_of(session: Session, keys: Collection[Key]) -> dict[Key, set[str]]:
    """Names that stored circulars lend to bursts whose trigger number they state."""
    if not keys:
        return {}
    query = (
        select(
            NoticeReference.stream, NoticeReference.name,
            ReceivedNotice.document["name"].as_string(),
        )
        .join(ReceivedNotice, NoticeReference.notice_id == ReceivedNotice.id)
        .where(
            tuple_(NoticeReference.stream, NoticeReference.name).in_(sorted(keys)),
            ReceivedNotice.stream == CIRCULARS,
        )
        .distinct()
    )  # fmt: skip
    names = defaultdict(set)
    for stream, key, name in session.execute(query):
        if name and stream is not None and is_lent(stream, name):
            names[stream, key].add(name)
    return names


def names_of(event: Event) -> set[str]:
    """By which an event is found."""
    further = {event.given_name, event.counted_name} - {None, ""}
    return {event.key, event.name, *event.aliases, *map(str, further)}


def rename(session: Session, before: Mapping[Event, set[str]]) -> dict[Event, set[str]]:
    """Let events be found by their present names; returns the changed ones, as compared."""
    changed = {}
    for event, old in before.items():
        names = names_of(event)
        gone, added = old - names, names - old
        if gone:
            session.execute(
                delete(EventName).where(EventName.event_id == event.id, EventName.name.in_(gone))
            )
        session.add_all(
            EventName(event_id=event.id, name=name, normalized_name=normalized_name(name))
            for name in added
        )
        if gone or added:
            changed[event] = {normalized_name(name) for name in gone | added}
    session.flush()
    return changed
