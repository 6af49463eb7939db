"""Messages that wait, or were being sent, and of which no job is left: none may be lost in silence.

A job can be lost in ways that we do not foresee; the row of its message stays.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.db.alarms import Notification
from too_marshal.db.deliveries import Delivery, DeliveryState
from too_marshal.db.jobs import failed_jobs, has_no_job
from too_marshal.db.locks import lock
from too_marshal.deployment.channels import Outcome
from too_marshal.workflows.alarms import send
from too_marshal.workflows.alerts import deliver
from too_marshal.workflows.live_database import why_copy

logger = logging.getLogger(__name__)

MAX_JOBS = 3
"""So many jobs of a message may fail for good; then it is given up, and its timeline says so."""

_OPEN = (DeliveryState.WAITING, DeliveryState.SENDING)


@dataclass(frozen=True)
class Outgoing:
    """A kind of message."""

    entity: type[Notification | Delivery]
    task: tasks.Task[Any]
    argument: str
    """Of the task, which is the row's id."""

    settle: Callable[[Session, Any, Outcome], None]


OUTGOING = (
    Outgoing(Notification, tasks.send_notification, "notification_id", send.settle),
    Outgoing(Delivery, tasks.deliver, "delivery_id", deliver.settle),
)
"""To people, and to channels."""


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
    return sum(_look(session, outgoing) for outgoing in OUTGOING)


def _look(session: Session, outgoing: Outgoing) -> int:
    entity = outgoing.entity
    is_lost = has_no_job(outgoing.task.name, **{outgoing.argument: entity.id})
    query = select(entity.id).where(entity.state.in_(_OPEN), is_lost)
    lost = session.scalars(query.order_by(entity.id)).all()
    session.commit()
    for ident in lost:
        _go_on(session, outgoing, ident)
    return len(lost)


def _go_on(session: Session, outgoing: Outgoing, ident: int) -> None:
    name, arguments = outgoing.task.name, {outgoing.argument: ident}
    if failed_jobs(session, name, **arguments) < MAX_JOBS:
        logger.warning("nobody was about to go on with %s %d: it is asked for", name, ident)
        outgoing.task(**arguments).defer(session)
        session.commit()
        return
    row: Notification | Delivery = lock(session, outgoing.entity, ident)
    if row.state in _OPEN:
        is_out = row.state == DeliveryState.SENDING
        state = DeliveryState.UNCONFIRMED if is_out else DeliveryState.FAILED
        outgoing.settle(
            session, row, Outcome(state, f"{MAX_JOBS} jobs failed, see the health page")
        )
    session.commit()
