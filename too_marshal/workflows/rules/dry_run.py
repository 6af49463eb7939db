"""The last notices, each as it stood when it came: what rules are tried on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.db.notices import NoticeState, ReceivedNotice
from too_marshal.notices.notice import Kind
from too_marshal.workflows.events.summarize import summary
from too_marshal.workflows.rules.conditions import Case

USUAL_SPAN = timedelta(days=30)


@dataclass(frozen=True)
class Past:
    """A notice of the past, and what a rule would have been asked of it."""

    event: Event
    """As it is today."""

    notice: ReceivedNotice
    """The notice."""

    case: Case
    """As things stood when it came."""


def past_cases(session: Session, span: timedelta, limit: int) -> list[Past]:
    """Notices that rules are asked about, the latest first; nothing is kept, told or planned.

    Parameters
    ----------
    session
        Open session; only read.
    span
        How far to look back.
    limit
        Notices at the most, the latest.
    """
    rows = session.scalars(
        select(ReceivedNotice)
        .where(
            ReceivedNotice.received_at >= now() - span,
            ReceivedNotice.state == NoticeState.UNDERSTOOD,
            ReceivedNotice.event_id.is_not(None),
            ReceivedNotice.kind != Kind.INFORMATION.value,
        )
        .order_by(ReceivedNotice.id.desc())
        .limit(limit)
    ).all()
    earlier = _notices_by_event(session, {row.event_id for row in rows if row.event_id})
    localizations = _ready_localizations(session, [row.id for row in rows])
    query = select(Event).where(Event.id.in_(earlier))
    events = {event.id: event for event in session.scalars(query)}
    cases = []
    for row in rows:
        event = events[row.event_id or 0]
        stood = _as_it_stood(event, earlier[event.id], row)
        began = stood.event_time or min(notice.received_at for notice in earlier[event.id])
        case = Case(stood, row.kind or "", localizations.get(row.id), row.received_at - began)
        cases.append(Past(event, row, case))
    return cases


def _as_it_stood(event: Event, notices: list[ReceivedNotice], last: ReceivedNotice) -> Event:
    """The event as all that had come until then told of it; not a row."""
    documents = [notice.document or {} for notice in notices if notice.id <= last.id]
    return Event(stream=event.stream, key=event.key, **summary(event.key, documents, event.aliases))


def _notices_by_event(session: Session, events: set[int]) -> dict[int, list[ReceivedNotice]]:
    """Notices of each event's own stream, in the mission's own order."""
    query = (
        select(ReceivedNotice)
        .join(Event, Event.id == ReceivedNotice.event_id)
        .where(
            Event.id.in_(events),
            ReceivedNotice.stream == Event.stream,
            ReceivedNotice.state == NoticeState.UNDERSTOOD,
        )
        .order_by(ReceivedNotice.order, ReceivedNotice.sha256)
    )
    notices: dict[int, list[ReceivedNotice]] = defaultdict(list)
    for row in session.scalars(query):
        assert row.event_id is not None
        notices[row.event_id].append(row)
    return notices


def _ready_localizations(session: Session, notices: list[int]) -> dict[int, Localization]:
    """The latest ready localization of each notice: its own, or the map that it links."""
    query = (
        select(Localization)
        .where(
            Localization.notice_id.in_(notices),
            Localization.state == LocalizationState.READY,
            Localization.variant != "combined",
            Localization.kind.not_in(["product", "masked"]),
        )
        .order_by(Localization.id)
    )
    return {localization.notice_id: localization for localization in session.scalars(query)}
