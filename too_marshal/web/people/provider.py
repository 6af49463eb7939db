"""The way to the deployment's identity provider: to log in, to show again who one is, to link."""

from __future__ import annotations

import logging

from flask import (
    Blueprint,
    Flask,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.identities import Identity
from too_marshal.db.accounts.people import Role
from too_marshal.deployment.identity_provider import IdentityProvider, identity_provider_of
from too_marshal.deployment.oauth.errors import ProviderUnavailable
from too_marshal.deployment.settings import Settings
from too_marshal.http.access import LOGIN_LASTS, current_person, needs, public, safe_next
from too_marshal.http.service import database
from too_marshal.web.people.begun import begin
from too_marshal.web.people.proof import why_not_shown
from too_marshal.workflows.accounts.identities import identity_of
from too_marshal.workflows.accounts.linking import unlink

logger = logging.getLogger(__name__)

LOG_IN, CONFIRM, LINK = "log in", "confirm", "link"

MAX_CONFIRM_AGE = "300"
"""s. Not zero: some providers ask again and again, since a moment passes on the way back. What
counts is when the person was asked, which they must state wherever there is a limit."""

_HALF_A_DAY = str(int(LOGIN_LASTS.total_seconds()))

provider = Blueprint("provider", __name__)


def install(app: Flask, settings: Settings) -> None:
    """Have the provider of the settings, if there is one.

    Raises
    ------
    SettingInvalid
        If it cannot be used as it is set.
    """
    app.extensions["identity_provider"] = identity_provider_of(settings)
    app.add_template_global(found, "identity_provider")
    app.add_template_global(own_identity)


def found() -> IdentityProvider | None:
    """The deployment's provider."""
    known: IdentityProvider | None = current_app.extensions["identity_provider"]
    return known


def own_identity() -> Identity | None:
    """By whom the provider knows the person who is logged in."""
    known = found()
    return None if known is None else identity_of(database(), current_person(), known.issuer)


@provider.get("/login/provider")
@public
def log_in() -> WerkzeugResponse | tuple[str, int]:
    """Lead to the provider."""
    wanted = safe_next(request.args.get("next"))
    try:
        return redirect(begin(required().client, LOG_IN, wanted, max_age=_HALF_A_DAY), 303)
    except ProviderUnavailable as err:
        return refuse(wanted, silent(err), 503)


@provider.get("/confirm/provider")
@needs(Role.VIEWER)
def confirm() -> WerkzeugResponse:
    """Lead to the provider, which asks again who one is."""
    wanted = safe_next(request.args.get("next"))
    try:
        address = begin(required().client, CONFIRM, wanted, prompt="login", max_age=MAX_CONFIRM_AGE)
    except ProviderUnavailable as err:
        abort(503, silent(err))
    return redirect(address, 303)


@provider.post("/account/identity")
@needs(Role.VIEWER)
def join() -> str:
    """Offer the way to the provider; whoever only sits at the browser must not add a way in."""
    if problem := why_not_shown(current_person(), "link of a provider"):
        abort(422, problem)
    try:
        address = begin(required().client, LINK, url_for("auth.account"))
    except ProviderUnavailable as err:
        abort(503, silent(err))
    return render_template("leave.html", address=address, title=required().title)


@provider.post("/account/identity/remove")
@needs(Role.VIEWER)
def part() -> WerkzeugResponse:
    """Log in by password only from now on."""
    unlink(database(), current_person().id, required().issuer)
    flash("Only the password lets you in from now on.")
    return redirect(url_for("auth.account"), 303)


def required() -> IdentityProvider:
    """The deployment's provider; without one there is nothing at the address."""
    known = found()
    if known is None:
        abort(404)
    return known


def silent(err: ProviderUnavailable) -> str:
    """What to say where the provider gives no answer."""
    logger.warning("The identity provider does not serve", extra={"reason": str(err)})
    return f"{required().title} does not answer just now. A password works as ever."


def refuse(wanted: str, problem: str, code: int) -> tuple[str, int]:
    """Say on the page of the login why it is none."""
    page = render_template("login.html", next=wanted, username="", problem=problem)
    return page, code
