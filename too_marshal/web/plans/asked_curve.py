"""What telescope time would buy, asked in the form of a plan before there is one."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from planners.registry import MAP_PLANNERS
from too_marshal.db.accounts.people import Role
from too_marshal.db.events import Event
from too_marshal.db.observing.curves import AskedCurve
from too_marshal.http.access import current_person, needs
from too_marshal.http.service import database, row_or_404
from too_marshal.web.plans.ask import choices
from too_marshal.web.plans.curve import CurvePicture, picture
from too_marshal.web.plans.form import TARGETS, PlanForm
from too_marshal.workflows.planning.asked_curve import ask_for_curve

curves = Blueprint("curves", __name__)


@curves.post("/events/<row:event_id>/curves")
@needs(Role.OBSERVER)
def ask(event_id: int) -> WerkzeugResponse:
    """Ask what telescope time would buy for what the form says."""
    event = row_or_404(Event, event_id)
    form = PlanForm.typed(request.form)
    if form.values["planner"] not in ("", *MAP_PLANNERS) or form.values[TARGETS.name]:
        form.errors["planner"] = "What time buys is worked out where a planner chooses the fields."
    wish = form.request()
    if not form.errors:
        try:
            row = ask_for_curve(
                database(), event, telescope=form.values["telescope"], request=wish,
                localization_id=form.localization_id, no_earth=form.no_earth,
                by=current_person().username,
            )  # fmt: skip
        except ValueError as err:
            database().rollback()
            form.errors["form"] = str(err)
        else:
            if request.headers.get("HX-Request"):
                return make_response(_part(row))
            return redirect(url_for("curves.curve", curve_id=row.id), 303)
    offered = choices(database(), event)
    response = make_response(
        render_template("_plan_form.html", event=event, form=form, **offered)
        if request.headers.get("HX-Request")
        else render_template("curve.html", event=event, row=None, curve=None, errors=form.errors),
        422,
    )
    # The answer takes the place of the whole form, and not of the picture in it.
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#plan-form", "outerHTML"
    return response


@curves.get("/curves/<row:curve_id>")
@needs(Role.VIEWER)
def curve(curve_id: int) -> str:
    """Show a curve that was asked for, or that it is being worked out."""
    row = row_or_404(AskedCurve, curve_id)
    if request.headers.get("HX-Request"):
        return _part(row)
    event = row_or_404(Event, row.event_id)
    return render_template("curve.html", event=event, row=row, curve=_drawn(row), errors={})


def _part(row: AskedCurve) -> str:
    return render_template("_asked_curve.html", row=row, curve=_drawn(row))


def _drawn(row: AskedCurve) -> CurvePicture | None:
    return picture(row.curve, {})
