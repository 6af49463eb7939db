"""What a plan would come to, told in its form while it is filled in."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from planners.registry import MAP_PLANNERS
from too_marshal.db.accounts.people import Role
from too_marshal.db.events import Event
from too_marshal.http.access import needs
from too_marshal.http.service import database, row_or_404
from too_marshal.web.plans.form import TARGETS, PlanForm
from too_marshal.workflows.planning.estimate import Estimate, EstimateBusy, estimate

estimates = Blueprint("estimates", __name__)


@estimates.post("/events/<row:event_id>/estimate")
@needs(Role.OBSERVER)
def ask(event_id: int) -> str:
    """Say what a plan as the form asks for it would come to; nothing is kept."""
    event = row_or_404(Event, event_id)
    form = PlanForm.typed(request.form)
    wish = form.request()
    if form.errors:
        # They are told where they stand when the plan is asked for: somebody is still typing.
        return _said(event, why="The form is not complete yet: there is no estimate.")
    if form.values["planner"] not in ("", *MAP_PLANNERS) or form.values[TARGETS.name]:
        return _said(event, why="There is an estimate where the planner chooses the fields.")
    try:
        found = estimate(
            database(), event, telescope=form.values["telescope"], request=wish,
            localization_id=form.localization_id, no_earth=form.no_earth,
        )  # fmt: skip
    except EstimateBusy:
        return _said(event, is_busy=True)
    except ValueError as err:
        database().rollback()
        return _said(event, why=f"There is no estimate: {err}.")
    return _said(event, found=found)


def _said(
    event: Event, *, found: Estimate | None = None, why: str = "", is_busy: bool = False
) -> str:
    return render_template(
        "_plan_estimate.html", event=event, found=found, why=why, is_busy=is_busy
    )
