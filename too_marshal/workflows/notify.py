"""Tell people of a notice. So far that means the log and the event's timeline."""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session

from too_marshal.db.events import Event
from too_marshal.db.notices import ReceivedNotice

logger = logging.getLogger(__name__)


def notify(session: Session, notice_id: int) -> None:
    """Log one line about a notice of an event."""
    row = session.get_one(ReceivedNotice, notice_id)
    if row.event_id is None:
        return
    event = session.get_one(Event, row.event_id)
    logger.info(
        "%s: %s notice%s",
        event.name,
        row.kind,
        " (test)" if event.is_test else "",
        extra={"event": event.name, "stream": event.stream, "notice": row.id},
    )
