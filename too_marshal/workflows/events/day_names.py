"""Names by a mission's own rule, day and order, for events whose notices tell none.

IceCube's first notice of a track tells run and event, which nobody says; the circular half an hour
later calls it IceCube-231125A: the first alert of that day (UTC). What we count may be wrong where
we have missed an alert, so it gives way to what a notice, a circular or a person states, and the
letters of the day are counted again with every notice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from too_marshal.db.events import Event, normalized_name
from too_marshal.notices.streams import STREAMS, DayNames
from too_marshal.workflows.events.naming import names_of, rename

Day = tuple[str, date]
"""Stream and day (UTC)."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def recount(session: Session, events: Iterable[Event]) -> dict[Event, set[str]]:
    """Name anew the events of the days on which these were seen, or counted so far.

    Parameters
    ----------
    session
        Open session, in the one transaction that associates; not committed.
    events
        Just brought up to date.

    Returns
    -------
    dict
        Events whose names changed, with the names that came or went, as compared.
    """
    days = {day for event in events for day in _days_of(event)}
    if not days:
        return {}
    session.flush()
    known = _events_of(session, days)
    before = {event: names_of(event) for event in known}
    for event, name in _counted(known).items():
        if event.counted_name != name:
            event.counted_name = name
    return rename(session, before)


def _days_of(event: Event) -> set[Day]:
    rules = _rules(event)
    if not rules:
        return set()
    days = set()
    if event.event_time is not None:
        days.add((event.stream, event.event_time.astimezone(UTC).date()))
    if event.counted_name is not None:
        # Its time may have moved to another day: that day is counted without it.
        written = event.counted_name.rpartition("-")[2][:6]
        days.add((event.stream, datetime.strptime(written, "%y%m%d").replace(tzinfo=UTC).date()))
    return days


def _rules(event: Event) -> tuple[DayNames, ...]:
    return STREAMS[event.stream].day_names if event.stream in STREAMS else ()


def _events_of(session: Session, days: Collection[Day]) -> Sequence[Event]:
    """All events of these days, as the database has them now, in the order of their times."""
    spans = []
    for stream, day in sorted(days):
        start = datetime.combine(day, time(), UTC)
        seen = and_(Event.event_time >= start, Event.event_time < start + timedelta(days=1))
        counted = Event.counted_name.contains(f"-{day:%y%m%d}", autoescape=True)
        spans.append(and_(Event.stream == stream, or_(seen, counted)))
    query = select(Event).where(or_(*spans)).order_by(Event.event_time, Event.key)
    return session.scalars(query, execution_options={"populate_existing": True}).all()


def _counted(events: Sequence[Event]) -> dict[Event, str | None]:
    """Name of each event by the rule of its mission; None where it has one, or there is no rule."""
    names: dict[Event, str | None] = dict.fromkeys(events)
    series: dict[tuple[str, str], tuple[DayNames, list[Event]]] = {}
    for event in events:
        rule = _rule(event)
        if rule is not None and event.event_time is not None and not event.is_test:
            prefix = f"{rule.prefix}{event.event_time.astimezone(UTC):%y%m%d}"
            series.setdefault((event.stream, prefix), (rule, []))[1].append(event)
    for (_, prefix), (rule, of_day) in series.items():
        stated = [_stated_letters(event, prefix) for event in of_day]
        for event, own, letters in zip(of_day, stated, letters_in_order(stated), strict=True):
            if own is None:
                names[event] = prefix + (letters.upper() if rule.is_upper_case else letters)
    return names


def _rule(event: Event) -> DayNames | None:
    kind = event.type_name.casefold()
    return next((rule for rule in _rules(event) if rule.type_word in kind), None)


def _stated_letters(event: Event, prefix: str) -> str | None:
    """Letters by which somebody has called the event on that day, if anybody has."""
    beginning = normalized_name(prefix)
    for name in (event.given_name, event.name, *event.aliases):
        normalized = normalized_name(name or "")
        letters = normalized.removeprefix(beginning)
        if letters != normalized and letters and set(letters) <= set(_LETTERS):
            return letters
    return None


def letters_in_order(stated: Sequence[str | None]) -> list[str]:
    """Letters of a day's events, in the order of their times.

    Parameters
    ----------
    stated
        What is known of each event, None where nothing is.

    Returns
    -------
    list of str
        What is known stays; every other has the next letters after the event before it that
        nobody else has.

    Examples
    --------
    >>> letters_in_order([None, None])
    ['a', 'b']
    >>> letters_in_order([None, "a", "c", None])
    ['b', 'a', 'c', 'd']
    """
    taken = {letters for letters in stated if letters is not None}
    last, named = -1, []
    for letters in stated:
        if letters is not None:
            last = _number(letters)
            named.append(letters)
            continue
        last += 1
        while _letters(last) in taken:
            last += 1
        taken.add(_letters(last))
        named.append(_letters(last))
    return named


def _letters(number: int) -> str:
    """Letters of the event of that number, from zero: a to z, then aa."""
    first, last = divmod(number, len(_LETTERS))
    return (_letters(first - 1) if first else "") + _LETTERS[last]


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * len(_LETTERS) + _LETTERS.index(letter) + 1
    return number - 1
