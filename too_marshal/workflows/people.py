"""Let people in: accounts, passwords, browser sessions and tokens for the API."""

from __future__ import annotations

import hashlib
import secrets
import threading
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from too_marshal.db.base import now
from too_marshal.db.people import ApiToken, LoginAttempt, Person, Role, WebSession

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 1000

SESSION_IDLE = timedelta(hours=12)
"""A session that is not used for so long is over; a night is not longer."""

SESSION_LIFE = timedelta(days=7)
"""However much it is used."""

SEEN_STEP = timedelta(minutes=1)
"""How often the use of a session or token is noted."""

LONGEST_TOKEN = timedelta(days=365)

TOKEN_PREFIX = "toom_"  # noqa: S105 - a mark by which leaked tokens are found, not a secret

THROTTLE_WINDOW = timedelta(minutes=15)
MOST_FAILURES_OF_NAME = 5
MOST_FAILURES_OF_ADDRESS = 30

_hasher = PasswordHasher()

# One hash takes 64 MiB and a core: unbounded, a burst of logins would stop the service.
_hashing = threading.BoundedSemaphore(2)


class PersonInvalid(Exception):
    """An account or token cannot be as asked; the message is for the person."""


class LoginThrottled(Exception):
    """Too many failed logins of late, from this address or to this account."""


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
        password_hash=_hash(password),
        role=role,
        is_active=True,
    )
    session.add(person)
    try:
        session.commit()
    except IntegrityError as err:
        session.rollback()
        raise PersonInvalid(f"there is already a person named {username}") from err
    return person


def _check_username(username: str) -> None:
    bare = username.translate(str.maketrans("", "", "._-@"))
    if not (1 <= len(username) <= 80 and bare.isascii() and bare.isalnum()):
        raise PersonInvalid("a name has 1 to 80 letters, digits or . _ - @")


def set_password(session: Session, person: Person, password: str) -> None:
    """Change a password and end the person's sessions; committed."""
    person.password_hash = _hash(password)
    end_sessions_of(session, person)


def set_role(session: Session, person: Person, role: Role, *, is_active: bool) -> None:
    """Change what a person may do and end the person's sessions; committed."""
    person.role, person.is_active = role, is_active
    end_sessions_of(session, person)


def _hash(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise PersonInvalid(f"a password has at least {SHORTEST_PASSWORD} characters")
    if len(password) > LONGEST_PASSWORD:
        raise PersonInvalid(f"a password has at most {LONGEST_PASSWORD} characters")
    with _hashing:
        return _hasher.hash(password)


@cache
def _hash_of_nobody() -> str:
    return _hasher.hash(secrets.token_hex(16))


def check_password(session: Session, username: str, password: str, address: str) -> Person | None:
    """Who logs in with this name and password.

    Parameters
    ----------
    session
        Open session; committed.
    username, password
        As typed.
    address
        Where the attempt comes from.

    Returns
    -------
    Person or None
        None where the name or the password is wrong, or the account is closed: the caller
        must not tell which.

    Raises
    ------
    LoginThrottled
        If there were too many failures before; the password is then not looked at.
    """
    username, address = username[:80], address[:60]
    if _is_throttled(session, username, address):
        raise LoginThrottled
    person = session.scalars(select(Person).where(Person.username == username)).one_or_none()
    # The same work for a name that does not exist: the time must not tell.
    stored = person.password_hash if person is not None else _hash_of_nobody()
    is_right = _verify(stored, password[:LONGEST_PASSWORD])
    if person is None or not is_right or not person.is_active:
        session.execute(delete(LoginAttempt).where(LoginAttempt.tried_at < _throttle_start()))
        session.add(LoginAttempt(username=username, address=address))
        session.commit()
        return None
    session.execute(delete(LoginAttempt).where(LoginAttempt.username == username))
    if _hasher.check_needs_rehash(person.password_hash):
        person.password_hash = _hash(password)
    session.commit()
    return person


def _verify(stored: str, password: str) -> bool:
    with _hashing:
        try:
            return _hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def _is_throttled(session: Session, username: str, address: str) -> bool:
    recent = select(func.count()).where(LoginAttempt.tried_at > _throttle_start())
    of_name = session.scalar(recent.where(LoginAttempt.username == username)) or 0
    of_address = session.scalar(recent.where(LoginAttempt.address == address)) or 0
    return of_name >= MOST_FAILURES_OF_NAME or of_address >= MOST_FAILURES_OF_ADDRESS


def _throttle_start() -> datetime:
    return now() - THROTTLE_WINDOW


def open_session(session: Session, person: Person) -> str:
    """Begin a browser session; returns what the browser keeps. Committed."""
    value = secrets.token_urlsafe(32)
    session.add(WebSession(sha256=_sha256(value), person_id=person.id))
    session.execute(delete(WebSession).where(WebSession.created_at < now() - SESSION_LIFE))
    session.commit()
    return value


def person_of_session(session: Session, value: str) -> Person | None:
    """Whose session this is, if it still lives."""
    row = session.get(WebSession, _sha256(value))
    present = now()
    if (
        row is None
        or not row.person.is_active
        or row.seen_at < present - SESSION_IDLE
        or row.created_at < present - SESSION_LIFE
    ):
        return None
    if row.seen_at < present - SEEN_STEP:
        row.seen_at = present
        session.commit()
    return row.person


def close_session(session: Session, value: str) -> None:
    """End a browser session; committed."""
    session.execute(delete(WebSession).where(WebSession.sha256 == _sha256(value)))
    session.commit()


def end_sessions_of(session: Session, person: Person) -> None:
    """End every browser session of a person; committed."""
    session.execute(delete(WebSession).where(WebSession.person_id == person.id))
    session.commit()


def create_token(
    session: Session, person: Person, name: str, role: Role, expires_at: datetime
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
    if not now() < expires_at <= now() + LONGEST_TOKEN + timedelta(minutes=1):
        raise PersonInvalid("a token expires within a year from now")
    value = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        sha256=_sha256(value),
        name=name.strip(),
        person_id=person.id,
        role=role,
        expires_at=expires_at,
    )
    session.add(token)
    session.commit()
    return token, value


def person_of_token(session: Session, value: str) -> tuple[Person, Role] | None:
    """Whose token this is and what it may do, if it is valid."""
    token = session.scalars(select(ApiToken).where(ApiToken.sha256 == _sha256(value))).one_or_none()
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
    return token.person, Role(min(token.role, token.person.role))


def revoke_token(session: Session, person: Person, token_id: int) -> bool:
    """End a token of `person`; returns whether there was one. Committed."""
    token = session.get(ApiToken, token_id)
    if token is None or token.person_id != person.id:
        return False
    token.revoked_at = token.revoked_at or now()
    session.commit()
    return True


def _sha256(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
