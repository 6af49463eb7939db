"""One's own passkeys: add, look at and remove them; and for administrators, somebody's."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.passkeys import Purpose
from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.events import record
from too_marshal.http import audit
from too_marshal.http.access import current_person, needs, recent_login
from too_marshal.http.service import database, row_or_404
from too_marshal.web.people.passkey_site import answer_sent, asker, party
from too_marshal.workflows.accounts.passkey_adding import (
    MAX_NAME_LENGTH,
    MAX_PASSKEYS,
    add_passkey,
    begin_passkey,
    read_new_key,
)
from too_marshal.workflows.accounts.passkey_challenges import PasskeyRefused
from too_marshal.workflows.accounts.passkeys import passkeys_of, remove_passkey, remove_passkeys
from too_marshal.workflows.accounts.relying_party import NoPasskeys

passkeys = Blueprint("passkeys", __name__)


@passkeys.get("/account/passkeys")
@needs(Role.VIEWER)
def index() -> str:
    """List one's own passkeys."""
    return _page()


def _page(problem: str = "") -> str:
    rp_id, why_none, instead = "", "", ""
    try:
        rp_id = party().rp_id
    except NoPasskeys as err:
        why_none, instead = str(err), err.instead
    return render_template(
        "passkeys.html",
        rows=passkeys_of(database(), current_person().id),
        rp_id=rp_id,
        why_none=why_none,
        instead=instead,
        problem=problem,
        name=request.form.get("name", "")[:MAX_NAME_LENGTH],
        longest_name=MAX_NAME_LENGTH,
        most=MAX_PASSKEYS,
    )


@passkeys.post("/account/passkeys/options")
@needs(Role.VIEWER)
@recent_login
def options() -> Response:
    """Say what a device is to make."""
    person = current_person()
    with audit.only_looking():
        said = begin_passkey(database(), person, asker(Purpose.ADD, person.id), party())
    return Response(said, mimetype="application/json")


@passkeys.post("/account/passkeys")
@needs(Role.VIEWER)
@recent_login
def add() -> WerkzeugResponse | tuple[str, int]:
    """Add the passkey that a device has made."""
    person = current_person()
    try:
        with audit.only_looking():
            key = read_new_key(database(), answer_sent(), asker(Purpose.ADD, person.id), party())
        row = add_passkey(database(), person, request.form.get("name", ""), key)
    except PasskeyRefused as err:
        return _page(str(err)), 422
    flash(f"“{row.name}” logs you in from now on.")
    return redirect(url_for("passkeys.index"), 303)


@passkeys.post("/account/passkeys/<row:passkey_id>/remove")
@needs(Role.VIEWER)
@recent_login
def remove(passkey_id: int) -> WerkzeugResponse | tuple[str, int]:
    """Remove one of one's own passkeys."""
    try:
        is_gone = remove_passkey(database(), current_person(), passkey_id)
    except PasskeyRefused as err:
        return _page(str(err)), 409
    if not is_gone:
        abort(404)
    flash("It logs nobody in any more. Your device still has it: remove it there as well.")
    return redirect(url_for("passkeys.index"), 303)


@passkeys.post("/people/<row:person_id>/passkeys/remove")
@needs(Role.ADMIN)
def remove_of(person_id: int) -> WerkzeugResponse:
    """Remove all passkeys of somebody whose devices are lost; ends the person's sessions."""
    person = row_or_404(Person, person_id)
    remove_passkeys(database(), person)
    text = f"Passkeys of {person.username} removed"
    record(database(), text, subject="person", actor=current_person().username)
    database().commit()
    flash(f"{text}.")
    return redirect(url_for("people.index"), 303)
