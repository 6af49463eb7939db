"""Jobs of workers that died, given back to the queue.

This is no job itself: a job that dies with its worker could not be rescued by anybody. It runs in
the own loop of every worker, each time in one transaction, so that two rescuers cannot both give
back the same job.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine, RowMapping, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from too_marshal.db.base import session_factory
from too_marshal.db.events import record

logger = logging.getLogger(__name__)

STALLED_SECONDS = 20.0
"""A worker whose sign of life does not change for so long is dead."""

MAX_DEATHS = 3
"""A job during which so many workers have died is given up: it may be what kills them."""

_LOCK = 0x72657363
"""Key of the advisory lock that one rescuer holds at a time ("resc")."""

_UNDER_WAY = text("""
    SELECT job.id, job.task_name, job.args::text AS arguments, worker.id AS worker,
           worker.last_heartbeat
    FROM procrastinate_jobs AS job
    LEFT JOIN procrastinate_workers AS worker ON worker.id = job.worker_id
    WHERE job.status = 'doing'
    ORDER BY job.id
    FOR UPDATE OF job SKIP LOCKED
""")

_DEATHS = text("""
    INSERT INTO job_death AS known (job_id, deaths, task) VALUES (:job, 1, :task)
    ON CONFLICT (job_id) DO UPDATE SET deaths = known.deaths + 1, last_at = now()
    RETURNING deaths
""")

_FORGET = text("""
    DELETE FROM job_death WHERE last_at < now() - interval '1 day'
    AND job_id NOT IN (SELECT id FROM procrastinate_jobs)
""")

_RETRY = text("SELECT procrastinate_retry_job_v2(:job, now(), NULL, NULL, NULL)")

_FINISH = text(
    "SELECT procrastinate_finish_job_v1(:job, CAST(:how AS procrastinate_job_status), :delete)"
)

_PRUNE = text("""
    DELETE FROM procrastinate_workers WHERE id = ANY(:dead)
    AND id NOT IN (SELECT worker_id FROM procrastinate_jobs
                   WHERE status = 'doing' AND worker_id IS NOT NULL)
""")


@dataclass
class Rescuer:
    """Watches the workers' signs of life, on a clock that nobody sets.

    A worker is dead when its sign has not *changed* for a while. To compare its time with the
    present would take every worker for dead after a step of the clock.
    """

    engine: Engine
    """Database of the task queue."""

    clock: Callable[[], float] = time.monotonic
    """Seconds."""

    _seen: dict[int | None, tuple[datetime | None, float]] = field(default_factory=dict)

    def look(self) -> int:
        """Give back what dead workers were doing; returns how many jobs."""
        with session_factory(self.engine)() as session:
            if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}):
                return 0
            beats = session.execute(text("SELECT id, last_heartbeat FROM procrastinate_workers"))
            dead = self._dead(dict(beats.all()))
            taken = [row for row in under_way(session) if _is_lost(row, dead)]
            for row in taken:
                give_back(session, row)
            session.execute(_PRUNE, {"dead": sorted(dead)})
            session.execute(_FORGET)
            session.commit()
            return len(taken)

    def _dead(self, beats: Mapping[int, datetime]) -> set[int]:
        """Workers whose sign of life has not changed for too long."""
        present = self.clock()
        self._seen = {
            worker: self._seen[worker]
            if worker in self._seen and self._seen[worker][0] == beat
            else (beat, present)
            for worker, beat in beats.items()
        }
        return {
            worker
            for worker, (_, since) in self._seen.items()
            if worker is not None and present - since > STALLED_SECONDS
        }


def _is_lost(row: RowMapping, dead: set[int]) -> bool:
    """Whether nobody does the job: its worker is dead, or was struck off the list."""
    return row["worker"] is None or row["worker"] in dead


def under_way(session: Session) -> list[RowMapping]:
    """Jobs that somebody does, or did when they died; held until the transaction ends."""
    return list(session.execute(_UNDER_WAY).mappings())


def give_back(session: Session, row: RowMapping) -> None:
    """Let others do a job; one that has killed its workers is given up. Not committed."""
    task = str(row["task_name"])
    deaths = session.scalar(_DEATHS, {"job": row["id"], "task": task}) or 0
    description = f"job {row['id']} ({task} {row['arguments']})"
    if deaths >= MAX_DEATHS:
        logger.error("%s has killed %d workers and is given up", description, deaths)
        session.execute(_FINISH, {"job": row["id"], "how": "failed", "delete": False})
        text = f"{description} is given up: {deaths} workers died doing it"
        record(session, text, subject="job")
        return
    logger.warning("%s of a dead worker is taken up again", description)
    try:
        with session.begin_nested():
            session.execute(_RETRY, {"job": row["id"]})
    except IntegrityError:
        # Another one of its queueing lock waits, and will do the same.
        session.execute(_FINISH, {"job": row["id"], "how": "aborted", "delete": True})
