"""What the first screen of an event says: the verdict, what changed, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import Role
from too_marshal.db.alarms import Alarm
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.observing.plans import Plan
from too_marshal.http.access import current_person, needs
from too_marshal.http.service import database, row_or_404, service
from too_marshal.workflows.alarms.escalate import acknowledge_alarm, alarms_of
from too_marshal.workflows.events.spoken import spoken_name
from too_marshal.workflows.incident import acknowledge as by_person
from too_marshal.workflows.incident.changes import Change, last_change
from too_marshal.workflows.incident.next_step import Step, also, next_step
from too_marshal.workflows.incident.standing import Sending, Standing, sending, standings
from too_marshal.workflows.incident.status import EventStatus, status
from too_marshal.workflows.incident.verdict import what_can_be_done, what_it_is
from too_marshal.workflows.observability.tonight import tonight

incident = Blueprint("incident", __name__)


@dataclass(frozen=True)
class FirstScreen:
    """What a person who was woken has to know."""

    standing: Standing
    sending: Sending
    step: Step
    also: list[Plan]
    """Plans of other telescopes that could be submitted too."""

    status: EventStatus
    what: str
    reach: str
    change: Change | None
    alarm: Alarm | None
    """That somebody has to see to it, or has seen to it."""


def first_screen(session: Session, event: Event) -> FirstScreen:
    """Read what an event's page says first."""
    standing = standings(session, [event])[event.id]
    ways = sending(session, service().robots)
    present = now()
    step = next_step(standing, ways, present)
    return FirstScreen(
        standing=standing,
        sending=ways,
        step=step,
        also=also(standing, step, ways, present),
        status=status(standing, ways, present),
        what=what_it_is(standing),
        reach=what_can_be_done(standing, step, tonight(session, event)),
        change=last_change(session, event),
        alarm=alarms_of(session, [event.id]).get(event.id),
    )


@incident.post("/events/<row:event_id>/acknowledgments")
@needs(Role.OBSERVER)
def acknowledge(event_id: int) -> WerkzeugResponse:
    """Say that the event, as it stands, is seen."""
    event = row_or_404(Event, event_id)
    try:
        seen = datetime.fromisoformat(request.form.get("seen", ""))
    except ValueError:
        abort(400, "The form does not say what was seen. Reload the page.")
    by = current_person().username
    if by_person.acknowledge(database(), event, seen, by=by):
        alarm = alarms_of(database(), [event_id]).get(event_id)
        if alarm is not None:
            acknowledge_alarm(database(), alarm.id, by=by, how="page")
        flash(f"{spoken_name(event)} is acknowledged.")
    else:
        flash(f"{spoken_name(event)} has changed meanwhile: look again before you acknowledge it.")
    return redirect(url_for("events.event", event_id=event_id), 303)
