"""The latency ledger: when each step of an event was taken, read from what the steps left behind.

Nothing is written for it, so it cannot differ from what happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from too_marshal.db.alarms import Alarm, Notification, Occasion
from too_marshal.db.circulars import CircularDraft, CircularSending
from too_marshal.db.counterparts.alerts import AlertLevel, KeptAlert
from too_marshal.db.counterparts.candidates import Candidate
from too_marshal.db.deliveries import Delivery
from too_marshal.db.events import Acknowledgment, Event
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.db.notices import ReceivedNotice
from too_marshal.db.observing.exposures import Exposure, ExposureImport
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import Submission
from too_marshal.notices.notice import Kind

STEPS: Mapping[str, str] = {
    "trigger": "source seen (T0)",
    "published": "notice published",
    "received": "notice received",
    "map": "sky map ready",
    "planned": "plan ready",
    "told": "somebody told",
    "acknowledged": "acknowledged",
    "approved": "plan approved",
    "accepted": "robot has the queue",
    "first shutter": "first shutter",
    "last shutter": "last shutter",
    "alerts in": "first alert from the region",
    "candidate saved": "first candidate saved",
    "circular": "circular drafted",
    "circular sent": "circular sent",
}
"""In the order in which they are meant to be taken, in words."""

ORIGIN, ARRIVAL = "trigger", "received"
"""What the mission's steps count from, and what ours do."""

ABOUT = (Occasion.EVENT, Occasion.ALARM)
"""Messages that tell of an event."""

BEFORE_US = ("published", ARRIVAL)


@dataclass(frozen=True)
class Moment:
    """One step that was taken."""

    step: str
    """One of `STEPS`."""

    at: datetime
    """UTC."""

    since_trigger: float | None
    """s; None where the mission tells no time."""

    since_arrival: float
    """s after the first notice was received."""


def ledger_of(session: Session, event_id: int) -> list[Moment]:
    """The steps that were taken for an event, in the order in which they were."""
    times = times_of(session, lambda event: event == event_id).get(event_id, {})
    arrival, trigger = times.get(ARRIVAL), times.get(ORIGIN)
    if arrival is None:
        return []
    order = list(STEPS)
    taken = sorted(times.items(), key=lambda entry: (entry[1], order.index(entry[0])))
    return [
        Moment(
            step,
            at,
            None if trigger is None else (at - trigger).total_seconds(),
            (at - arrival).total_seconds(),
        )
        for step, at in taken
    ]


Column = InstrumentedAttribute[int] | InstrumentedAttribute[int | None]
Wanted = Callable[[Column], ColumnElement[bool]]


def times_of(session: Session, is_wanted: Wanted) -> dict[int, dict[str, datetime]]:
    """When the steps were taken, by event and step.

    Parameters
    ----------
    session
        Open session.
    is_wanted
        Of which events, as a condition on a column that holds an event's number: it is asked of
        each table, since none is to be read whole for the sake of one event.
    """
    parts = {step: statement.subquery() for step, statement in _statements(is_wanted).items()}
    steps = union_all(
        *(select(literal(step), part.c.event_id, part.c.at) for step, part in parts.items())
    )
    times: dict[int, dict[str, datetime]] = {}
    for step, event_id, at in session.execute(steps):
        if at is not None:
            times.setdefault(event_id, {})[step] = at
    return times


def _statements(is_wanted: Wanted) -> dict[str, Select[Any]]:
    """For each step the wanted events, with the moment at which it was first taken."""

    def first(event: Column, moment: Any, *tables: tuple[Any, Any]) -> Select[Any]:
        query = select(event.label("event_id"), func.min(moment).label("at"))
        for table, condition in tables:
            query = query.join(table, condition)
        return query.where(is_wanted(event)).group_by(event)

    own = (
        ReceivedNotice,
        (ReceivedNotice.event_id == Event.id)
        & (ReceivedNotice.stream == Event.stream)
        & (ReceivedNotice.kind != Kind.INFORMATION.value),
    )
    published = cast(ReceivedNotice.document["published"].as_string(), DateTime(timezone=True))
    sent = (Submission, Submission.plan_id == Plan.id)
    ready = case((Localization.state == LocalizationState.READY, Localization.ready_at))
    exposures = _exposures(is_wanted).subquery()
    seen = select(exposures.c.event_id).group_by(exposures.c.event_id)
    return {
        "trigger": first(Event.id, Event.event_time),
        "published": first(Event.id, published, own),
        "received": first(Event.id, ReceivedNotice.received_at, own),
        "map": first(Localization.event_id, ready),
        "planned": first(Plan.event_id, Plan.ready_at),
        "told": _told(is_wanted),
        "acknowledged": _acknowledged(is_wanted),
        "approved": first(Plan.event_id, Submission.approved_at, sent),
        "accepted": first(Plan.event_id, Submission.accepted_at, sent),
        "first shutter": seen.add_columns(func.min(exposures.c.start).label("at")),
        "last shutter": seen.add_columns(func.max(exposures.c.start).label("at")),
        "alerts in": first(
            AlertLevel.event_id,
            KeptAlert.received_at,
            (KeptAlert, KeptAlert.id == AlertLevel.alert_id),
        ),
        "candidate saved": first(Candidate.event_id, Candidate.saved_at),
        "circular": first(CircularDraft.event_id, CircularDraft.created_at),
        "circular sent": first(
            CircularDraft.event_id,
            CircularSending.sent_at,
            (CircularSending, CircularSending.draft_id == CircularDraft.id),
        ),
    }


def _told(is_wanted: Wanted) -> Select[Any]:
    """When a channel, or a person by a way of their own, was first told."""
    return _earlier(
        select(Delivery.event_id, Delivery.sent_at.label("at")).where(is_wanted(Delivery.event_id)),
        select(Notification.event_id, Notification.sent_at).where(
            is_wanted(Notification.event_id), Notification.occasion.in_(ABOUT)
        ),
    )


def _acknowledged(is_wanted: Wanted) -> Select[Any]:
    """When somebody first said that they had seen it, or see to it."""
    return _earlier(
        select(Acknowledgment.event_id, Acknowledgment.made_at.label("at")).where(
            is_wanted(Acknowledgment.event_id)
        ),
        select(Alarm.event_id, Alarm.acknowledged_at).where(is_wanted(Alarm.event_id)),
    )


def _earlier(*queries: Any) -> Select[Any]:
    every = union_all(*queries).subquery()
    return select(every.c.event_id, func.min(every.c.at).label("at")).group_by(every.c.event_id)


def _exposures(is_wanted: Wanted) -> Select[Any]:
    """Exposures of each event since its source was seen: its robots' and what was brought."""
    by_robot = (
        select(Plan.event_id.label("event_id"), Exposure.start.label("start"))
        .join(Submission, Submission.plan_id == Plan.id)
        .join(Exposure, Exposure.submission_id == Submission.id)
        .where(is_wanted(Plan.event_id))
    )
    brought = (
        select(ExposureImport.event_id, Exposure.start)
        .join(Exposure, Exposure.import_id == ExposureImport.id)
        .where(ExposureImport.undone_at.is_(None), is_wanted(ExposureImport.event_id))
    )
    every = union_all(by_robot, brought).subquery()
    return (
        select(every.c.event_id, every.c.start)
        .join(Event, Event.id == every.c.event_id)
        .where((Event.event_time.is_(None)) | (every.c.start >= Event.event_time))
    )
