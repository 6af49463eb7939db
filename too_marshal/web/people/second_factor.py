"""Set up a second factor, and ask for it at the login."""

from __future__ import annotations

import time
from collections.abc import Sequence

import segno
from flask import (
    Blueprint,
    abort,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from markupsafe import Markup
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.events import record
from too_marshal.http import audit
from too_marshal.http.access import current_person, needs, public, recent_login, safe_next
from too_marshal.http.service import database, row_or_404, service
from too_marshal.web.auth import begin_session
from too_marshal.workflows.accounts.login import (
    LoginThrottled,
    forget_failures,
    note_failure,
    refuse_throttled,
)
from too_marshal.workflows.accounts.people import mark_of_password
from too_marshal.workflows.accounts.second_factor import (
    FactorRefused,
    begin_factor,
    check_code,
    confirm_factor,
    has_factor,
    remove_factor,
)

second_factor = Blueprint("second_factor", __name__)

PENDING_FOR = 300
"""s between the password and the code."""


@second_factor.get("/account/second-factor")
@needs(Role.VIEWER)
def index() -> str:
    """Show whether there is a second factor."""
    return _page(is_on=has_factor(database(), current_person()))


def _page(
    *, is_on: bool = False, uri: str = "", codes: Sequence[str] = (), problem: str = ""
) -> str:
    return render_template(
        "second_factor.html",
        is_on=is_on,
        uri=uri,
        picture=_picture(uri) if uri else None,
        codes=codes,
        problem=problem,
    )


@second_factor.post("/account/second-factor")
@needs(Role.VIEWER)
@recent_login
def begin() -> str:
    """Show the picture that the device reads."""
    try:
        uri = begin_factor(database(), current_person(), _key())
    except FactorRefused as err:
        abort(409, str(err))
    return _page(uri=uri)


def _picture(uri: str) -> Markup:
    """The picture as part of the page; its text is made of digits alone."""
    code = segno.make(uri, error="m")
    return Markup(code.svg_inline(scale=4, dark="#000", light="#fff"))  # noqa: S704 - of our own


@second_factor.post("/account/second-factor/confirm")
@needs(Role.VIEWER)
def confirm() -> str | tuple[str, int]:
    """Take the first code of the device, and show the ten for when it is lost."""
    try:
        codes = confirm_factor(database(), current_person(), request.form.get("code", ""), _key())
    except FactorRefused as err:
        # The picture is shown once: the device has read it, and shows another code soon.
        is_on = has_factor(database(), current_person())
        return _page(is_on=is_on, problem=str(err)), 422
    return _page(is_on=True, codes=codes)


@second_factor.post("/account/second-factor/remove")
@needs(Role.VIEWER)
def remove() -> WerkzeugResponse:
    """Ask for no code any more: who does that has the device, or one of the ten."""
    person = current_person()
    _refuse_throttled(person)
    with audit.only_looking():
        is_right = check_code(database(), person, request.form.get("code", ""), _key())
        if not is_right:
            note_failure(database(), person.username, request.remote_addr or "")
    if not is_right:
        audit.note("removal of the second factor failed: wrong code", person.username)
        abort(422, "The code is wrong.")
    remove_factor(database(), person.id)
    flash("Only the password is asked for from now on.")
    return redirect(url_for("second_factor.index"), 303)


@second_factor.post("/people/<row:person_id>/second-factor/remove")
@needs(Role.ADMIN)
def remove_of(person_id: int) -> WerkzeugResponse:
    """Take away the second factor of somebody who has lost it and the ten codes."""
    person = row_or_404(Person, person_id)
    remove_factor(database(), person.id)
    text = f"Second factor of {person.username} removed"
    record(database(), text, subject="person", actor=current_person().username)
    database().commit()
    flash(f"{text}: only the password is asked for from now on.")
    return redirect(url_for("people.index"), 303)


@second_factor.get("/login/code")
@public
def ask() -> str:
    """Ask for the code, after the password."""
    _require_pending()
    return render_template("login_code.html", next=safe_next(request.args.get("next")), problem="")


@second_factor.post("/login/code")
@public
def log_in() -> str | tuple[str, int] | WerkzeugResponse:
    """Let somebody in whose password was right a moment ago."""
    person, wanted = _require_pending(), safe_next(request.form.get("next"))
    _refuse_throttled(person)
    if not check_code(database(), person, request.form.get("code", ""), _key()):
        note_failure(database(), person.username, request.remote_addr or "")
        audit.note("login failed: wrong code", person.username)
        problem = "The code is wrong, or was used before."
        return render_template("login_code.html", next=wanted, problem=problem), 422
    forget_failures(database(), person)
    response = begin_session(person, wanted)
    audit.note("login", person.username)
    return response


def _refuse_throttled(person: Person) -> None:
    try:
        refuse_throttled(database(), person.username, request.remote_addr or "")
    except LoginThrottled:
        audit.note("code refused: too many tries", person.username)
        abort(429)


def _require_pending() -> Person:
    """Whose password was right in this browser within the last minutes, and is so still."""
    person_id, at, password = session.get("pending") or (None, 0.0, "")
    is_recent = person_id is not None and time.time() - at <= PENDING_FOR
    person = database().get(Person, person_id) if is_recent else None
    if person is None or not person.is_active or mark_of_password(person) != password:
        abort(409, "Log in with your password first; the code is asked for within five minutes.")
    return person


def _key() -> str:
    return service().settings.session_key()
