"""Log-ins at a provider that this browser has begun: only their own answers are taken, once.

They are kept in the cookie that the service signs, so that whoever is not logged in fills no
table; a code that is copied together with its cookie is good at the provider once.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from flask import session

from too_marshal.deployment.oauth.client import Request

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
    """What a first answer has asked for."""


def remember(
    purpose: str, request: Request, wanted: str, person_id: int | None, hint: str = ""
) -> None:
    """Keep one in this browser."""
    begun = Begun(purpose, request, wanted, person_id, time.time(), hint)
    session["begun"] = [*session.get("begun", []), asdict(begun)][-MOST:]


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
