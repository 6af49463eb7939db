"""Who holds a passkey: at a login, and where somebody has to say again that it is they.

The device itself looks who holds it (a finger, a face, a number), so that one signature proves
two things: what one has, and what one is or knows.
"""

from __future__ import annotations

import logging

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from too_marshal.db.accounts.passkeys import Passkey, Purpose
from too_marshal.db.accounts.people import Person
from too_marshal.db.base import now
from too_marshal.db.locks import lock_all
from too_marshal.workflows.accounts.login import (
    LoginThrottled,
    forget_failures,
    note_failure,
    refuse_throttled,
)
from too_marshal.workflows.accounts.passkey_answers import Answer, read_answer, verified_count
from too_marshal.workflows.accounts.passkey_challenges import (
    Asker,
    PasskeyRefused,
    new_challenge,
    take_challenge,
)
from too_marshal.workflows.accounts.passkey_options import request_options
from too_marshal.workflows.accounts.passkeys import handle_of, passkeys_here
from too_marshal.workflows.accounts.relying_party import RelyingParty

logger = logging.getLogger(__name__)

NOBODY = "nobody that we know"


class PasskeyFailed(PasskeyRefused):
    """A passkey opens nothing; the message is for whoever tried."""

    def __init__(self, message: str, reason: str, who: str, *, must_wait: bool = False) -> None:
        super().__init__(message, reason)
        self.who = who
        """Whose it is, as the audit log has it."""
        self.must_wait = must_wait
        """Whether there were too many failures before, so that it was not looked at."""


def ask_for_passkey(session: Session, asker: Asker, party: RelyingParty) -> str:
    """Say what a device is to sign, as JSON; committed.

    Before a login it names no passkeys: it would tell who has some.
    """
    mine = () if asker.person_id is None else passkeys_here(session, asker.person_id, party)
    return request_options(new_challenge(session, asker), party, mine)


def check_passkey(
    session: Session, text: str, asker: Asker, party: RelyingParty, address: str
) -> Person:
    """Who holds the device that has signed.

    Parameters
    ----------
    session
        Open session; on success not committed, and the passkey's row is held: what its owner may
        do now is to stand in the same transaction.
    text
        The device's answer, as the browser has sent it.
    asker, party
        Whom it was asked of, and for which site.
    address
        Where the attempt comes from.

    Raises
    ------
    PasskeyFailed
        If it opens nothing; the attempt is counted, committed. After too many it is not looked
        at.
    """
    who = name = NOBODY
    try:
        answer = read_answer(text)
        known = session.scalars(_of(answer)).one_or_none()
        who = known.person.username if known else NOBODY
        # No name has a blank: a passkey that nobody has is counted by itself, and by the address.
        name = known.person.username if known else f"passkey {answer.credential_id.hex()}"
        refuse_throttled(session, name, address)
        take_challenge(session, answer.challenge, asker)
        return _holder(session, answer, asker, party)
    except LoginThrottled as err:
        message = "Too many failed tries. Wait a quarter of an hour."
        raise PasskeyFailed(message, "too many tries", who, must_wait=True) from err
    except PasskeyRefused as err:
        session.rollback()
        note_failure(session, name, address)
        extra = {"person": who, "address": address, "passkey": err.reason}
        logger.warning("Login failed", extra=extra)
        raise PasskeyFailed(str(err), err.reason, who) from err


def _of(answer: Answer) -> Select[Passkey]:
    return select(Passkey).where(Passkey.credential_id == answer.credential_id)


def _holder(session: Session, answer: Answer, asker: Asker, party: RelyingParty) -> Person:
    # As it is now, and held: of two at once the second is compared with the count of the first.
    rows = lock_all(session, _of(answer), Passkey)
    if not rows:
        raise _refused("unknown")
    passkey = rows[0]
    if passkey.rp_id != party.rp_id or not _is_owners(session, passkey, answer, asker):
        raise _refused("of somebody else")
    count = verified_count(answer, party, passkey.public_key)
    if (count or passkey.sign_count) and count <= passkey.sign_count:
        raise PasskeyRefused(
            "This passkey has counted backwards, as a copy of it would: it is refused. Log in with"
            " your password, remove it, and tell an administrator.",
            "its count went back",
        )
    if not passkey.person.is_active:
        raise _refused("closed account")
    passkey.sign_count, passkey.used_at = count, now()
    forget_failures(session, passkey.person)
    logger.info(
        "Passkey taken", extra={"person": passkey.person.username, "called": ascii(passkey.name)}
    )
    return passkey.person


def _is_owners(session: Session, passkey: Passkey, answer: Answer, asker: Asker) -> bool:
    """Whether the device knows its owner as we do, and that is who is to say something here."""
    if asker.person_id not in {None, passkey.person_id}:
        return False
    if answer.handle is None:
        # A device that was asked for this very passkey need not say whose it is.
        return asker.purpose != Purpose.LOG_IN
    return answer.handle == handle_of(session, passkey.person_id)


def _refused(reason: str) -> PasskeyRefused:
    return PasskeyRefused("This passkey opens nothing here. Use your password.", reason)
