"""What passkeys hang on in a request: the name of the site, and the browser that asks."""

from __future__ import annotations

import secrets

from flask import request, session

from too_marshal.db.accounts.passkeys import Purpose
from too_marshal.http.service import service
from too_marshal.workflows.accounts.passkey_challenges import Asker
from too_marshal.workflows.accounts.relying_party import NoPasskeys, RelyingParty, party_here

MAX_ANSWER_LENGTH = 20_000
"""Characters of what a browser sends of a device."""


def party() -> RelyingParty:
    """The site as this browser has reached it.

    Raises
    ------
    NoPasskeys
        If it can have no passkeys.
    """
    settings = service().settings
    scheme = "https" if settings.secure_cookies else request.scheme
    return party_here(f"{scheme}://{request.host}", settings.public_url)


def party_or_none() -> RelyingParty | None:
    """The same; None where there can be no passkeys."""
    try:
        return party()
    except NoPasskeys:
        return None


def asker(purpose: Purpose, person_id: int | None = None) -> Asker:
    """Tell browsers apart: what one is given it alone may answer."""
    browser = session.setdefault("browser", secrets.token_urlsafe(32))
    return Asker(browser, purpose, person_id)


def answer_sent() -> str:
    """What the browser sends of a device."""
    return request.form.get("credential", "")[:MAX_ANSWER_LENGTH]
