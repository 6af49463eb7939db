"""Answer an alarm: by its link, by a key on the telephone, or on the event's page."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.alarms import Alarm
from too_marshal.db.events import Event
from too_marshal.deployment.senders.twilio import is_signed
from too_marshal.http.access import current_person, needs, public
from too_marshal.http.service import database, row_or_404, service
from too_marshal.workflows.alarms.escalate import acknowledge_alarm, alarms_of
from too_marshal.workflows.alarms.tokens import read_token

answers = Blueprint("answers", __name__)
telephone = Blueprint("telephone", __name__)
"""Called by a telephone service, which has no form of ours: its signature is looked at instead."""

_THANKS = (
    '<?xml version="1.0" encoding="UTF-8"?><Response><Say>Thank you. {name} sees to it.'
    "</Say></Response>"
)


@answers.get("/acknowledge/<token>")
@public
def ask(token: str) -> str:
    """Show what is to be acknowledged; programs that look at links in messages change nothing."""
    alarm, person = _of_token(token)
    return render_template("acknowledge.html", alarm=alarm, event=alarm.event, who=person)


@answers.post("/acknowledge/<token>")
@public
def acknowledge(token: str) -> WerkzeugResponse:
    """Say that the person to whom the link was sent sees to it."""
    alarm, person = _of_token(token)
    acknowledge_alarm(database(), alarm.id, by=person.username, how="link")
    return redirect(url_for("answers.ask", token=token), 303)


@telephone.post("/acknowledge/<token>/key")
@public
def key(token: str) -> Response:
    """Take the key that was pressed on a telephone, from the service that called it."""
    settings = service().settings
    address = f"{settings.public_url.rstrip('/')}{request.path}"
    signature = request.headers.get("X-Twilio-Signature", "")
    pairs = list(request.form.items(multi=True))
    if not (settings.twilio_token and is_signed(settings.twilio_token, address, pairs, signature)):
        abort(400, "It is not signed by the telephone service.")
    alarm, person = _of_token(token)
    if request.form.get("Digits"):
        acknowledge_alarm(database(), alarm.id, by=person.username, how="key")
    alarm = database().get_one(Alarm, alarm.id, populate_existing=True)
    text = _THANKS.format(name=alarm.acknowledged_by or "Nobody")
    return Response(text, mimetype="text/xml")


def _of_token(token: str) -> tuple[Alarm, Person]:
    wanted = read_token(service().settings.session_key(), token)
    if wanted is None:
        abort(404, "The link is none of ours, or older than 12 hours. Log in to acknowledge.")
    person = database().get(Person, wanted.person_id)
    alarm = database().get(Alarm, wanted.alarm_id)
    if alarm is None or person is None or not person.is_active:
        abort(404)
    return alarm, person


@answers.post("/events/<row:event_id>/alarm")
@needs(Role.OBSERVER)
def on_page(event_id: int) -> WerkzeugResponse:
    """Say on the event's page that one sees to it."""
    row_or_404(Event, event_id)
    alarm = alarms_of(database(), [event_id]).get(event_id)
    if alarm is None:
        abort(404)
    by = current_person().username
    if acknowledge_alarm(database(), alarm.id, by=by, how="page"):
        flash("The alarm is acknowledged: nobody else is woken.")
    else:
        flash(f"{alarm.acknowledged_by} had acknowledged it before.")
    return redirect(url_for("events.event", event_id=event_id), 303)
