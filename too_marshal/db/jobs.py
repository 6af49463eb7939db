"""Asking for background work inside the transaction that causes it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

URGENT, NORMAL, LATER = 10, 0, -10
"""Priorities: retractions and submissions overtake everything, tracking waits."""

_DEFER = text(
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', :task, :priority, :lock,"
    " :queueing_lock, CAST(:arguments AS jsonb), CAST(:at AS timestamptz))"
    "::procrastinate_job_to_defer_v1])"
)


def defer(  # noqa: PLR0913 - each is a property of a job
    session: Session,
    task: str,
    *,
    priority: int = NORMAL,
    lock: str | None = None,
    queueing_lock: str | None = None,
    at: datetime | None = None,
    **arguments: Any,
) -> bool:
    """Ask for a task; the job exists once `session` commits, and not before.

    Parameters
    ----------
    session
        Open session.
    task
        Name of the task, as in `too_marshal.jobs`.
    priority
        The larger the sooner.
    lock
        Jobs of one lock never run at the same time, and keep their order.
    queueing_lock
        While a job of this lock waits, another is not added.
    at
        Not before.
    **arguments
        The task's, plain JSON.

    Returns
    -------
    bool
        False where a job of the same queueing lock already waits.
    """
    values = {
        "task": task,
        "priority": priority,
        "lock": lock,
        "queueing_lock": queueing_lock,
        "arguments": json.dumps(arguments),
        "at": at,
    }
    if queueing_lock is None:
        session.execute(_DEFER, values)
        return True
    try:
        with session.begin_nested():
            session.execute(_DEFER, values)
    except IntegrityError:
        return False
    return True
