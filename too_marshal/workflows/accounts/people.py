"""Accounts: who there is, with what password and role."""

from __future__ import annotations

import logging
import secrets
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from too_marshal.db.accounts.people import Person, Role, WebSession, sha256_of
from too_marshal.workflows.errors import Invalid

logger = logging.getLogger(__name__)

SHORTEST_PASSWORD = 10
MAX_PASSWORD_LENGTH = 1000

_hasher = PasswordHasher()

# One hash takes 64 MiB and a core: unbounded, a burst of logins would stop the service.
_hashing = threading.BoundedSemaphore(2)


class PersonInvalid(Invalid):
    """An account or token cannot be as asked; the message is for the person."""


def create_person(  # noqa: PLR0913 - what an account consists of
    session: Session,
    username: str,
    password: str,
    role: Role,
    *,
    full_name: str = "",
    affiliation: str = "",
) -> Person:
    """Add an account.

    Parameters
    ----------
    session
        Open session; committed.
    username
        Letters, digits, and `. _ - @` between; unique.
    password
        At least `SHORTEST_PASSWORD` characters.
    role
        What the person may do.
    full_name, affiliation
        As in circulars.

    Raises
    ------
    PersonInvalid
        If the name is taken or unfit, or the password is too short or too long.
    """
    _check_username(username)
    person = Person(
        username=username,
        full_name=full_name.strip(),
        affiliation=affiliation.strip(),
        password_hash=hash_password(password),
        role=role,
        is_active=True,
    )
    session.add(person)
    try:
        session.commit()
    except IntegrityError as err:
        session.rollback()
        raise PersonInvalid(f"there is already a person named {username}") from err
    logger.info("Added an account", extra={"person": username, "role": role.name.lower()})
    return person


def _check_username(username: str) -> None:
    bare = username.translate(str.maketrans("", "", "._-@"))
    if not (1 <= len(username) <= 80 and bare.isascii() and bare.isalnum()):
        raise PersonInvalid("a name has 1 to 80 letters, digits or . _ - @")


def set_password(session: Session, person: Person, password: str) -> None:
    """Change a password and end the person's sessions; committed."""
    person.password_hash = hash_password(password)
    end_sessions_of(session, person)
    logger.info("Changed a password", extra={"person": person.username})


def set_role(session: Session, person: Person, role: Role, *, is_active: bool) -> None:
    """Change what a person may do and end the person's sessions; committed."""
    person.role, person.is_active = role, is_active
    end_sessions_of(session, person)
    word = role.name.lower() if is_active else "closed"
    logger.info("Changed an account", extra={"person": person.username, "role": word})


def hash_password(password: str) -> str:
    """Hash a new password.

    Raises
    ------
    PersonInvalid
        If it is too short or too long.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise PersonInvalid(f"a password has at least {SHORTEST_PASSWORD} characters")
    if len(password) > MAX_PASSWORD_LENGTH:
        raise PersonInvalid(f"a password has at most {MAX_PASSWORD_LENGTH} characters")
    with _hashing:
        return _hasher.hash(password)


@cache
def _hash_of_nobody() -> str:
    return _hasher.hash(secrets.token_hex(16))


def is_password_of(person: Person | None, password: str) -> bool:
    """Whether this is the person's password; it takes as long for nobody.

    A hash of older parameters is renewed; not committed here.
    """
    has_one = person is not None and person.has_password
    stored = person.password_hash if person is not None and has_one else _hash_of_nobody()
    with _hashing:
        try:
            _hasher.verify(stored, password[:MAX_PASSWORD_LENGTH])
        except (VerificationError, InvalidHashError):
            return False
    if person is not None and _hasher.check_needs_rehash(stored):
        person.password_hash = hash_password(password)
    return has_one


def mark_of_password(person: Person) -> str:
    """What changes with a person's password, and tells nobody anything of it."""
    return sha256_of(person.password_hash)[:16]


def end_sessions_of(session: Session, person: Person) -> None:
    """End every browser session of a person; committed."""
    session.execute(delete(WebSession).where(WebSession.person_id == person.id))
    session.commit()
