"""Whether the background work is done: workers that live, and work that waits for them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

PATIENCE_SECONDS = 60.0
"""Work that is due and was not begun for so long waits for somebody who is not there."""

_STATE = text("""
    WITH living AS (
        SELECT id FROM procrastinate_workers
        WHERE last_heartbeat > now() - make_interval(secs => :patience)
    )
    SELECT (SELECT count(*) FROM living) AS living,
           (SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'
            AND (worker_id IS NULL OR worker_id NOT IN (SELECT id FROM living))) AS orphaned,
           (SELECT count(*) FROM procrastinate_jobs AS job WHERE job.status = 'todo'
            AND COALESCE(job.scheduled_at, (
                SELECT max(at) FROM procrastinate_events AS event
                WHERE event.job_id = job.id AND event.type IN ('deferred', 'deferred_for_retry')
            )) < now() - make_interval(secs => :patience)) AS waiting
""")


@dataclass(frozen=True)
class Work:
    """The background work, by the database's clock."""

    living: int
    """Workers that have shown a sign of life."""

    orphaned: int
    """Jobs whose worker is dead, and that nobody has taken up."""

    waiting: int
    """Jobs that are due, and were not begun for a minute."""

    @property
    def level(self) -> str:
        """Color: red where there is work and nobody to do it; plain where there is neither."""
        if self.orphaned or (self.waiting and not self.living):
            return "red"
        if self.waiting:
            return "amber"
        return "green" if self.living else "plain"


def work_of(session: Session) -> Work:
    """How the background work is."""
    row = session.execute(_STATE, {"patience": PATIENCE_SECONDS}).one()
    return Work(row.living, row.orphaned, row.waiting)
