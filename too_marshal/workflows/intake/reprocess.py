"""Read notices that are kept and were not understood: left by a stop, or set aside."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from too_marshal.db.base import now
from too_marshal.db.notices import NoticeState, ReceivedNotice
from too_marshal.workflows.intake.ingest import BATCH_SIZE, process_notices

FORGOTTEN = timedelta(minutes=2)
"""A notice that has waited longer is not in the hands of a listener that is merely busy."""


def reread(session: Session, notice_id: int) -> None:
    """Read a quarantined or unknown notice again, as after an update of the marshal."""
    session.execute(
        update(ReceivedNotice)
        .where(
            ReceivedNotice.id == notice_id,
            ReceivedNotice.state.in_([NoticeState.QUARANTINED, NoticeState.UNKNOWN]),
        )
        .values(state=NoticeState.RECEIVED, attempts=0, error="")
    )
    session.commit()
    process_notices(session, [notice_id])


def process_forgotten(session: Session) -> int:
    """Understand what has waited so long that nobody else will; see `process_waiting`."""
    return process_waiting(session, older_than=FORGOTTEN)


def left_unread(session: Session, limit: int) -> list[tuple[int, str | None]]:
    """Notices that are kept and not understood, with their topics; the oldest first."""
    query = (
        select(ReceivedNotice.id, ReceivedNotice.topic)
        .where(ReceivedNotice.state == NoticeState.RECEIVED)
        .order_by(ReceivedNotice.id)
        .limit(limit)
    )
    return [(notice_id, topic) for notice_id, topic in session.execute(query)]


def process_waiting(
    session: Session, limit: int = 1000, older_than: timedelta = timedelta(0)
) -> int:
    """Understand what a crash left unread; returns how many were looked at."""
    waiting = list(
        session.scalars(
            select(ReceivedNotice.id)
            .where(
                ReceivedNotice.state == NoticeState.RECEIVED,
                ReceivedNotice.received_at <= now() - older_than,
            )
            .order_by(ReceivedNotice.id)
            .limit(limit)
        )
    )
    session.commit()
    for start in range(0, len(waiting), BATCH_SIZE):
        process_notices(session, waiting[start : start + BATCH_SIZE])
    return len(waiting)
