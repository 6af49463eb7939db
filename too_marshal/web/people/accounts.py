"""Who may do what: for administrators."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.accounts.teams import Team
from too_marshal.db.events import record
from too_marshal.http.access import current_person, needs
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.accounts.passkeys import passkey_counts
from too_marshal.workflows.accounts.people import create_person, set_password, set_role

people = Blueprint("people", __name__)


@people.get("/people")
@needs(Role.ADMIN)
def index() -> str:
    """List the accounts."""
    rows = database().scalars(select(Person).order_by(Person.username))
    teams = database().scalars(select(Team).order_by(Team.name)).all()
    return render_template(
        "people.html",
        people=list(rows),
        roles=list(Role),
        teams=teams,
        passkey_counts=passkey_counts(database()),
    )


@people.post("/people")
@needs(Role.ADMIN)
def add() -> WerkzeugResponse:
    """Add an account."""
    person = create_person(
        database(),
        request.form.get("username", ""),
        request.form.get("password", ""),
        _role(),
        full_name=_text("full_name"),
        affiliation=_text("affiliation"),
    )
    _note(f"{person.username} may log in as {Role(person.role).name.lower()}")
    return redirect(url_for("people.index"), 303)


@people.post("/people/<row:person_id>")
@needs(Role.ADMIN)
def change(person_id: int) -> WerkzeugResponse:
    """Change what somebody may do; ends the person's sessions."""
    person = row_or_404(Person, person_id)
    if person.id == current_person().id:
        abort(422, "You cannot change your own role: nobody might be left who can.")
    role, is_active = _role(), request.form.get("active") == "yes"
    set_role(database(), person, role, is_active=is_active)
    word = role.name.lower() if is_active else "closed"
    _note(f"Account of {person.username}: {word}")
    return redirect(url_for("people.index"), 303)


@people.post("/people/<row:person_id>/password")
@needs(Role.ADMIN)
def reset_password(person_id: int) -> WerkzeugResponse:
    """Set a new password for somebody who lost theirs."""
    person = row_or_404(Person, person_id)
    set_password(database(), person, request.form.get("password", ""))
    _note(f"Password of {person.username} set anew")
    return redirect(url_for("people.index"), 303)


def _role() -> Role:
    try:
        return Role(request.form.get("role", default=0, type=int))
    except ValueError:
        abort(422, "There is no such role.")


def _text(name: str) -> str:
    return request.form.get(name, "").replace("\0", "")[:120]


def _note(text: str) -> None:
    record(database(), text, subject="person", actor=current_person().username)
    database().commit()
    flash(f"{text}.")
