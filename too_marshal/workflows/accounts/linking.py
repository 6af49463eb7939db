"""Let a person with a password log in by the identity provider too, and end that."""

from __future__ import annotations

import logging

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from too_marshal.db.accounts.identities import Identity
from too_marshal.db.accounts.people import Person
from too_marshal.db.locks import lock
from too_marshal.workflows.accounts.identities import Known, NotLinked, identity_from
from too_marshal.workflows.accounts.passkeys import passkeys_of

logger = logging.getLogger(__name__)


def link(session: Session, person: Person, known: Known) -> None:
    """Let a person log in by a provider too; committed.

    Raises
    ------
    NotLinked
        If the identity is somebody's already, or the person has another one there.
    """
    session.add(identity_from(known, person.id))
    try:
        session.commit()
    except IntegrityError as err:
        session.rollback()
        raise NotLinked(
            "One of the two is linked already: this account, or the one at the provider."
        ) from err
    logger.info("Linked an account to the provider", extra={"person": person.username})


def unlink(session: Session, person_id: int, issuer: str) -> None:
    """Let a person log in by the provider no more; committed.

    Raises
    ------
    NotLinked
        If there is neither a password nor a passkey.
    """
    # Whoever removes the last passkey holds the person too.
    person = lock(session, Person, person_id)
    if not person.has_password and not passkeys_of(session, person_id):
        session.rollback()
        raise NotLinked("It is the only way to log in: have an administrator set a password first.")
    session.execute(
        delete(Identity).where(Identity.person_id == person_id, Identity.issuer == issuer)
    )
    session.commit()
    logger.info("Unlinked an account from the provider", extra={"person": person.username})
