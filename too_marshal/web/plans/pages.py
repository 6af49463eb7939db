"""The plan page: what would be observed, why not more, and its approval."""

from __future__ import annotations

import json
import re
import secrets
from collections import Counter
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import undefer
from werkzeug.wrappers import Response as WerkzeugResponse

from planners.files.plan_files import table_text
from planners.files.regions import region_text
from telescopes import TELESCOPES
from too_marshal.db.accounts.people import Role
from too_marshal.db.base import now
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.db.observing.preflights import ERROR, WARNING, Preflight, latest_preflight
from too_marshal.db.observing.queues import LIVE, Submission
from too_marshal.http.access import current_person, needs, recent_login
from too_marshal.http.service import database, row_or_404, service
from too_marshal.web import sky
from too_marshal.web.plans.curve import picture
from too_marshal.web.plans.exposure_table import exposure_table
from too_marshal.web.plans.text import how_far
from too_marshal.workflows.exposures.visits import visits_of
from too_marshal.workflows.incident.next_step import next_step
from too_marshal.workflows.incident.notes import notes_of
from too_marshal.workflows.incident.standing import sending, standings
from too_marshal.workflows.incident.submittable import against
from too_marshal.workflows.incident.verdict import what_it_reaches
from too_marshal.workflows.plan_document import read_plan
from too_marshal.workflows.planning.again import ask_again
from too_marshal.workflows.planning.budget_plan import ask_for_budget
from too_marshal.workflows.planning.by_hand import why_not
from too_marshal.workflows.planning.cancel_plan import cancel_plan
from too_marshal.workflows.planning.compute import has_curve
from too_marshal.workflows.planning.follow_up import ask_for_follow_up
from too_marshal.workflows.planning.plan_queue import turns
from too_marshal.workflows.programs.charge import (
    approvers_for,
    charged_name,
    paying_program,
    programs_at,
    start_of,
    why_not_by,
)
from too_marshal.workflows.submissions.approve import approve_checked, blocker
from too_marshal.workflows.submissions.check import ask_for_preflight
from too_marshal.workflows.submissions.choose_program import choose_program

MAX_UNOBSERVED = 100
"""Fields listed with the reason why they are left out, the most probable first."""

_CURVE_COMES_WITHIN = timedelta(minutes=2)
"""Of the plan; later the page does not ask for it any more."""

plans = Blueprint("plans", __name__)


@plans.get("/plans/<row:plan_id>")
@needs(Role.VIEWER)
def plan(plan_id: int) -> str:
    """Show one plan."""
    row = row_or_404(Plan, plan_id, undefer(Plan.document))
    submissions = list(
        database().scalars(
            select(Submission).where(Submission.plan_id == plan_id).order_by(Submission.id.desc())
        )
    )
    visits = visits_of(database(), row)
    standing = standings(database(), [row.event])[row.event_id]
    ways, present = sending(database(), service().robots), now()
    return render_template(
        "plan.html",
        plan=row,
        turns=turns(database(), [row]),
        event=row.event,
        localization=row.localization,
        drawn=sky.drawn(database(), [row.localization]),
        **_charged(row),
        unobserved=_unobserved(row)[:MAX_UNOBSERVED],
        submissions=submissions,
        is_live=any(submission.state in LIVE for submission in submissions),
        blocker=blocker(database(), service().robots, row),
        reach=what_it_reaches(row),
        outdated=against(row, standing, ways, present),
        step=next_step(standing, ways, present),
        visits=visits if any(visit.taken for visit in visits) else [],
        outcomes=Counter(visit.outcome for visit in visits),
        preflight=_check(row),
        curve=picture(row.curve, row.statistics),
        curve_waits=_waits_for_curve(row),
        stops=how_far(row.request),
        can_be_changed=not why_not(database(), row),
        exposure_table=exposure_table(row, request.args.get("order", "")),
        varied_exposures=len({each.exposure_time for each in row.exposures}) > 1,
        notes=notes_of(database(), row.event_id, plan_id),
        about_plan=plan_id,
        ERROR=ERROR,
        WARNING=WARNING,
        # Made with the page: a second press of the button, or a reload of it, finds the first.
        idempotency_key=secrets.token_urlsafe(16),
    )


def _check(plan: Plan) -> Preflight | None:
    """The last check of a plan; none that was made for another program."""
    preflight = latest_preflight(database(), plan.id)
    if preflight is None or preflight.done_at is None:
        return preflight
    return preflight if preflight.program == charged_name(service().robots, plan) else None


def _waits_for_curve(plan: Plan) -> bool:
    """Whether the curve may still come: it is worked out right after the plan."""
    return (
        plan.curve is None
        and has_curve(plan)
        and plan.ready_at is not None
        and now() - plan.ready_at < _CURVE_COMES_WITHIN
    )


def _charged(plan: Plan) -> dict[str, Any]:
    """What the page says of the program that pays, and of who may charge it."""
    session, robots = database(), service().robots
    program = paying_program(session, robots, plan)
    others = programs_at(session, plan.telescope, start_of(plan))
    return {
        "program": charged_name(robots, plan),
        "not_mine": why_not_by(program, current_person().username),
        "approvers": approvers_for(session, program),
        "programs": [each.name for each in others],
    }


