"""Log-ins at a provider that this browser has begun: only their own answers are taken, once.

They are kept in the cookie that the service signs, so that whoever is not logged in fills no
table; a code that is copied together with its cookie is good at the provider once.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from flask import g, session

from too_marshal.deployment.oauth.client import Client
from too_marshal.deployment.oauth.messages import Request
from too_marshal.http.service import database

LASTS = 600
"""s between a log-in's beginning and its answer."""

MOST = 3
"""In as many tabs; a cookie is small."""


@dataclass(frozen=True)
class Begun:
    """One that was begun."""

    purpose: str
    """Why; an answer serves no other."""

    request: Request
    wanted: str
    """Where the person wants to go: a path of this site."""

    person_id: int | None
    """Who began it; None: nobody was logged in."""

    at: float
    """Unix time."""

    hint: str = ""
    """What an answer before has asked for."""


def begin(client: Client, purpose: str, wanted: str, *, hint: str = "", **more: str) -> str:
    """Where to lead this browser, which alone can bring the answer.

    Parameters
    ----------
    client
        At whose provider.
    purpose, wanted, hint
        To be remembered, see `Begun`.
    **more
        Further parameters for the provider.

    Raises
    ------
    ProviderUnavailable
        If the provider does not say where.
    """
    # Nothing waits in the database for what the provider says.
    database().commit()
    asked = Request.new()
    address = client.address(asked, **more)
    person_id = None if g.person is None else g.person.id
    begun = Begun(purpose, asked, wanted, person_id, time.time(), hint)
    session["begun"] = [*session.get("begun", []), asdict(begun)][-MOST:]
    return address


def take(purposes: set[str], state: str) -> Begun | None:
    """The one that an answer belongs to, which no other answer will get; None if there is none."""
    kept: list[dict[str, Any]] = session.pop("begun", [])
    rest = [each for each in kept if each["request"]["state"] != state]
    if rest:
        session["begun"] = rest
    for each in kept:
        if each["request"]["state"] == state:
            begun = Begun(**{**each, "request": Request(**each["request"])})
            is_late = time.time() - begun.at > LASTS
            return None if is_late or begun.purpose not in purposes else begun
    return None
