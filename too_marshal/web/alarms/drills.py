"""Drills and their reports."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import Role
from too_marshal.db.drills import Drill
from too_marshal.http.access import current_person, needs
from too_marshal.http.service import database, service
from too_marshal.workflows.drills.begin import DrillGoesOn, begin_drill
from too_marshal.workflows.drills.report import report_of

SHOWN = 30

drills = Blueprint("drills", __name__)


@drills.get("/drills")
@needs(Role.VIEWER)
def index() -> str:
    """Show the drills, the latest first, each with its report."""
    rows = database().scalars(select(Drill).order_by(Drill.id.desc()).limit(SHOWN)).all()
    return render_template(
        "drills.html",
        drills=[(row, report_of(row)) for row in rows],
        goes_on=any(row.ended_at is None for row in rows),
        weekly=service().settings.drill,
    )


@drills.post("/drills")
@needs(Role.ADMIN)
def begin() -> WerkzeugResponse:
    """Begin a drill."""
    wakes = request.form.get("wakes") == "yes"
    try:
        begin_drill(database(), by=current_person().username, wakes=wakes)
    except DrillGoesOn as err:
        abort(409, str(err))
    flash("The drill has begun.")
    return redirect(url_for("drills.index"), 303)
