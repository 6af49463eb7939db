"""A person says that they have seen an event as it stands."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from too_marshal.db.events import Acknowledgment, Event, record
from too_marshal.db.locks import lock


def acknowledge(session: Session, event: Event, seen: datetime, *, by: str) -> bool:
    """Note that a person has seen an event; committed.

    Parameters
    ----------
    event
        Whatever its mission says later is not seen by that.
    seen
        When the event had changed last, as the person was shown it.
    by
        The person.

    Returns
    -------
    bool
        False, and nothing is noted, if the event has changed since.
    """
    held = lock(session, Event, event.id)
    is_as_seen = held.changed_at <= seen
    if is_as_seen:
        session.add(Acknowledgment(event_id=held.id, made_by=by))
        record(session, "Acknowledged", subject="event", event_id=held.id, actor=by)
    session.commit()
    return is_as_seen
