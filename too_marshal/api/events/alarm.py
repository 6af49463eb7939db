"""Who is on call, and alarms that somebody has to see to."""

from __future__ import annotations

from typing import Any

from flask import abort

from too_marshal.api.operations import Content, iso, operation
from too_marshal.api.schemas import INTEGER, TEXT, TIME, TRUTH, described, named, nullable, record
from too_marshal.db.accounts.people import Role, Scope
from too_marshal.db.alarms import Alarm, Shift
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.http.access import current_person
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.alarms.escalate import acknowledge_alarm, alarms_of
from too_marshal.workflows.alarms.shifts import on_call

SHIFT = named(
    "Shift",
    id=INTEGER,
    starts_at=TIME,
    ends_at=TIME,
    primary=described(TEXT, "who is woken first"),
    secondary=nullable(described(TEXT, "who is woken next")),
)
ALARM = named(
    "Alarm",
    id=INTEGER,
    event_id=INTEGER,
    why=described(TEXT, "which rule, or who, said so"),
    is_drill=TRUTH,
    opened_at=TIME,
    acknowledged_by=nullable(TEXT),
    acknowledged_at=nullable(TIME),
    acknowledged_how=TEXT,
    ended_at=nullable(described(TIME, "the event was retracted")),
)


@operation("GET", "/on-call", Content(record(shift=nullable(SHIFT))))
def get_on_call() -> dict[str, Any]:
    """Get the shift that is on call now, if there is one."""
    shift = on_call(database(), now())
    return {"shift": None if shift is None else _shift_to_json(shift)}


@operation(
    "GET", "/events/<row:event_id>/alarm", Content(record(alarm=nullable(ALARM))),
)  # fmt: skip
def get_alarm(event_id: int) -> dict[str, Any]:
    """Get the alarm of an event, if it has one."""
    row_or_404(Event, event_id)
    alarm = alarms_of(database(), [event_id]).get(event_id)
    return {"alarm": None if alarm is None else _alarm_to_json(alarm)}


@operation(
    "PUT",
    "/events/<row:event_id>/alarm/acknowledgment",
    Content(ALARM),
    role=Role.OBSERVER,
    scope=Scope.EVENTS,
    problems={409: "the event has no alarm"},
)
def put_alarm_acknowledgment(event_id: int) -> dict[str, Any]:
    """Say that one sees to an event; who was first stays."""
    row_or_404(Event, event_id)
    alarm = alarms_of(database(), [event_id]).get(event_id)
    if alarm is None:
        abort(409, "the event has no alarm")
    acknowledge_alarm(database(), alarm.id, by=current_person().username, how="program")
    return _alarm_to_json(database().get_one(Alarm, alarm.id, populate_existing=True))


def _shift_to_json(shift: Shift) -> dict[str, Any]:
    return {
        "id": shift.id,
        "starts_at": iso(shift.starts_at),
        "ends_at": iso(shift.ends_at),
        "primary": shift.primary.username,
        "secondary": None if shift.secondary is None else shift.secondary.username,
    }


def _alarm_to_json(alarm: Alarm) -> dict[str, Any]:
    return {
        "id": alarm.id,
        "event_id": alarm.event_id,
        "why": alarm.why,
        "is_drill": alarm.is_drill,
        "opened_at": iso(alarm.opened_at),
        "acknowledged_by": alarm.acknowledged_by,
        "acknowledged_at": iso(alarm.acknowledged_at),
        "acknowledged_how": alarm.acknowledged_how,
        "ended_at": iso(alarm.ended_at),
    }