def _unobserved(plan: Plan) -> list[dict[str, Any]]:
    return list((plan.document or {}).get("unobserved") or [])


@plans.get("/plans/<row:plan_id>.<any(json, csv, ecsv, reg):kind>")
@needs(Role.VIEWER)
def download(plan_id: int, kind: str) -> Response:
    """Give the plan in the plan file format, its exposures as a table, its pointings as regions."""
    row = row_or_404(Plan, plan_id, undefer(Plan.document))
    if row.document is None or row.state == PlanState.COMPUTING:
        abort(404, "The plan is not computed yet.")
    if kind == "json":
        text, mimetype = json.dumps(row.document, indent=1), "application/json"
    elif kind == "reg":
        text, mimetype = region_text(read_plan(row), TELESCOPES[row.telescope]), "text/plain"
    else:
        text, mimetype = table_text(read_plan(row), kind), "text/csv"
    response = Response(text, mimetype=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=f"plan-{plan_id}.{kind}")
    return response


@plans.post("/plans/<row:plan_id>/cancel")
@needs(Role.OBSERVER)
def cancel(plan_id: int) -> WerkzeugResponse:
    """Cancel a plan that is being computed."""
    row_or_404(Plan, plan_id)
    try:
        plan = cancel_plan(database(), plan_id, by=current_person().username)
    except ValueError as err:
        abort(409, str(err))
    flash(f"{plan.telescope} plan {plan.id} is cancelled.")
    return redirect(url_for("events.event", event_id=plan.event_id) + "#plans", 303)


@plans.post("/plans/<row:plan_id>/preflights")
@needs(Role.OBSERVER)
def check(plan_id: int) -> WerkzeugResponse:
    """Ask for a look at the robot's queue; the page follows it."""
    row = row_or_404(Plan, plan_id)
    if reason := blocker(database(), service().robots, row):
        abort(409, reason)
    preflight = ask_for_preflight(database(), row, by=current_person().username)
    # The page opens the question by itself once the check has answered.
    return redirect(url_for("plans.plan", plan_id=plan_id, ask=preflight.id), 303)


@plans.post("/plans/<row:plan_id>/program")
@needs(Role.OBSERVER)
def charge(plan_id: int) -> WerkzeugResponse:
    """Have another program pay for a plan."""
    row_or_404(Plan, plan_id)
    name = request.form.get("program", "").replace("\0", "")
    choose_program(database(), plan_id, name, by=current_person().username)
    return redirect(url_for("plans.plan", plan_id=plan_id) + "#approval", 303)


@plans.post("/plans/<row:plan_id>/again")
@needs(Role.OBSERVER)
def again(plan_id: int) -> WerkzeugResponse:
    """Ask for a plan like this one, from now on and on the current map."""
    row = row_or_404(Plan, plan_id)
    try:
        made = ask_again(database(), row, by=current_person().username)
    except ValueError as err:
        abort(409, str(err))
    flash("The plan is being computed; this page follows it.")
    return redirect(url_for("plans.plan", plan_id=made.id), 303)


@plans.post("/plans/<row:plan_id>/budgets")
@needs(Role.OBSERVER)
def budget(plan_id: int) -> WerkzeugResponse:
    """Ask for a plan of as much telescope time as a point of the curve."""
    row = row_or_404(Plan, plan_id)
    point = request.form.get("point", "")
    try:
        plan = ask_for_budget(
            database(), row, int(point) if re.fullmatch("[0-9]{1,2}", point) else -1,
            by=current_person().username,
        )  # fmt: skip
    except ValueError as err:
        abort(409, str(err))
    flash("The plan is being computed; this page follows it.")
    return redirect(url_for("plans.plan", plan_id=plan.id), 303)


@plans.post("/plans/<row:plan_id>/follow-up")
@needs(Role.OBSERVER)
def follow_up(plan_id: int) -> WerkzeugResponse:
    """Ask for a plan of what is missing of this one."""
    row = row_or_404(Plan, plan_id)
    try:
        follow_up = ask_for_follow_up(database(), row, by=current_person().username)
    except ValueError as err:
        abort(409, str(err))
    flash("The plan of what is missing is being computed; this page follows it.")
    return redirect(url_for("plans.plan", plan_id=follow_up.id), 303)


@plans.post("/plans/<row:plan_id>/submit")
@needs(Role.APPROVER)
@recent_login
def submit(plan_id: int) -> WerkzeugResponse:
    """Approve a plan; a worker sends it within a second."""
    row_or_404(Plan, plan_id)
    key = request.form.get("idempotency_key", "")
    if not 16 <= len(key) <= 80 or not key.isascii() or not key.isprintable():
        abort(400, "The form carries no key. Reload the page.")
    preflight_id = request.form.get("preflight_id", "")
    submission = approve_checked(
        database(),
        service().robots,
        plan_id,
        by=current_person().username,
        idempotency_key=key,
        preflight_id=int(preflight_id) if re.fullmatch("[0-9]{1,9}", preflight_id) else None,
        accepts_warnings=request.form.get("accept") == "yes",
    )
    flash(f"Approved: {submission.telescope} gets it as {submission.queue_name}.")
    return redirect(url_for("plans.plan", plan_id=plan_id), 303)
