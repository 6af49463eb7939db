"""Log in with a passkey, or say with it again that it is oneself."""

from __future__ import annotations

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.passkeys import Purpose
from too_marshal.db.accounts.people import Person, Role
from too_marshal.http import audit
from too_marshal.http.access import current_person, needs, public, safe_next, session_cookie
from too_marshal.http.service import database
from too_marshal.web.auth import begin_session
from too_marshal.web.people.passkey_site import answer_sent, asker, party, party_or_none
from too_marshal.workflows.accounts.login import confirm_session
from too_marshal.workflows.accounts.passkey_challenges import Asker
from too_marshal.workflows.accounts.passkey_login import (
    PasskeyFailed,
    ask_for_passkey,
    check_passkey,
)
from too_marshal.workflows.accounts.passkeys import passkeys_here

passkey_login = Blueprint("passkey_login", __name__)


def takes_passkeys() -> bool:
    """Whether the pages of the login offer passkeys: a name of the site, and a passkey there."""
    here = party_or_none()
    if here is None:
        return False
    # Before a login nobody is told who has some.
    return g.person is None or bool(passkeys_here(database(), g.person.id, here))


@passkey_login.post("/login/passkey/options")
@public
def options() -> Response:
    """Say what a device is to sign, for somebody to log in."""
    said = ask_for_passkey(database(), asker(Purpose.LOG_IN), party())
    return Response(said, mimetype="application/json")


@passkey_login.post("/login/passkey")
@public
def log_in() -> WerkzeugResponse:
    """Let in whoever holds a passkey; no code is asked for besides."""
    wanted = safe_next(request.form.get("next"))
    try:
        person = _holder(asker(Purpose.LOG_IN))
    except PasskeyFailed as err:
        audit.note(f"login failed: passkey, {err.reason}", err.who)
        return _refuse("login.html", err, 401, next=wanted, username="")
    response = begin_session(person, wanted)
    audit.note("login by passkey", person.username)
    return response


@passkey_login.post("/confirm/passkey/options")
@needs(Role.VIEWER)
def confirm_options() -> Response:
    """Say what a device of the person who is logged in is to sign."""
    with audit.only_looking():
        said = ask_for_passkey(database(), asker(Purpose.CONFIRM, current_person().id), party())
    return Response(said, mimetype="application/json")


@passkey_login.post("/confirm/passkey")
@needs(Role.VIEWER)
def confirm() -> WerkzeugResponse:
    """Take a passkey in place of the password, and go back to where that was asked for."""
    wanted, person = safe_next(request.form.get("next")), current_person()
    try:
        with audit.only_looking():
            _holder(asker(Purpose.CONFIRM, person.id))
    except PasskeyFailed as err:
        audit.note(f"confirm failed: passkey, {err.reason}", person.username)
        return _refuse("confirm.html", err, 422, next=wanted)
    confirm_session(database(), request.cookies.get(session_cookie(), ""))
    flash("Thank you. Nothing was sent so far: press the button again.")
    return redirect(wanted, 303)


def _holder(asked: Asker) -> Person:
    """Who holds the device that has signed; committed only if nobody does."""
    return check_passkey(database(), answer_sent(), asked, party(), request.remote_addr or "")


def _refuse(template: str, err: PasskeyFailed, code: int, **values: str) -> WerkzeugResponse:
    page = render_template(template, problem=str(err), **values)
    response = make_response(page, 429 if err.must_wait else code)
    if err.must_wait:
        response.headers["Retry-After"] = "900"
    return response
