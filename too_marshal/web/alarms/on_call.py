"""Who is on call: the month, changes of hands, notes at the end, and a feed for calendars."""

from __future__ import annotations

from calendar import Calendar, month_name
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.alarms import Hours, Shift, ShiftChange
from too_marshal.db.base import now
from too_marshal.http.access import current_person, needs, public
from too_marshal.http.service import database, row_or_404, service
from too_marshal.workflows.alarms.calendar import feed_of
from too_marshal.workflows.alarms.shifts import (
    ShiftInvalid,
    Weekly,
    add_shifts,
    answer_change,
    hand_over_draft,
    offer_change,
    on_call,
    open_changes,
    remove_shift,
    shifts_between,
    write_hand_over,
)

on_call_pages = Blueprint("on_call", __name__)

FED = timedelta(days=400)
"""How far the feed for calendars looks ahead; as far back it keeps a month."""


@dataclass(frozen=True)
class Day:
    """A day of the month, and whose shifts touch it."""

    day: date
    is_of_month: bool
    is_today: bool
    shifts: Sequence[Shift]


@on_call_pages.get("/on-call")
@needs(Role.VIEWER)
def index() -> str:
    """Show a month of shifts, by the clocks of who looks."""
    zone = _zone()
    month = _month(zone)
    shifts = shifts_between(database(), *_span(month, zone))
    following = (month + timedelta(days=32)).replace(day=1)
    return render_template(
        "on_call.html",
        present=on_call(database(), now()),
        weeks=_weeks(month, zone, shifts),
        shifts=shifts,
        month=f"{month_name[month.month]} {month.year}",
        earlier=(month - timedelta(days=1)).strftime("%Y-%m"),
        following=following.strftime("%Y-%m"),
        zone=zone.key,
        changes=open_changes(database(), current_person()),
        observers=_observers(),
        feed=url_for("on_call.feed", token=_feeds().dumps(current_person().id), _external=True),
        now=now(),
    )


def _zone() -> ZoneInfo:
    hours = database().get(Hours, current_person().id)
    return ZoneInfo("UTC" if hours is None else hours.time_zone)


def _month(zone: ZoneInfo) -> date:
    try:
        asked = datetime.strptime(request.args.get("month", ""), "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        return now().astimezone(zone).date().replace(day=1)
    return min(max(asked, date(2000, 1, 1)), date(2200, 1, 1))


def _span(month: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    days = list(Calendar().itermonthdates(month.year, month.month))
    return _midnight(days[0], zone), _midnight(days[-1] + timedelta(days=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _weeks(month: date, zone: ZoneInfo, shifts: Sequence[Shift]) -> list[list[Day]]:
    today = now().astimezone(zone).date()

    def of(day: date) -> Day:
        start, end = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
        touching = [each for each in shifts if each.starts_at < end and each.ends_at > start]
        return Day(day, day.month == month.month, day == today, touching)

    return [
        [of(day) for day in week] for week in Calendar().monthdatescalendar(month.year, month.month)
    ]


def _observers() -> list[Person]:
    query = select(Person).where(Person.is_active, Person.role >= Role.OBSERVER)
    return list(database().scalars(query.order_by(Person.username)))


@on_call_pages.post("/on-call/shifts")
@needs(Role.ADMIN)
def add() -> WerkzeugResponse:
    """Add shifts, one a week."""
    form = request.form
    people = {person.username: person for person in _observers()}
    try:
        weekly = Weekly(
            date.fromisoformat(form.get("first_day", "")),
            time.fromisoformat(form.get("begins", "")),
            timedelta(hours=form.get("hours", default=0.0, type=float)),
            form.get("weeks", default=0, type=int),
            _zone(),
        )
        turns = [
            [people[name] for name in form.get(place, "").replace(",", " ").split()]
            for place in ("primaries", "secondaries")
        ]
        add_shifts(
            database(), weekly, primaries=turns[0], secondaries=turns[1],
            by=current_person().username,
        )  # fmt: skip
    except ShiftInvalid as err:
        abort(422, str(err))
    except KeyError as err:
        abort(422, f"There is no observer {err}.")
    except (ValueError, OverflowError):
        abort(422, "Give the day as 2026-12-24, the time as 18:00, hours and weeks as numbers.")
    flash("The shifts are added.")
    return _back()


@on_call_pages.post("/on-call/shifts/<row:shift_id>/remove")
@needs(Role.ADMIN)
def remove(shift_id: int) -> WerkzeugResponse:
    """Take a shift away."""
    row_or_404(Shift, shift_id)
    remove_shift(database(), shift_id)
    return _back()


@on_call_pages.post("/on-call/shifts/<row:shift_id>/change")
@needs(Role.OBSERVER)
def change(shift_id: int) -> WerkzeugResponse:
    """Offer to take a place of a shift, or ask somebody to take one's own."""
    row_or_404(Shift, shift_id)
    name = request.form.get("to", "")
    to = next((person for person in _observers() if person.username == name), None)
    if to is None:
        abort(422, "There is no such observer.")
    try:
        offer_change(database(), shift_id, request.form.get("place", ""), to, by=current_person())
    except ShiftInvalid as err:
        abort(409, str(err))
    flash("It holds once the other one agrees.")
    return _back()


@on_call_pages.post("/on-call/changes/<row:change_id>")
@needs(Role.OBSERVER)
def answer(change_id: int) -> WerkzeugResponse:
    """Agree to a change of hands, or do not."""
    row_or_404(ShiftChange, change_id)
    agrees = request.form.get("agrees") == "yes"
    try:
        answer_change(database(), change_id, by=current_person(), agrees=agrees)
    except ShiftInvalid as err:
        abort(409, str(err))
    flash("Agreed: the shift has changed hands." if agrees else "It stays as it was.")
    return _back()


@on_call_pages.get("/on-call/shifts/<row:shift_id>/note")
@needs(Role.VIEWER)
def note(shift_id: int) -> str:
    """Show the note of a shift for who comes next, or a draft of it."""
    shift = row_or_404(Shift, shift_id)
    draft = shift.note or hand_over_draft(database(), shift)
    return render_template("hand_over.html", shift=shift, draft=draft)


@on_call_pages.post("/on-call/shifts/<row:shift_id>/note")
@needs(Role.OBSERVER)
def store_note(shift_id: int) -> WerkzeugResponse:
    """Store the note of a shift."""
    row_or_404(Shift, shift_id)
    text = request.form.get("text", "").replace("\0", "")
    try:
        write_hand_over(database(), shift_id, text, by=current_person().username)
    except ShiftInvalid as err:
        abort(422, str(err))
    flash("The note is stored.")
    return redirect(url_for("on_call.note", shift_id=shift_id), 303)


@on_call_pages.get("/on-call/<token>.ics")
@public
def feed(token: str) -> Response:
    """Give the shifts to a calendar; whoever has the address may read them."""
    try:
        person = database().get(Person, int(_feeds().loads(token)))
    except (BadSignature, TypeError, ValueError):
        abort(404)
    if person is None or not person.is_active:
        abort(404)
    shifts = shifts_between(database(), now() - timedelta(days=31), now() + FED)
    return Response(feed_of(shifts, service().settings.public_url), mimetype="text/calendar")


def _feeds() -> URLSafeSerializer:
    return URLSafeSerializer(service().settings.session_key(), salt="on-call feed")


def _back() -> WerkzeugResponse:
    return redirect(url_for("on_call.index", month=request.form.get("month") or None), 303)
