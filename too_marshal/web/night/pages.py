"""The addresses of the night strip: the chart of a telescope, and asking for what is missing."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from telescopes import TELESCOPES
from too_marshal import tasks
from too_marshal.db.accounts.people import Role
from too_marshal.db.events import Event
from too_marshal.db.observing.plans import Plan
from too_marshal.http.access import needs
from too_marshal.http.service import database, row_or_404, service
from too_marshal.web.night.chart import region_chart
from too_marshal.web.night.plan_chart import PlanChart, plan_chart
from too_marshal.web.night.strip import NightStrip, night_strip
from too_marshal.web.night.text import night_name, sentence
from too_marshal.workflows.observability.exposure_times import ExposureTimes, exposure_times
from too_marshal.workflows.observability.stored_night import StoredNight, to_come

nights = Blueprint("nights", __name__)


@nights.get("/events/<row:event_id>/night")
@needs(Role.VIEWER)
def index(event_id: int) -> str:
    """Show tonight at every telescope."""
    event = row_or_404(Event, event_id)
    strip = night_strip(database(), event, service().robots.names(), others=True)
    return render_template("nights.html", event=event, strip=strip, why_none=_why_none(event, None))


@nights.get("/events/<row:event_id>/night/<telescope>")
@needs(Role.VIEWER)
def chart(event_id: int, telescope: str) -> str:
    """Show the airmass of an event's region through a night of one telescope."""
    event = row_or_404(Event, event_id)
    if telescope not in TELESCOPES:
        abort(404, f"No telescope is called {telescope[:40]}.")
    known = _nights(event, telescope)
    night = _chosen(known)
    times = exposure_times(database(), event).get(telescope, ExposureTimes())
    template = "_night_chart.html" if request.headers.get("HX-Request") else "night.html"
    return render_template(
        template,
        event=event,
        telescope=telescope,
        site=TELESCOPES[telescope].site,
        chart=None if night is None else region_chart(night, times),
        why_none=_why_none(event, night),
        nights=[(each.night, night_name(each)) for each in known],
        chosen=None if night is None else night.night,
    )


def _nights(event: Event, telescope: str) -> list[StoredNight]:
    if event.current_localization_id is None:
        return []
    return to_come(database(), event.current_localization_id).get(telescope, [])


def _chosen(known: list[StoredNight]) -> StoredNight | None:
    """The night that is asked for, or tonight."""
    text = request.args.get("night")
    if text is None:
        return known[0] if known else None
    try:
        wanted = date.fromisoformat(text)
    except ValueError:
        abort(422, "The night to show is no date, such as 2026-11-28.")
    found = next((night for night in known if night.night == wanted), None)
    return found or abort(404, "This night is not worked out.")


def _why_none(event: Event, night: StoredNight | None) -> str:
    """Why there is no chart; empty where there is one."""
    if event.is_retracted:
        return "The event is retracted: nothing is to be observed."
    if event.current_localization_id is None:
        return "There is no sky map yet."
    if night is None:
        return "What is up tonight is not worked out yet."
    return "" if night.length else sentence(night)


@nights.post("/events/<row:event_id>/night")
@needs(Role.OBSERVER)
def ask(event_id: int) -> WerkzeugResponse:
    """Ask for the nights to come of an event that is not looked at any more by itself."""
    event = row_or_404(Event, event_id)
    if event.is_retracted or event.current_localization_id is None:
        abort(409, _why_none(event, None))
    tasks.work_out_nights(localization_id=event.current_localization_id).defer(database())
    database().commit()
    flash("The nights to come are being worked out.")
    return redirect(url_for("events.event", event_id=event_id) + "#night", 303)


def _strip(event: Event) -> NightStrip:
    return night_strip(database(), event, service().robots.names())


def _chart_of_plan(plan: Plan) -> PlanChart | None:
    return plan_chart(database(), plan)


def install(app: Flask) -> None:
    """Give the templates the strip of an event, and the chart of a plan."""
    app.add_template_global(_strip, "night_strip")
    app.add_template_global(_chart_of_plan, "plan_chart")
