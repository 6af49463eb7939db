"""As whose GCN account a circular is sent: that of the person who sends it, or the deployment's.

GCN may replace a refresh token whenever it is used, and take one that is used twice for stolen. So
one at a time exchanges it: who does has it for a minute, as its row says, and holds no lock while
GCN is asked. The token that GCN gave last is the one that is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from too_marshal.db.accounts.grants import GcnGrant
from too_marshal.db.accounts.people import Person
from too_marshal.db.base import now
from too_marshal.db.circulars import CircularSending
from too_marshal.db.deliveries import DeliveryState
from too_marshal.db.locks import lock
from too_marshal.deployment.circulars.api import CircularsAPI
from too_marshal.deployment.circulars.gcn_login import why_no_token
from too_marshal.deployment.circulars.way import Answer, Way
from too_marshal.deployment.circulars.ways import CircularWays
from too_marshal.deployment.logs import keep_secret
from too_marshal.deployment.oauth.errors import AnswerRefused, GrantEnded, ProviderUnavailable
from too_marshal.workflows.circulars.grants import closed, grant_of, opened

TAKEN_FOR = timedelta(minutes=1)
"""Longer than GCN is waited for; if the process ends meanwhile, the next one may then."""

_LOST = Answer(DeliveryState.FAILED, "the GCN account that was to sign is not connected any more")

_ENDED = Answer(
    DeliveryState.FAILED,
    "GCN has ended the connection with the account that was to sign: nothing was sent. It is"
    " connected again on the page Account",
)


@dataclass(frozen=True)
class Signer:
    """A GCN account."""

    subject: str
    """As GCN calls it; empty: the deployment's own."""

    name: str
    """As people call it."""


def signer_for(session: Session, ways: CircularWays, username: str) -> Signer | None:
    """Who signs what a person sends by the API; None: nobody does."""
    person_id = _person_id(session, username)
    grant = None if person_id is None else grant_of(session, person_id)
    if ways.login is not None and grant is not None and grant.ended_at is None:
        return Signer(grant.subject, grant.name)
    return Signer("", "the account of this deployment") if ways.has_account else None


def signed(session: Session, ways: CircularWays, way: Way, row: CircularSending) -> Way:
    """The way of a circular, as the account that was said to sign when it was asked for."""
    if not isinstance(way, CircularsAPI) or not row.signer:
        return way
    person_id = _person_id(session, row.asked_by)
    if ways.login is None or person_id is None:
        return replace(way, token=lambda: _LOST)
    return replace(way, token=partial(access_token, session, ways, person_id, row.signer))


def _person_id(session: Session, username: str) -> int | None:
    return session.scalar(select(Person.id).where(Person.username == username))


def access_token(
    session: Session, ways: CircularWays, person_id: int, subject: str
) -> str | Answer:
    """A token for one exchange as a person's GCN account; committed.

    Parameters
    ----------
    session
        Open session, in which nothing is held.
    ways
        Of the deployment.
    person_id, subject
        Whose account, and which: they may have connected another one since.
    """
    taken = _take(session, ways, person_id, subject)
    if isinstance(taken, Answer) or ways.login is None:
        return taken if isinstance(taken, Answer) else _LOST
    version, refresh_token = taken
    try:
        tokens = ways.login.refresh(refresh_token)
    except GrantEnded:
        _give_back(session, person_id, version, is_over=True)
        return _ENDED
    except (AnswerRefused, ProviderUnavailable) as err:
        _give_back(session, person_id, version)
        return why_no_token(err)
    keep_secret(tokens.access)
    replaced = closed(tokens.refresh, ways.secret_key) if tokens.refresh else ""
    _give_back(session, person_id, version, replaced=replaced)
    return tokens.access


def _take(
    session: Session, ways: CircularWays, person_id: int, subject: str
) -> tuple[int, str] | Answer:
    """The token and its version, which nobody else exchanges for now."""
    try:
        row = lock(session, GcnGrant, person_id)
    except NoResultFound:
        session.rollback()
        return _LOST
    if row.subject != subject or row.ended_at is not None:
        session.commit()
        return _LOST
    if row.is_taken:
        session.commit()
        return Answer(DeliveryState.WAITING, "this account sends another circular just now")
    token = opened(row, ways.secret_key)
    if token is None:
        row.ended_at = now()
        session.commit()
        return _LOST
    row.taken_until = now() + TAKEN_FOR
    session.commit()
    return row.version, token


def _give_back(
    session: Session, person_id: int, version: int, *, replaced: str = "", is_over: bool = False
) -> None:
    try:
        row = lock(session, GcnGrant, person_id)
    except NoResultFound:
        session.rollback()
        return
    # Where the person has connected anew meanwhile, that is what counts.
    if row.version == version:
        row.taken_until = None
        if replaced:
            row.refresh_token, row.version = replaced, version + 1
        if is_over:
            row.ended_at = now()
    session.commit()
