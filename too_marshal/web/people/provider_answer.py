"""What a browser brings back from the deployment's identity provider."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.base import now
from too_marshal.deployment.oauth.errors import AnswerRefused, ProviderUnavailable
from too_marshal.deployment.oauth.id_token import LEEWAY
from too_marshal.http import audit
from too_marshal.http.access import LOGIN_LASTS, current_person, public, safe_next, session_cookie
from too_marshal.http.service import database
from too_marshal.web.auth import begin_session
from too_marshal.web.people.begun import Begun, take
from too_marshal.web.people.provider import CONFIRM, LINK, LOG_IN, refuse, required, silent
from too_marshal.workflows.accounts.identities import Known, is_known_as, log_in_known
from too_marshal.workflows.accounts.linking import link
from too_marshal.workflows.accounts.login import confirm_session

logger = logging.getLogger(__name__)

provider_answer = Blueprint("provider_answer", __name__)


@provider_answer.get("/login/provider/answer")
@public
def answer() -> WerkzeugResponse | tuple[str, int]:
    """Take what a browser brings back from the provider."""
    begun = take({LOG_IN, CONFIRM, LINK}, request.args.get("state", ""))
    if begun is None:
        abort(400, "This answers no log-in that was begun in this browser a moment ago.")
    if begun.purpose != LOG_IN and (g.person is None or g.person.id != begun.person_id):
        abort(409, "Another person is logged in here by now.")
    try:
        claims = _claims(begun)
    except ProviderUnavailable as err:
        return _fail(begun, silent(err), 503)
    except AnswerRefused as err:
        logger.warning("An answer of the provider was refused", extra={"reason": str(err)})
        who = "nobody that we know" if g.person is None else g.person.username
        audit.note("the provider's answer was refused", who)
        return _fail(begun, str(err), 403)
    if begun.purpose == LOG_IN:
        return _let_in(claims, safe_next(begun.wanted))
    return _confirmed(begun, claims) if begun.purpose == CONFIRM else _linked(claims)


def _fail(begun: Begun, problem: str, code: int) -> tuple[str, int]:
    if begun.purpose != LOG_IN:
        abort(code, problem)
    return refuse(safe_next(begun.wanted), problem, code)


def _let_in(claims: Mapping[str, Any], wanted: str) -> WerkzeugResponse | tuple[str, int]:
    known = Known.by(required().issuer, claims)
    person = log_in_known(database(), known, required().roles.role_of(claims))
    if person is None:
        audit.note("login refused: no role, or closed", "nobody that we know")
        return refuse(wanted, "You may not log in here: ask an administrator.", 403)
    response = begin_session(person, wanted, _shown_at(claims))
    audit.note("login by the provider", person.username)
    return response


def _confirmed(begun: Begun, claims: Mapping[str, Any]) -> WerkzeugResponse:
    person = current_person()
    if not is_known_as(database(), person, Known.by(required().issuer, claims)):
        abort(403, f"You are logged in as {person.username}, and somebody else has answered.")
    asked_at = claims.get("auth_time")
    if not isinstance(asked_at, int | float) or asked_at < begun.at - LEEWAY:
        abort(403, "The provider has not asked who you are: nothing shows that it is you.")
    confirm_session(database(), request.cookies.get(session_cookie(), ""))
    audit.note("confirmed by the provider", person.username)
    flash("Thank you. Nothing was sent so far: press the button again.")
    return redirect(safe_next(begun.wanted), 303)


def _linked(claims: Mapping[str, Any]) -> WerkzeugResponse:
    person = current_person()
    link(database(), person, Known.by(required().issuer, claims))
    audit.note("account linked to the provider", person.username)
    flash(f"You can log in with {required().title} too.")
    return redirect(url_for("auth.account"), 303)


def _claims(begun: Begun) -> Mapping[str, Any]:
    """What the provider says of who has logged in there."""
    client, roles = required().client, required().roles
    database().commit()
    tokens, claims = client.redeem(begun.request, request.args)
    if begun.purpose == LOG_IN and not (roles.are_in(claims) and "preferred_username" in claims):
        # What is signed for us wins.
        claims = {**client.userinfo(tokens, claims["sub"]), **claims}
    return claims


def _shown_at(claims: Mapping[str, Any]) -> datetime:
    """When the person has shown the provider who they are; long ago if it does not say."""
    asked_at = claims.get("auth_time")
    if not isinstance(asked_at, int | float):
        return now() - 2 * LOGIN_LASTS
    return datetime.fromtimestamp(min(max(asked_at, 0.0), time.time()), UTC)
