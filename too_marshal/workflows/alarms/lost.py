"""Messages that wait, or were being sent, and of which no job is left: none may be lost in silence.

A job can be lost in ways that we do not foresee; the row of its message stays.
"""

from __future__ import annotations

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.db.alarms import Notification
from too_marshal.db.deliveries import DeliveryState
from too_marshal.db.jobs import failed_jobs, has_no_job
from too_marshal.db.locks import lock
from too_marshal.deployment.channels import Outcome
from too_marshal.workflows.alarms.send import settle
from too_marshal.workflows.live_database import why_copy

logger = logging.getLogger(__name__)

MAX_JOBS = 3
"""So many jobs of a message may fail for good; then it is given up, and its timeline says so."""

_OPEN = (DeliveryState.WAITING, DeliveryState.SENDING)


def look_for_lost_messages(session: Session) -> int:
    """Ask again for every message of which no job is left; committed.

    Returns
    -------
    int
        How many there were; on a copy none is looked for.
    """
    if why_copy(session):
        session.commit()
        return 0
    is_lost = has_no_job("send_notification", notification_id=Notification.id)
    query = select(Notification.id).where(Notification.state.in_(_OPEN), is_lost)
    lost = session.scalars(query.order_by(Notification.id)).all()
    session.commit()
    for notification_id in lost:
        _go_on(session, notification_id)
    return len(lost)


def _go_on(session: Session, notification_id: int) -> None:
    if failed_jobs(session, "send_notification", notification_id=notification_id) < MAX_JOBS:
        logger.warning("nobody was about to send message %d: it is asked for", notification_id)
        tasks.send_notification(notification_id=notification_id).defer(session)
        session.commit()
        return
    row = lock(session, Notification, notification_id)
    if row.state in _OPEN:
        is_out = row.state == DeliveryState.SENDING
        state = DeliveryState.UNCONFIRMED if is_out else DeliveryState.FAILED
        settle(session, row, Outcome(state, f"{MAX_JOBS} jobs failed, see the health page"))
    session.commit()
