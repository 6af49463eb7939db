"""The passkeys of a person: which there are, and how they go."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from too_marshal.db.accounts.identities import Identity
from too_marshal.db.accounts.passkeys import Passkey, PasskeyHandle
from too_marshal.db.accounts.people import Person
from too_marshal.db.locks import lock
from too_marshal.workflows.accounts.passkey_challenges import PasskeyRefused
from too_marshal.workflows.accounts.people import end_sessions_of
from too_marshal.workflows.accounts.relying_party import RelyingParty

logger = logging.getLogger(__name__)

HANDLE_LENGTH = 32
"""Bytes."""


def passkeys_of(session: Session, person_id: int) -> Sequence[Passkey]:
    """A person's passkeys, the oldest first."""
    query = select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.id)
    return session.scalars(query, execution_options={"populate_existing": True}).all()


def passkeys_here(session: Session, person_id: int, party: RelyingParty) -> Sequence[Passkey]:
    """Those that are bound to this name of the site."""
    return [each for each in passkeys_of(session, person_id) if each.rp_id == party.rp_id]


def passkey_counts(session: Session) -> Mapping[int, int]:
    """How many passkeys each person has; who has none is left out."""
    query = select(Passkey.person_id, func.count()).group_by(Passkey.person_id)
    return dict(session.execute(query).all())


def handle_of(session: Session, person_id: int) -> bytes:
    """What devices know a person by: made once, at random. Not committed."""
    query = select(PasskeyHandle.handle).where(PasskeyHandle.person_id == person_id)
    known = session.scalar(query)
    if known is not None:
        return known
    made = {"person_id": person_id, "handle": secrets.token_bytes(HANDLE_LENGTH)}
    # Of two requests that make one the first has made it for both.
    session.execute(insert(PasskeyHandle).values(made).on_conflict_do_nothing())
    return session.scalars(query).one()


def is_only_way_in(session: Session, person: Person, present: Sequence[Passkey]) -> bool:
    """Whether a person could log in no more without the last of these."""
    by_provider = select(Identity.id).where(Identity.person_id == person.id).limit(1)
    return len(present) == 1 and not person.has_password and session.scalar(by_provider) is None


def remove_passkey(session: Session, person: Person, passkey_id: int) -> bool:
    """Let a passkey of `person` log in no more; returns whether there was one. Committed.

    Raises
    ------
    PasskeyRefused
        If it is the only way in.
    """
    # Held, so that of two who remove the last two one is refused.
    person = lock(session, Person, person.id)
    present = passkeys_of(session, person.id)
    row = next((each for each in present if each.id == passkey_id), None)
    if row is None:
        session.rollback()
        return False
    if is_only_way_in(session, person, present):
        session.rollback()
        raise PasskeyRefused(
            "This passkey is your only way in: add another one first.", "the only way in"
        )
    session.delete(row)
    session.commit()
    logger.info("Removed a passkey", extra={"person": person.username, "called": ascii(row.name)})
    return True


def remove_passkeys(session: Session, person: Person) -> None:
    """Remove all passkeys of a person whose devices are lost, and end the sessions; committed."""
    lock(session, Person, person.id)
    session.execute(delete(Passkey).where(Passkey.person_id == person.id))
    end_sessions_of(session, person)
    logger.info("Removed all passkeys", extra={"person": person.username})
