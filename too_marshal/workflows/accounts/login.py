"""Logins: a name and a password open a browser session, which ends by itself."""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from too_marshal.db.accounts.people import LoginAttempt, Person, WebSession, sha256_of
from too_marshal.db.base import now
from too_marshal.workflows.accounts.people import is_password_of
from too_marshal.workflows.accounts.second_factor import has_factor

logger = logging.getLogger(__name__)

SESSION_IDLE = timedelta(hours=12)
"""A session that is not used for so long is over; a night is not longer."""

SESSION_LIFE = timedelta(days=7)
"""However much it is used."""

SEEN_STEP = timedelta(minutes=1)
"""How often the use of a session or token is noted."""

THROTTLE_WINDOW = timedelta(minutes=15)
MAX_FAILURES_OF_NAME = 5
MAX_FAILURES_OF_ADDRESS = 30


class LoginThrottled(Exception):
    """Too many failed logins of late, from this address or to this account."""


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
    refuse_throttled(session, username, address)
    person = session.scalars(select(Person).where(Person.username == username)).one_or_none()
    is_right = is_password_of(person, password)
    if person is None or not is_right or not person.is_active:
        note_failure(session, username, address)
        # What was typed in place of a name may be a password.
        known = "nobody that we know" if person is None else person.username
        logger.warning("Login failed", extra={"person": known, "address": address})
        return None
    # Whoever has found the password must not try codes without end by typing it between them.
    if not has_factor(session, person):
        forget_failures(session, person)
    session.commit()
    logger.info("Logged in", extra={"person": person.username, "address": address})
    return person


def refuse_throttled(session: Session, username: str, address: str) -> None:
    """Look whether there were too many failures of late.

    Raises
    ------
    LoginThrottled
        If there were.
    """
    if _is_throttled(session, username[:80], address[:60]):
        logger.warning("Login refused after too many failures", extra={"address": address})
        raise LoginThrottled


def note_failure(session: Session, username: str, address: str) -> None:
    """Count a failed login; committed."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.tried_at < _throttle_start()))
    session.add(LoginAttempt(username=username[:80], address=address[:60]))
    session.commit()


def forget_failures(session: Session, person: Person) -> None:
    """Count anew, once somebody is in; not committed."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.username == person.username))


def _is_throttled(session: Session, username: str, address: str) -> bool:
    recent = select(func.count()).where(LoginAttempt.tried_at > _throttle_start())
    of_name = session.scalar(recent.where(LoginAttempt.username == username)) or 0
    of_address = session.scalar(recent.where(LoginAttempt.address == address)) or 0
    return of_name >= MAX_FAILURES_OF_NAME or of_address >= MAX_FAILURES_OF_ADDRESS


def _throttle_start() -> datetime:
    return now() - THROTTLE_WINDOW


def open_session(session: Session, person: Person, confirmed_at: datetime | None = None) -> str:
    """Begin a browser session; returns what the browser keeps. Committed.

    Parameters
    ----------
    session
        Open session.
    person
        Whose it is.
    confirmed_at
        When they have last shown who they are; None: just now.
    """
    value = secrets.token_urlsafe(32)
    row = WebSession(
        sha256=sha256_of(value), person_id=person.id, confirmed_at=confirmed_at or now()
    )
    session.add(row)
    session.execute(delete(WebSession).where(WebSession.created_at < now() - SESSION_LIFE))
    session.commit()
    return value


def living_session(session: Session, value: str) -> WebSession | None:
    """The browser session of a value, if it still lives."""
    row = session.get(WebSession, sha256_of(value))
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
    return row


def confirm_session(session: Session, value: str) -> None:
    """Note that a browser session has seen the password again; committed."""
    # One that was closed in between is gone, and asks for a login next.
    session.execute(
        update(WebSession).where(WebSession.sha256 == sha256_of(value)).values(confirmed_at=now())
    )
    session.commit()


def close_session(session: Session, value: str) -> None:
    """End a browser session; committed."""
    session.execute(delete(WebSession).where(WebSession.sha256 == sha256_of(value)))
    session.commit()
