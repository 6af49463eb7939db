"""The task queue's own SQL, on the time of a history, and workers that sleep and die."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from tests.interleavings.database import Questions
from tests.interleavings.threads import Killed, present_actor
from too_marshal import clock
from too_marshal.processes import rescue
from too_marshal.processes.worker import STRATEGIES
from too_marshal.tasks import TASKS, Retry

MAX_TRIES = 3
"""As `too_marshal.processes.worker.STRATEGIES` has it."""

_UNTIRING = frozenset(
    task.name for task in TASKS.values() if task.retry is Retry.WHILE_DATABASE_IS_AWAY
)
"""Tasks that are tried again for ever while the database is away."""

assert STRATEGIES[Retry.WHILE_DATABASE_IS_AWAY].max_attempts > MAX_TRIES


@dataclass(frozen=True)
class Job:
    """One that somebody does now."""

    number: int
    task: str
    arguments: dict[str, Any]
    attempts: int


class Jobs:
    """Jobs in the order in which real workers would get them."""

    def __init__(self, engine: Engine, questions: Questions, tasks: Iterable[str]) -> None:
        self.engine, self.questions = engine, questions
        names = ", ".join(f"'{name}'" for name in sorted(tasks))
        self._ignore = f"DELETE FROM procrastinate_jobs WHERE task_name NOT IN ({names})"

    def fetch(self, worker: int) -> Job | None:
        """The next job that is due, for a worker."""
        due = clock.now().isoformat()
        row = self.questions.ask(
            self._ignore,
            "UPDATE procrastinate_jobs SET scheduled_at = NULL"
            f" WHERE status = 'todo' AND scheduled_at <= '{due}'",
            "SELECT id, task_name, args::text, attempts"
            f" FROM procrastinate_fetch_job_v2(NULL, {worker})",
        )
        if row is None or row[0] is None:
            return None
        return Job(row[0], row[1], json.loads(row[2]), row[3])

    def do(
        self, sessions: sessionmaker[Session], job: Job, task: Callable[..., None]
    ) -> BaseException | None:
        """Do a job as a worker does, and say to the queue what came of it.

        Returns
        -------
        BaseException or None
            Why it has failed, if it has.
        """
        try:
            with sessions() as session:
                if (actor := present_actor()) is not None:
                    actor.session = session
                task(session, **job.arguments)
        except Killed:
            raise
        except Exception as err:  # noqa: BLE001 - as the task queue does
            self._retry(job)
            return err
        self._finish(job.number, "succeeded")
        return None

    def give_back(self, number: int) -> None:
        """Take a job from whoever does it, and let others do it."""
        with Session(self.engine) as session:
            for row in rescue.under_way(session):
                if row["id"] == number:
                    rescue.give_back(session, row)
            session.commit()

    def under_way(self) -> list[int]:
        """Numbers of the jobs that somebody does, or did when they died."""
        row = self.questions.ask(
            "SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM procrastinate_jobs"
            " WHERE status = 'doing'"
        )
        return list(row[0]) if row else []

    def _retry(self, job: Job) -> None:
        is_last = job.attempts + 1 >= MAX_TRIES and job.task not in _UNTIRING
        if is_last or job.task == "track":
            self._finish(job.number, "failed")
            return
        self.questions.ask(
            "UPDATE procrastinate_jobs SET status = 'todo', scheduled_at = NULL,"
            f" attempts = attempts + 1 WHERE id = {job.number} AND status = 'doing'"
        )

    def _finish(self, number: int, how: str) -> None:
        """As the queue does it: also a job that was given to others meanwhile is over."""
        self.questions.ask(
            f"DELETE FROM procrastinate_jobs WHERE id = {number} AND status IN ('todo', 'doing')"
            if how == "succeeded"
            else f"UPDATE procrastinate_jobs SET status = 'failed' WHERE id = {number}"
        )
