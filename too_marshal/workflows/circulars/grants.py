"""What people let the marshal do as their GCN accounts: kept, shown, and given up."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import InvalidToken
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from too_marshal.db.accounts.grants import GcnGrant
from too_marshal.db.accounts.people import Person
from too_marshal.db.base import now
from too_marshal.db.locks import lock
from too_marshal.deployment.circulars.gcn_login import SUBMITTER
from too_marshal.deployment.logs import keep_secret
from too_marshal.deployment.oauth.client import Client
from too_marshal.deployment.oauth.errors import ProviderUnavailable
from too_marshal.deployment.oauth.messages import Tokens
from too_marshal.workflows.accounts.box import box
from too_marshal.workflows.errors import Forbidden

logger = logging.getLogger(__name__)

_PURPOSE = "GCN grant"

_NAMES = ("name", "email", "preferred_username", "cognito:username", "sub")


class NotGranted(Forbidden):
    """A GCN account is not connected, or not given up; the message says why."""


def grant_of(session: Session, person_id: int) -> GcnGrant | None:
    """What a person lets us do, as it stands now; GCN may have ended it."""
    return session.get(GcnGrant, person_id, populate_existing=True)


def connect(
    session: Session, secret_key: str, person_id: int, tokens: Tokens, claims: Mapping[str, Any]
) -> GcnGrant:
    """Keep what a GCN account lets us do, instead of what was kept before; committed.

    Parameters
    ----------
    session
        Open session.
    secret_key
        The service's.
    person_id
        Whose account it is.
    tokens, claims
        As GCN's log-in has given them for it.

    Raises
    ------
    NotGranted
        If it is not a submitter's, or nothing that lasts.
    """
    if tokens.scope is not None and SUBMITTER not in tokens.scope.split():
        raise NotGranted("This account is not among GCN's submitters: GCN lets it send nothing.")
    if not tokens.refresh:
        raise NotGranted("GCN gives nothing that lasts: ask its team how the client is registered.")
    # Of two answers at once, the later one counts.
    lock(session, Person, person_id)
    row = grant_of(session, person_id)
    if row is None:
        row = GcnGrant(person_id=person_id, version=0)
        session.add(row)
    else:
        row = lock(session, GcnGrant, person_id)
    name = next(str(claims[key]) for key in _NAMES if claims.get(key))
    row.subject, row.name = claims["sub"], name.replace("\0", "")[:120]
    row.refresh_token, row.version = closed(tokens.refresh, secret_key), row.version + 1
    row.granted_at, row.taken_until, row.ended_at = now(), None, None
    session.commit()
    return row


def disconnect(session: Session, secret_key: str, login: Client, person_id: int) -> bool:
    """Forget what a GCN account let us do, and have GCN end it; committed.

    Returns
    -------
    bool
        Whether GCN says that it has ended it.

    Raises
    ------
    NotGranted
        If it is being used just now.
    """
    try:
        row = lock(session, GcnGrant, person_id)
    except NoResultFound:
        session.rollback()
        return True
    if row.is_taken:
        session.rollback()
        raise NotGranted("A circular is being sent with it just now: try again in a minute.")
    token = opened(row, secret_key)
    session.delete(row)
    session.commit()
    try:
        return token is not None and login.revoke(token)
    except ProviderUnavailable as err:
        logger.warning("GCN's log-in does not end a token", extra={"reason": str(err)})
        return False


def closed(token: str, secret_key: str) -> str:
    """A refresh token as it is stored."""
    keep_secret(token)
    return box(_PURPOSE, secret_key).encrypt(token.encode()).decode()


def opened(row: GcnGrant, secret_key: str) -> str | None:
    """The refresh token; None: the service's key is another now."""
    try:
        token = box(_PURPOSE, secret_key).decrypt(row.refresh_token.encode()).decode()
    except InvalidToken:
        return None
    keep_secret(token)
    return token
