"""Challenges: random numbers that a device signs, each good once, and for five minutes.

A cookie can be sent again by whoever has kept it, and two requests can come at once. So each has
a row: deleting it is what takes the challenge, and of two who delete one row one finds nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from too_marshal.db.accounts.passkeys import PasskeyChallenge, Purpose
from too_marshal.db.accounts.people import sha256_of
from too_marshal.db.base import now
from too_marshal.workflows.errors import Invalid

CHALLENGE_LIFE = timedelta(minutes=5)

CHALLENGE_LENGTH = 32
"""Bytes."""


class PasskeyRefused(Invalid):
    """A passkey is not taken; the message is for the person."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason
        """The same in few words, for the audit log."""


@dataclass(frozen=True)
class Asker:
    """Whom a challenge is given to, and who alone may answer it."""

    browser: str
    """Random, kept in the browser's signed session cookie."""

    purpose: Purpose

    person_id: int | None = None
    """Who is logged in there; None before a login."""


def new_challenge(session: Session, asker: Asker) -> bytes:
    """Give out a challenge; committed."""
    challenge = secrets.token_bytes(CHALLENGE_LENGTH)
    session.execute(
        delete(PasskeyChallenge).where(PasskeyChallenge.made_at < now() - CHALLENGE_LIFE)
    )
    session.add(
        PasskeyChallenge(
            sha256=sha256_of(challenge.hex()),
            purpose=asker.purpose,
            browser=sha256_of(asker.browser),
            person_id=asker.person_id,
        )
    )
    session.commit()
    return challenge


def take_challenge(session: Session, challenge: bytes, asker: Asker) -> None:
    """Take a challenge, whatever becomes of its answer; committed.

    Raises
    ------
    PasskeyRefused
        If it was not given to this browser for this, is older than five minutes, or was taken.
    """
    made_at = session.scalar(
        delete(PasskeyChallenge)
        .where(
            PasskeyChallenge.sha256 == sha256_of(challenge.hex()),
            PasskeyChallenge.purpose == asker.purpose,
            PasskeyChallenge.browser == sha256_of(asker.browser),
            PasskeyChallenge.person_id.is_not_distinct_from(asker.person_id),
        )
        .returning(PasskeyChallenge.made_at)
    )
    session.commit()
    if made_at is None or made_at < now() - CHALLENGE_LIFE:
        raise PasskeyRefused(
            "The passkey was asked for more than five minutes ago, or was used for this already:"
            " try once more.",
            "no open challenge",
        )
