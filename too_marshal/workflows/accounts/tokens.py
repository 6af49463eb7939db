"""Tokens by which programs use the API: shown once, kept as a hash, ended by time or by hand."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from too_marshal.db.accounts.people import ApiToken, Person, Role, Scope, sha256_of
from too_marshal.db.base import now
from too_marshal.workflows.accounts.login import SEEN_STEP
from too_marshal.workflows.accounts.people import PersonInvalid

logger = logging.getLogger(__name__)

MAX_TOKEN_LENGTH = timedelta(days=365)

TOKEN_PREFIX = "toom_"  # noqa: S105 - a mark by which leaked tokens are found, not a secret


def create_token(  # noqa: PLR0913 - what a token consists of
    session: Session,
    person: Person,
    name: str,
    role: Role,
    expires_at: datetime,
    *,
    scopes: Collection[Scope],
) -> tuple[ApiToken, str]:
    """Make a token for the API.

    Parameters
    ----------
    session
        Open session; committed.
    person
        Whose it is.
    name
        What it is for.
    role
        What it may do: no more than the person.
    expires_at
        Within a year.
    scopes
        What it is for: one at the least.

    Returns
    -------
    ApiToken, str
        The row, and the token itself, which is not kept anywhere.

    Raises
    ------
    PersonInvalid
        If it may not be so.
    """
    if role > person.role:
        raise PersonInvalid("a token may not do more than its owner")
    if not 1 <= len(name.strip()) <= 80:
        raise PersonInvalid("a token's name has 1 to 80 characters")
    if not now() < expires_at <= now() + MAX_TOKEN_LENGTH + timedelta(minutes=1):
        raise PersonInvalid("a token expires within a year from now")
    if not scopes:
        raise PersonInvalid("a token is for something: choose one scope at the least")
    value = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        sha256=sha256_of(value),
        name=name.strip(),
        person_id=person.id,
        role=role,
        scopes=[scope.value for scope in Scope if scope in scopes],
        expires_at=expires_at,
    )
    session.add(token)
    session.commit()
    logger.info(
        "Made an API token",
        extra={
            "person": person.username,
            "called": ascii(token.name),
            "role": role.name.lower(),
            "scopes": " ".join(token.scopes),
        },
    )
    return token, value


def person_of_token(session: Session, value: str) -> tuple[Person, Role, frozenset[str]] | None:
    """Whose token this is, what it may do and what it is for, if it is valid."""
    token = session.scalars(
        select(ApiToken).where(ApiToken.sha256 == sha256_of(value))
    ).one_or_none()
    present = now()
    if (
        token is None
        or token.revoked_at is not None
        or token.expires_at <= present
        or not token.person.is_active
    ):
        return None
    if token.used_at is None or token.used_at < present - SEEN_STEP:
        token.used_at = present
        session.commit()
    return token.person, Role(min(token.role, token.person.role)), frozenset(token.scopes)


def revoke_token(session: Session, person: Person, token_id: int) -> bool:
    """End a token of `person`; returns whether there was one. Committed."""
    token = session.get(ApiToken, token_id)
    if token is None or token.person_id != person.id:
        return False
    token.revoked_at = token.revoked_at or now()
    session.commit()
    logger.info(
        "Ended an API token", extra={"person": person.username, "called": ascii(token.name)}
    )
    return True
