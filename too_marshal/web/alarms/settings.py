"""What a person wants to be told of, by which ways, and when; and teams."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.accounts.teams import Team
from too_marshal.db.alarms import (
    Contact,
    Hours,
    Notification,
    Subscription,
)
from too_marshal.deployment.senders.registry import senders_of
from too_marshal.http.access import current_person, may, needs
from too_marshal.http.service import database, row_or_404, service
from too_marshal.web.rules.form import ASKED
from too_marshal.workflows.alarms.people import (
    ContactInvalid,
    add_contact,
    add_team,
    set_hours,
    set_members,
)
from too_marshal.workflows.alarms.subscriptions import (
    SubscriptionInvalid,
    Wanted,
    checked,
    subscribe,
    would_have_told,
)
from too_marshal.workflows.alarms.tell import send_test

alarm_settings = Blueprint("alarm_settings", __name__)
teams = Blueprint("teams", __name__)

SHOWN = 20
"""Messages of the last time."""

CONDITIONS = [asked for asked in ASKED if asked.name not in {"kinds", "fits_camera"}]
"""What a subscription may ask for: it is about events as they stand, not about a telescope."""


@alarm_settings.get("/account/alarms")
@needs(Role.VIEWER)
def index() -> str:
    """Show how one is reached, of what one is told, and what became of the last messages."""
    return _page()


def _page(**more: Any) -> str:
    person, session = current_person(), database()
    hours = session.get(Hours, person.id)
    given = {
        "contacts": session.scalars(
            select(Contact).where(Contact.person_id == person.id).order_by(Contact.id)
        ).all(),
        "subscriptions": _own(person),
        "sent": session.scalars(
            select(Notification)
            .where(Notification.person_id == person.id)
            .order_by(Notification.id.desc())
            .limit(SHOWN)
        ).all(),
        "senders": senders_of(service().settings),
        "hours": hours or Hours(time_zone="UTC", quiet_from="", quiet_until="",
                                always_wakes=True, holidays=[]),
        "zones": sorted(available_timezones()),
        "conditions": CONDITIONS,
        "values": {},
        "errors": {},
        "tried": None,
        "teams": session.scalars(select(Team).order_by(Team.name)).all(),
    }  # fmt: skip
    return render_template("alarms.html", **{**given, **more})


def _own(person: Person) -> list[Subscription]:
    """Those of a person and of the teams that they are in."""
    in_teams = select(Team.id).where(Team.members.any(Person.id == person.id))
    query = select(Subscription).where(
        (Subscription.person_id == person.id) | Subscription.team_id.in_(in_teams)
    )
    return list(database().scalars(query.order_by(Subscription.id)))


@alarm_settings.post("/account/alarms/contacts")
@needs(Role.VIEWER)
def add() -> WerkzeugResponse:
    """Add a way to be reached."""
    try:
        add_contact(
            database(),
            senders_of(service().settings),
            current_person(),
            kind=request.form.get("kind", ""),
            address=request.form.get("address", "").replace("\0", "")[:400],
            wakes=request.form.get("wakes") == "yes",
        )
    except ContactInvalid as err:
        abort(422, str(err))
    flash("Added. Send yourself a test.")
    return _back("contacts")


@alarm_settings.post("/account/alarms/contacts/<row:contact_id>")
@needs(Role.VIEWER)
def change_contact(contact_id: int) -> WerkzeugResponse:
    """Send a test by a way of one's own, switch it on or off, or take it away."""
    contact = row_or_404(Contact, contact_id)
    if contact.person_id != current_person().id:
        abort(404)
    act = request.form.get("act")
    if act == "test":
        send_test(database(), contact)
        flash("A test is on its way: what became of it stands below.")
        return _back("sent")
    if act == "remove":
        database().delete(contact)
    elif act in {"on", "off"}:
        contact.is_enabled = act == "on"
    else:
        abort(400)
    database().commit()
    return _back("contacts")


