"""Log in, log out, and what belongs to one's own account."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from sqlalchemy import select
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import ApiToken, Person, Role, Scope
from too_marshal.db.base import now
from too_marshal.http import audit
from too_marshal.http.access import current_person, needs, public, safe_next, session_cookie
from too_marshal.http.service import database, service
from too_marshal.web.people.proof import is_password, why_not_shown
from too_marshal.workflows.accounts.login import (
    SESSION_LIFE,
    LoginThrottled,
    check_password,
    close_session,
    confirm_session,
    open_session,
)
from too_marshal.workflows.accounts.people import end_sessions_of, mark_of_password, set_password
from too_marshal.workflows.accounts.second_factor import has_factor
from too_marshal.workflows.accounts.tokens import create_token, revoke_token
from too_marshal.workflows.incident.notes import mentions_of

auth = Blueprint("auth", __name__)


@auth.get("/login")
@public
def login() -> str | WerkzeugResponse:
    """Show the form."""
    wanted = safe_next(request.args.get("next"))
    if g.person is not None:
        return redirect(wanted, 303)
    return render_template("login.html", next=wanted, username="", problem="")


@auth.post("/login")
@public
def log_in() -> WerkzeugResponse:
    """Let somebody in; name and password are wrong together, never one of them."""
    wanted = safe_next(request.form.get("next"))
    username = request.form.get("username", "").replace("\0", "")
    password = request.form.get("password", "")
    try:
        person = check_password(database(), username, password, request.remote_addr or "")
    except LoginThrottled:
        audit.note("login refused: too many tries", _known(username))
        return _refuse(429, wanted, username, "Too many failed tries. Wait a quarter of an hour.")
    if person is None:
        audit.note("login failed", _known(username))
        return _refuse(401, wanted, username, "The name or the password is wrong.")
    if has_factor(database(), person):
        session["pending"] = [person.id, time.time(), mark_of_password(person)]
        return redirect(url_for("second_factor.ask", next=wanted), 303)
    response = begin_session(person, wanted)
    audit.note("login", person.username)
    return response


def _known(username: str) -> str:
    """The name if it is one: what was typed in place of a name may be a password."""
    query = select(Person.username).where(Person.username == username[:80])
    return database().scalar(query) or "nobody that we know"


def _refuse(code: int, wanted: str, username: str, problem: str) -> WerkzeugResponse:
    page = render_template("login.html", next=wanted, username=username, problem=problem)
    response = make_response(page, code)
    if code == 429:
        response.headers["Retry-After"] = "900"
    return response


def begin_session(
    person: Person, wanted: str, confirmed_at: datetime | None = None
) -> WerkzeugResponse:
    """Open a session in this browser, and lead to where it wanted to go."""
    # The form token of before the login must not work after it.
    session.clear()
    # First, in the transaction that has found who it is.
    opened = open_session(database(), person, confirmed_at)
    _end_session()
    response = redirect(wanted, 303)
    response.set_cookie(
        session_cookie(),
        opened,
        max_age=int(SESSION_LIFE.total_seconds()),
        path="/",
        secure=service().settings.secure_cookies,
        httponly=True,
        samesite="Lax",
    )
    return response


def _end_session() -> None:
    value = request.cookies.get(session_cookie())
    if value:
        close_session(database(), value)


@auth.post("/logout")
@public
def logout() -> WerkzeugResponse:
    """End this browser's session."""
    if g.person is not None:
        audit.note("logout", g.person.username)
    _end_session()
    session.clear()
    response = redirect(url_for("auth.login"), 303)
    response.delete_cookie(
        session_cookie(), path="/", secure=service().settings.secure_cookies, httponly=True
    )
    return response


@auth.get("/confirm")
@needs(Role.VIEWER)
def ask_to_confirm() -> str:
    """Ask for the password again."""
    return render_template("confirm.html", next=safe_next(request.args.get("next")), problem="")


@auth.post("/confirm")
@needs(Role.VIEWER)
def confirm() -> str | WerkzeugResponse:
    """Take the password again, and go back to where it was asked for."""
    wanted, person = safe_next(request.form.get("next")), current_person()
    if problem := why_not_shown(person, "confirm"):
        return make_response(render_template("confirm.html", next=wanted, problem=problem), 422)
    confirm_session(database(), request.cookies.get(session_cookie(), ""))
    flash("Thank you. Nothing was sent so far: press the button again.")
    return redirect(wanted, 303)


@auth.get("/account")
@needs(Role.VIEWER)
def account() -> str:
    """Show one's own account."""
    return _account_page()


_SCOPES = {
    Scope.READ: "read everything",
    Scope.METRICS: "figures for Prometheus",
    Scope.NOTICES: "hand in notices",
    Scope.EVENTS: "events, their notes and names, acknowledging",
    Scope.PLANS: "plans and galaxies",
    Scope.QUEUES: "robots' queues: check, submit, withdraw",
    Scope.EXPOSURES: "executed exposures",
    Scope.CIRCULARS: "circulars",
    Scope.RULES: "rules",
}


def _account_page(new_token: str = "") -> str:
    tokens = database().scalars(
        select(ApiToken)
        .where(ApiToken.person_id == current_person().id, ApiToken.revoked_at.is_(None))
        .order_by(ApiToken.id)
    )
    roles = [role for role in Role if role <= current_person().role]
    return render_template(
        "account.html",
        tokens=list(tokens),
        roles=roles,
        scopes=_SCOPES,
        new_token=new_token,
        now=now(),
        mentions=mentions_of(database(), current_person().username),
    )


@auth.post("/account/password")
@needs(Role.VIEWER)
def change_password() -> WerkzeugResponse:
    """Change one's own password; every session ends, this one too."""
    person = current_person()
    with audit.only_looking():
        is_right = is_password(person, request.form.get("current", ""))
    if not is_right:
        audit.note("change of password failed", person.username)
        abort(422, "The present password is wrong.")
    set_password(database(), person, request.form.get("new", ""))
    flash("The password is changed. Log in with it.")
    return redirect(url_for("auth.login"), 303)


@auth.post("/account/sessions/end")
@needs(Role.VIEWER)
def end_sessions() -> WerkzeugResponse:
    """End all of one's own browser sessions, as after the loss of a telephone."""
    end_sessions_of(database(), current_person())
    return redirect(url_for("auth.login"), 303)


@auth.post("/account/tokens")
@needs(Role.VIEWER)
def add_token() -> Response:
    """Make a token and show it, this once."""
    role = request.form.get("role", default=0, type=int)
    days = request.form.get("days", default=0, type=int)
    if role not in set(Role):
        abort(422, "There is no such role.")
    _, value = create_token(
        database(),
        current_person(),
        request.form.get("name", ""),
        Role(role),
        now() + timedelta(days=min(max(days, 0), 10_000)),
        scopes={scope for scope in Scope if scope in request.form.getlist("scope")},
    )
    return make_response(_account_page(value))


@auth.post("/account/tokens/<row:token_id>/revoke")
@needs(Role.VIEWER)
def revoke(token_id: int) -> WerkzeugResponse:
    """End one of one's own tokens."""
    if not revoke_token(database(), current_person(), token_id):
        abort(404)
    return redirect(url_for("auth.account"), 303)
