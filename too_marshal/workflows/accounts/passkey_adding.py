"""Add a passkey to an account."""

from __future__ import annotations

import logging

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from too_marshal.db.accounts.passkeys import Passkey
from too_marshal.db.accounts.people import Person
from too_marshal.db.locks import lock
from too_marshal.workflows.accounts.passkey_answers import NewKey, read_answer, verified_key
from too_marshal.workflows.accounts.passkey_challenges import (
    Asker,
    PasskeyRefused,
    new_challenge,
    take_challenge,
)
from too_marshal.workflows.accounts.passkey_options import Account, creation_options
from too_marshal.workflows.accounts.passkeys import handle_of, passkeys_of
from too_marshal.workflows.accounts.relying_party import RelyingParty

logger = logging.getLogger(__name__)

MAX_PASSKEYS = 20
"""Of one person."""

MAX_NAME_LENGTH = 60


def begin_passkey(session: Session, person: Person, asker: Asker, party: RelyingParty) -> str:
    """Say what a device is to make, as JSON; committed.

    Raises
    ------
    PasskeyRefused
        If there are as many as there may be.
    """
    present = passkeys_of(session, person.id)
    _refuse_too_many(len(present))
    account = Account(handle_of(session, person.id), person.username, person.full_name)
    challenge = new_challenge(session, asker)
    here = [each for each in present if each.rp_id == party.rp_id]
    return creation_options(challenge, party, account, here)


def read_new_key(session: Session, text: str, asker: Asker, party: RelyingParty) -> NewKey:
    """The passkey that a device has made as it was asked to; its challenge is taken, committed.

    Raises
    ------
    PasskeyRefused
        If it was not asked for, or not made so.
    """
    answer = read_answer(text)
    take_challenge(session, answer.challenge, asker)
    return verified_key(answer, party)


def add_passkey(session: Session, person: Person, name: str, key: NewKey) -> Passkey:
    """Let a passkey log a person in; committed.

    Raises
    ------
    PasskeyRefused
        If it has no fit name, somebody has it already, or there are as many as there may be.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= MAX_NAME_LENGTH or not name.isprintable():
        raise PasskeyRefused(f"A name has 1 to {MAX_NAME_LENGTH} characters.", "no name")
    # Held, so that of several at once none is one too many.
    lock(session, Person, person.id)
    _refuse_too_many(len(passkeys_of(session, person.id)))
    row = Passkey(
        person_id=person.id,
        name=name,
        credential_id=key.credential_id,
        public_key=key.public_key,
        sign_count=key.sign_count,
        rp_id=key.rp_id,
        transports=key.transports,
    )
    session.add(row)
    try:
        session.commit()
    except IntegrityError as err:
        session.rollback()
        raise PasskeyRefused("This passkey is known here already.", "known already") from err
    logger.info("Added a passkey", extra={"person": person.username, "called": ascii(name)})
    return row


def _refuse_too_many(present: int) -> None:
    if present >= MAX_PASSKEYS:
        raise PasskeyRefused(
            f"You have {MAX_PASSKEYS} passkeys, which is as many as there may be: remove one.",
            "too many",
        )