@alarm_settings.post("/account/alarms/hours")
@needs(Role.VIEWER)
def store_hours() -> WerkzeugResponse:
    """Store quiet hours, time zone and holidays."""
    form = {name: text.replace("\0", "").strip() for name, text in request.form.items()}
    days = [line.replace(" to ", " ").split() for line in form.get("holidays", "").splitlines()]
    if any(len(line) > 2 for line in days) or len(days) > 60:
        abort(422, "Holidays: one a line, the first day and the last, as 2026-12-24 2026-12-26.")
    try:
        set_hours(
            database(),
            current_person(),
            time_zone=form.get("time_zone", ""),
            quiet_from=form.get("quiet_from", ""),
            quiet_until=form.get("quiet_until", ""),
            always_wakes=form.get("always_wakes") == "yes",
            holidays=[(line[0], line[-1]) for line in days if line],
        )
    except ContactInvalid as err:
        abort(422, str(err))
    flash("Your hours are stored.")
    return _back("hours")


@alarm_settings.post("/account/alarms/subscriptions")
@needs(Role.VIEWER)
def add_subscription() -> str | tuple[str, int] | WerkzeugResponse:
    """Try a subscription on the last 30 days, or store it."""
    values = {name: text.replace("\0", "").strip()[:600] for name, text in request.form.items()}
    try:
        wanted = checked(_wanted(values))
    except SubscriptionInvalid as err:
        return _page(values=values, errors=err.faults), 422
    if values.get("act") != "save":
        return _page(values=values, tried=would_have_told(database(), wanted))
    team = None
    if values.get("team"):
        team = database().scalars(select(Team).where(Team.name == values["team"])).one_or_none()
        if team is None or not may(Role.ADMIN):
            abort(422, "Only an administrator subscribes a team, and it must be there.")
    subscribe(database(), wanted, person=None if team else current_person(), team=team)
    flash(f"You are told of {wanted.name} from now on.")
    return _back("subscriptions")


def _wanted(values: dict[str, str]) -> Wanted:
    conditions, faults = {}, {}
    for asked in CONDITIONS:
        try:
            value = asked.read(values.get(asked.name, ""))
        except ValueError as err:
            faults[asked.name] = str(err)
            continue
        if value not in (None, "", [], {}, False):
            conditions[asked.name] = value
    least = values.get("minimum_reachable", "").rstrip("% ")
    reachable = None
    if least:
        try:
            reachable = float(least) / 100
        except ValueError:
            faults["minimum_reachable"] = "A percentage, as 30."
    if faults:
        raise SubscriptionInvalid(faults)
    return Wanted(values.get("name", ""), conditions, reachable, values.get("is_top") == "yes")


@alarm_settings.post("/account/alarms/subscriptions/<row:subscription_id>/remove")
@needs(Role.VIEWER)
def remove_subscription(subscription_id: int) -> WerkzeugResponse:
    """End a subscription."""
    row = row_or_404(Subscription, subscription_id)
    if row.person_id != current_person().id and not may(Role.ADMIN):
        abort(404)
    database().delete(row)
    database().commit()
    return _back("subscriptions")


@teams.post("/teams")
@needs(Role.ADMIN)
def add_one() -> WerkzeugResponse:
    """Make a team."""
    try:
        add_team(database(), request.form.get("name", "").replace("\0", ""))
    except ContactInvalid as err:
        abort(422, str(err))
    return redirect(url_for("people.index", _anchor="teams"), 303)


@teams.post("/teams/<row:team_id>")
@needs(Role.ADMIN)
def change_team(team_id: int) -> WerkzeugResponse:
    """Say who is in a team, or take it away."""
    team = row_or_404(Team, team_id)
    if request.form.get("act") == "remove":
        database().delete(team)
        database().commit()
    else:
        set_members(database(), team, request.form.getlist("member"))
    return redirect(url_for("people.index", _anchor="teams"), 303)


def _back(anchor: str) -> WerkzeugResponse:
    return redirect(url_for("alarm_settings.index", _anchor=anchor), 303)
