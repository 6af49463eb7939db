"""Who is in charge of an event."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.base import now
from too_marshal.db.events import Event, record
from too_marshal.db.locks import lock


class ChargeRefused(ValueError):
    """It cannot be; the message is for the person."""


def put_in_charge(
    session: Session, event_id: int, username: str | None, *, instead_of: str | None, by: str
) -> None:
    """Put a person in charge of an event, or nobody; committed.

    Parameters
    ----------
    session, event_id
        Open session, and the event.
    username
        Who is to be in charge; None: nobody any more.
    instead_of
        Who was in charge when this was decided.
    by
        Who decides.

    Raises
    ------
    ChargeRefused
        If somebody else is in charge by now, or that person cannot be.
    """
    event = lock(session, Event, event_id)
    if (event.in_charge or None) != (instead_of or None):
        said = f"{event.in_charge} is in charge by now" if event.in_charge else "nobody is by now"
        session.rollback()
        raise ChargeRefused(f"{said}: look again")
    if username and username not in may_be_in_charge(session):
        session.rollback()
        raise ChargeRefused(f"{username[:80]!r} is no observer here")
    if username != event.in_charge:
        event.in_charge = username or None
        event.in_charge_since = now() if username else None
        said = f"{username} is in charge" if username else "Nobody is in charge any more"
        record(session, said, subject="event", subject_id=event.id, event_id=event.id, actor=by)
    session.commit()


def may_be_in_charge(session: Session) -> list[str]:
    """Everybody who may decide what is observed, by name."""
    query = select(Person.username).where(Person.is_active, Person.role >= Role.OBSERVER)
    return list(session.scalars(query.order_by(Person.username)))
