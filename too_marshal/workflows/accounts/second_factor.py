"""Codes that a device shows, anew every 30 s (TOTP, RFC 6238), and ten for when it is lost.

A code is good for its own half minute and the ones beside it, since clocks differ, and is taken
once.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import pyotp
from cryptography.fernet import InvalidToken
from sqlalchemy import delete
from sqlalchemy.orm import Session

from too_marshal.db.accounts.factors import SecondFactor
from too_marshal.db.accounts.people import Person, sha256_of
from too_marshal.db.base import now
from too_marshal.db.locks import lock
from too_marshal.workflows.accounts.box import box

STEP = 30
"""s; what every device's program takes unless it is told otherwise."""

BESIDE = 1
"""Half minutes before and after the present one whose codes are good too."""

RECOVERY_CODES = 10

ISSUER = "too-marshal"

PURPOSE = "second factor"
"""Of the box that secrets are kept in."""


class FactorRefused(ValueError):
    """It cannot be; the message is for the person."""


def has_factor(session: Session, person: Person) -> bool:
    """Whether a person's login needs a code."""
    row = session.get(SecondFactor, person.id, populate_existing=True)
    return row is not None and row.confirmed_at is not None


def begin_factor(session: Session, person: Person, secret_key: str) -> str:
    """Make the secret of a device, to be confirmed by its first code; committed.

    Returns
    -------
    str
        What the device reads as a picture, with the secret in it: shown now, and never again.

    Raises
    ------
    FactorRefused
        If the person has a device already.
    """
    row = _held(session, person.id)
    if row is not None and row.confirmed_at is not None:
        session.rollback()
        raise FactorRefused("There is a second factor already: remove it first.")
    secret = pyotp.random_base32()
    session.merge(
        SecondFactor(
            person_id=person.id,
            secret=box(PURPOSE, secret_key).encrypt(secret.encode()).decode(),
            last_step=0,
            recovery=[],
            made_at=now(),
            confirmed_at=None,
        )
    )
    session.commit()
    return pyotp.TOTP(secret).provisioning_uri(name=person.username, issuer_name=ISSUER)


def confirm_factor(session: Session, person: Person, code: str, secret_key: str) -> Sequence[str]:
    """Take the first code of a device: from now on it is asked for. Committed.

    Returns
    -------
    sequence of str
        Ten codes for when the device is lost, shown now and never again.

    Raises
    ------
    FactorRefused
        If the code is wrong, or nothing was begun.
    """
    row = _held(session, person.id)
    if row is None or row.confirmed_at is not None:
        session.rollback()
        raise FactorRefused("No second factor was begun.")
    if not _takes(row, code, secret_key):
        session.rollback()
        raise FactorRefused("The code is wrong: is the clock of the device right?")
    codes = [secrets.token_hex(5) for _ in range(RECOVERY_CODES)]
    row.recovery = [sha256_of(each) for each in codes]
    row.confirmed_at = now()
    session.commit()
    return codes


def check_code(session: Session, person: Person, code: str, secret_key: str) -> bool:
    """Whether a code is right, and was not taken before; committed.

    One of the ten for a lost device is good once.
    """
    row = _held(session, person.id)
    if row is None or row.confirmed_at is None:
        session.rollback()
        return False
    is_right = _takes(row, code, secret_key) or _takes_recovery(row, code)
    session.commit()
    return is_right


def remove_factor(session: Session, person_id: int) -> None:
    """Ask for no code any more; committed."""
    _held(session, person_id)
    session.execute(delete(SecondFactor).where(SecondFactor.person_id == person_id))
    session.commit()


def _held(session: Session, person_id: int) -> SecondFactor | None:
    """The device as it is now; nobody begins, confirms or removes one meanwhile."""
    # The person's row: that of the device may still be to come.
    lock(session, Person, person_id)
    return session.get(SecondFactor, person_id, populate_existing=True)


def _takes(row: SecondFactor, code: str, secret_key: str) -> bool:
    plain = "".join(code.split())
    try:
        secret = box(PURPOSE, secret_key).decrypt(row.secret.encode()).decode()
    except InvalidToken:
        # The service's key is another now: the ten codes are left.
        return False
    totp = pyotp.TOTP(secret, interval=STEP)
    present = int(now().timestamp()) // STEP
    for step in range(present - BESIDE, present + BESIDE + 1):
        if step > row.last_step and secrets.compare_digest(
            totp.at(step * STEP).encode(), plain.encode(errors="replace")
        ):
            row.last_step = step
            return True
    return False


def _takes_recovery(row: SecondFactor, code: str) -> bool:
    hashed = sha256_of("".join(code.split()).lower())
    if hashed not in row.recovery:
        return False
    row.recovery = [each for each in row.recovery if each != hashed]
    return True
