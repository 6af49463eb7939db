"""Asking for background work inside the transaction that causes it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, column, event, exists, func, select, table, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session, SessionTransaction

URGENT, NORMAL, LATER = 10, 0, -10
"""Priorities: retractions and submissions overtake everything, tracking waits."""

IO_BOUND, CPU_BOUND, PATIENT = "default", "thinking", "patient"
"""Queues: of jobs that mostly wait for a robot, a host or the database; of those that keep a core
busy, which must never make a retraction wait; and of plans that may take minutes, or can wait,
which must never make the plans of a fresh event wait."""

_DEFER = text("""
    SELECT procrastinate_defer_jobs_v1(array_agg(
        ROW(queue, task, priority, lock, queueing_lock, arguments, at)
        ::procrastinate_job_to_defer_v1 ORDER BY number))
    FROM jsonb_to_recordset(CAST(:jobs AS jsonb)) AS job(number int, queue text, task text,
        priority int, lock text, queueing_lock text, arguments jsonb, at timestamptz)
""")

_WAITING = "jobs to be deferred"

_JOB = table("procrastinate_jobs", column("task_name"), column("status"), column("args", JSONB))


def defer(  # noqa: PLR0913 - each is a property of a job
    session: Session,
    task: str,
    *,
    priority: int = NORMAL,
    lock: str | None = None,
    queueing_lock: str | None = None,
    at: datetime | None = None,
    queue: str = IO_BOUND,
    **arguments: Any,
) -> bool:
    """Ask for a job; it exists once `session` commits, and not before.

    Tasks are declared in `too_marshal.tasks`, which is how they are asked for.

    Parameters
    ----------
    session
        Open session.
    task
        Name of the task.
    priority
        The larger the sooner.
    lock
        Jobs of one lock never run at the same time, and keep their order.
    queueing_lock
        While a job of this lock waits, another is not added.
    at
        Not before.
    queue
        In which it waits.
    **arguments
        The task's, plain JSON.

    Returns
    -------
    bool
        False where a job of the same queueing lock already waits.
    """
    job = {
        "queue": queue,
        "task": task,
        "priority": priority,
        "lock": lock,
        "queueing_lock": queueing_lock,
        "arguments": arguments,
        "at": None if at is None else at.isoformat(),
    }
    if queueing_lock is None:
        session.info.setdefault(_WAITING, []).append(job)
        return True
    try:
        with session.begin_nested():
            _defer_all(session, [job])
    except IntegrityError:
        return False
    return True


def _defer_all(session: Session, jobs: list[dict[str, Any]]) -> None:
    numbered = [{"number": index, **job} for index, job in enumerate(jobs)]
    session.execute(_DEFER, {"jobs": json.dumps(numbered)})


@event.listens_for(Session, "before_commit")
def _defer_with_commit(session: Session) -> None:
    """Defer in one statement what the transaction has asked for."""
    if session.in_nested_transaction():
        return
    jobs = session.info.pop(_WAITING, None)
    if jobs:
        _defer_all(session, jobs)


@event.listens_for(Session, "after_soft_rollback")
def _forget_with_rollback(session: Session, undone: SessionTransaction) -> None:
    """A transaction that is undone asks for nothing."""
    if not undone.nested:
        session.info.pop(_WAITING, None)


def has_no_job(task: str, **arguments: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether no job of a task with these arguments waits or runs."""
    return ~exists().where(*_is_job(task, ["todo", "doing"], **arguments))


def failed_jobs(session: Session, task: str, **arguments: int) -> int:
    """How many jobs of a task with these arguments have failed for good."""
    query = select(func.count()).select_from(_JOB).where(*_is_job(task, ["failed"], **arguments))
    return session.scalar(query) or 0


def _is_job(
    task: str, states: list[str], **arguments: InstrumentedAttribute[int] | int
) -> list[ColumnElement[bool]]:
    return [
        _JOB.c.task_name == task,
        cast(_JOB.c.status, String).in_(states),
        *(_JOB.c.args[name].as_integer() == value for name, value in arguments.items()),
    ]
