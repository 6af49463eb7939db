"""Connect one's GCN account, as which one's circulars are sent, and give that up."""

from __future__ import annotations

import logging
from typing import NoReturn

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.grants import GcnGrant
from too_marshal.db.accounts.people import Role
from too_marshal.deployment.circulars.ways import circular_ways_of
from too_marshal.deployment.oauth.client import Client
from too_marshal.deployment.oauth.errors import AnswerRefused, ProviderUnavailable
from too_marshal.http import audit
from too_marshal.http.access import current_person, needs
from too_marshal.http.service import database, service
from too_marshal.web.people.begun import begin, take
from too_marshal.workflows.circulars.grants import connect, disconnect, grant_of

logger = logging.getLogger(__name__)

CONNECT = "connect GCN"

_SILENT = "GCN's log-in does not answer just now. Nothing was changed: try again later."

gcn_account = Blueprint("gcn_account", __name__)


def connects_gcn() -> bool:
    """Whether people can connect GCN accounts here."""
    return circular_ways_of(service().settings).login is not None


def own_grant() -> GcnGrant | None:
    """What the person who is logged in lets us do at GCN."""
    return grant_of(database(), current_person().id)


@gcn_account.post("/account/gcn")
@needs(Role.OBSERVER)
def ask() -> str:
    """Offer the way to GCN's log-in."""
    try:
        address = begin(_login(), CONNECT, url_for("auth.account"))
    except ProviderUnavailable as err:
        _abort_silent(err)
    return render_template("leave.html", address=address, title="GCN")


@gcn_account.get("/account/gcn/answer")
@needs(Role.OBSERVER)
def answer() -> WerkzeugResponse:
    """Take what a browser brings back from GCN's log-in."""
    begun = take({CONNECT}, request.args.get("state", ""))
    if begun is None or begun.person_id != current_person().id:
        abort(400, "This answers nothing that was begun in this browser a moment ago.")
    login = _login()
    database().commit()
    try:
        tokens, claims = login.redeem(begun.request, request.args)
        if other := str(claims.get("existingIdp") or ""):
            # GCN knows the person by another service than the one that they came by.
            if begun.hint:
                abort(403, f"GCN knows you by another service ({other}), and not by this one.")
            address = begin(login, CONNECT, begun.wanted, hint=other, identity_provider=other)
            return redirect(address, 303)
    except ProviderUnavailable as err:
        _abort_silent(err)
    except AnswerRefused as err:
        logger.warning("An answer of GCN's log-in was refused", extra={"reason": str(err)})
        abort(403, str(err))
    row = connect(database(), service().settings.session_key(), g.person.id, tokens, claims)
    audit.note("GCN account connected", current_person().username)
    flash(f"Circulars that you send by GCN's API are signed by {row.name} from now on.")
    return redirect(url_for("auth.account"), 303)


@gcn_account.post("/account/gcn/disconnect")
@needs(Role.OBSERVER)
def part() -> WerkzeugResponse:
    """Forget what GCN lets us do, here and there."""
    is_ended = disconnect(
        database(), service().settings.session_key(), _login(), current_person().id
    )
    flash(
        "Disconnected, and GCN has ended it too."
        if is_ended
        else "Disconnected here. GCN has not said that it has ended it too."
    )
    return redirect(url_for("auth.account"), 303)


def _login() -> Client:
    login = circular_ways_of(service().settings).login
    if login is None:
        abort(404)
    return login


def _abort_silent(err: ProviderUnavailable) -> NoReturn:
    logger.warning("GCN's log-in does not serve", extra={"reason": str(err)})
    abort(503, _SILENT)
