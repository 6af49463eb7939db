"""Programs: the time that they have, what is left of it, and who may charge it."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response as WerkzeugResponse

from telescopes import TELESCOPES
from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.accounts.programs import Program
from too_marshal.db.accounts.teams import Team
from too_marshal.db.base import now
from too_marshal.db.events import record
from too_marshal.http.access import current_person, needs
from too_marshal.http.service import database, row_or_404, service
from too_marshal.workflows.programs.charge import members_of
from too_marshal.workflows.programs.edit import (
    Wanted,
    add_program,
    change_program,
    remove_program,
)
from too_marshal.workflows.programs.hours import balances

programs = Blueprint("programs", __name__)


@programs.get("/programs")
@needs(Role.VIEWER)
def index() -> str:
    """List the programs: those of today and later first."""
    session, today = database(), now()
    rows = session.scalars(
        select(Program)
        .where(Program.removed_at.is_(None))
        .options(
            selectinload(Program.members), selectinload(Program.teams).selectinload(Team.members)
        )
        .order_by(Program.telescope, Program.name, Program.begins_at.desc())
    ).all()
    return render_template(
        "programs.html",
        now_and_later=[row for row in rows if row.ends_at > today],
        over=[row for row in rows if row.ends_at <= today],
        balances=balances(session, rows),
        members_of=members_of,
        last_day=lambda row: (row.ends_at - timedelta(days=1)).date().isoformat(),
        people=session.scalars(
            select(Person).where(Person.is_active).order_by(Person.username)
        ).all(),
        teams=session.scalars(select(Team).order_by(Team.name)).all(),
        telescopes=list(TELESCOPES),
        usual={name: service().robots.program(name) for name in service().robots.names()},
    )


@programs.post("/programs")
@needs(Role.ADMIN)
def add() -> WerkzeugResponse:
    """Enter a program."""
    program = add_program(database(), _wanted())
    return _noted(f"Program {program.name} of {program.telescope} for {program.semester} entered")


@programs.post("/programs/<row:program_id>")
@needs(Role.ADMIN)
def change(program_id: int) -> WerkzeugResponse:
    """Change a program, or take it away."""
    program = row_or_404(Program, program_id)
    if request.form.get("act") == "remove":
        remove_program(database(), program_id)
        done = "removed: what was charged to it stays in the record"
    else:
        change_program(database(), program_id, _wanted())
        done = "changed"
    return _noted(f"Program {program.name} of {program.telescope} for {program.semester} {done}")


def _wanted() -> Wanted:
    form = request.form
    texts = {
        name: form.get(name, "").replace("\0", "").strip()[:100]
        for name in ("telescope", "name", "semester", "first_day", "last_day", "hours")
    }
    return Wanted(
        **texts,
        rules_may_charge=form.get("rules_may_charge") == "yes",
        members=tuple(form.getlist("member")),
        teams=tuple(form.getlist("team")),
    )


def _noted(text: str) -> WerkzeugResponse:
    record(database(), text, subject="program", actor=current_person().username)
    database().commit()
    flash(f"{text}.")
    return redirect(url_for("programs.index"), 303)
