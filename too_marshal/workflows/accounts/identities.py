"""Who people are at an identity provider: found by its own name for them, never by another.

An address of mail or a name can be given to somebody else tomorrow, and at some providers people
choose them: neither says whose account it is.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from too_marshal.db.accounts.identities import Identity
from too_marshal.db.accounts.people import NO_PASSWORD, Person, Role
from too_marshal.db.locks import lock
from too_marshal.workflows.accounts.people import set_role
from too_marshal.workflows.errors import Forbidden

logger = logging.getLogger(__name__)

MAX_NAMESAKES = 1000


class NotLinked(Forbidden):
    """An account and an identity are not joined, or not parted; the message says why."""


@dataclass(frozen=True)
class Known:
    """Somebody as a provider knows them."""

    issuer: str
    subject: str
    username: str
    """What they would like to be called; it says nothing of who they are."""

    full_name: str

    @classmethod
    def by(cls, issuer: str, claims: Mapping[str, Any]) -> Self:
        """Whom a provider's claims describe."""
        username, full_name = (
            value.replace("\0", "").strip() if isinstance(value, str) else ""
            for value in (claims.get("preferred_username"), claims.get("name"))
        )
        return cls(issuer, str(claims["sub"]), username, full_name)


def log_in_known(session: Session, known: Known, role: Role | None) -> Person | None:
    """Whose account it is; made at the first login. Committed.

    Parameters
    ----------
    session
        Open session.
    known
        Who the provider says it is.
    role
        What it says they may do. An account with a password keeps the role that an administrator
        gave it, since its person could log in with that anyway.

    Returns
    -------
    Person or None
        None if they may not log in: they have no role, or the account is closed.
    """
    if role is None:
        return None
    identity = _identity(session, known) or _add(session, known, role)
    person = lock(session, Person, identity.person_id)
    if not person.is_active:
        session.commit()
        return None
    if not person.has_password and person.role != role:
        set_role(session, person, role, is_active=True)
    session.commit()
    logger.info("Logged in by the provider", extra={"person": person.username})
    return person


def identity_of(session: Session, person: Person, issuer: str) -> Identity | None:
    """By whom a provider knows a person."""
    query = select(Identity).where(Identity.person_id == person.id, Identity.issuer == issuer)
    return session.scalars(query).one_or_none()


def is_known_as(session: Session, person: Person, known: Known) -> bool:
    """Whether this is the identity of this person."""
    identity = _identity(session, known)
    return identity is not None and identity.person_id == person.id


def _identity(session: Session, known: Known) -> Identity | None:
    query = select(Identity).where(
        Identity.issuer == known.issuer, Identity.subject == known.subject
    )
    return session.scalars(query).one_or_none()


def identity_from(known: Known, person_id: int) -> Identity:
    """A row that says whose account somebody has here; not stored."""
    return Identity(
        issuer=known.issuer,
        subject=known.subject,
        name=(known.full_name or known.username)[:120],
        person_id=person_id,
    )


def _add(session: Session, known: Known, role: Role) -> Identity:
    """Make an account; of two first logins at once, both get the one that is made."""
    for number in range(1, MAX_NAMESAKES):
        person = Person(
            username=_username(known.username, number),
            full_name=known.full_name[:120],
            password_hash=NO_PASSWORD,
            role=role,
        )
        session.add(person)
        try:
            session.flush()
            identity = identity_from(known, person.id)
            session.add(identity)
            session.commit()
        except IntegrityError:
            session.rollback()
            # The identity is there by now, or the name was taken.
            if (other := _identity(session, known)) is not None:
                return other
            continue
        logger.info("Added an account", extra={"person": person.username, "role": role.name})
        return identity
    raise NotLinked("There are too many people of that name: have an administrator add you.")


def _username(wish: str, number: int) -> str:
    """A name that may be one here; the second of a name is called name-2."""
    plain = re.sub(r"[^A-Za-z0-9._@-]", "", wish)
    plain = plain if re.search(r"[A-Za-z0-9]", plain) else "person"
    return plain[:70] + ("" if number == 1 else f"-{number}")
