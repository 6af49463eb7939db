"""A person says that they have seen an event as it stands."""

from __future__ import annotations

from sqlalchemy.orm import Session

from too_marshal.db.events import Acknowledgment, Event, record


def acknowledge(session: Session, event: Event, *, by: str) -> None:
    """Note that a person has seen an event; committed.

    Parameters
    ----------
    event
        Whatever its mission says later is not seen by that.
    by
        The person.
    """
    session.add(Acknowledgment(event_id=event.id, made_by=by))
    record(session, "Acknowledged", subject="event", event_id=event.id, actor=by)
    session.commit()
