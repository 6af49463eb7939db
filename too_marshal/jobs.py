"""The task queue: what can be done in the background. Each task calls one workflow."""

from __future__ import annotations

import logging
from typing import Any

import procrastinate
from procrastinate import RetryStrategy
from sqlalchemy.exc import OperationalError

from too_marshal import crash
from too_marshal.db.base import open_engine, session_factory
from too_marshal.robots import Robots
from too_marshal.settings import Settings

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 5.0
"""A worker shows so often that it lives."""

STALLED_SECONDS = 20.0
"""A worker silent for so long is dead, and its jobs are taken up again."""

# Three tries, then the job is kept as failed, with its reason, for the health page.
RETRY = RetryStrategy(max_attempts=3, wait=2, exponential_wait=3)
PERSISTENT = RetryStrategy(max_attempts=1000, wait=5, retry_exceptions=[OperationalError])


def task_app(url: str) -> procrastinate.App:
    """A task queue on the database at `url`; tasks are added by `register`."""
    return procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))


def register(app: procrastinate.App, settings: Settings, url: str) -> None:
    """Add every task to `app`.

    Parameters
    ----------
    app
        The task queue.
    settings
        Which robots there are.
    url
        Database that the workflows work on.
    """
    # Here, not above: they cost seconds and memory that only a worker needs.
    from too_marshal.workflows import (  # noqa: PLC0415
        ingest,
        localize,
        notify,
        plan,
        report,
        submit,
        track,
        withdraw,
    )

    sessions = session_factory(open_engine(url, pool_size=8))
    robots = Robots.from_settings(settings)

    @app.task(name="notify", retry=RETRY)
    def _notify(notice_id: int) -> None:
        with sessions() as session:
            notify.notify(session, notice_id)

    @app.task(name="localize", retry=RETRY)
    def _localize(localization_id: int) -> None:
        crash.point("before_localize")
        with sessions() as session:
            localize.localize(session, localization_id)
        crash.point("after_localize")

    @app.task(name="propose_plans", retry=RETRY)
    def _propose_plans(localization_id: int) -> None:
        with sessions() as session:
            plan.propose_plans(session, localization_id)

    @app.task(name="plan", retry=RETRY)
    def _plan(plan_id: int) -> None:
        crash.point("before_plan")
        with sessions() as session:
            plan.compute(session, plan_id)
        crash.point("after_plan")

    @app.task(name="submit", retry=PERSISTENT)
    def _submit(submission_id: int) -> None:
        with sessions() as session:
            submit.submit(session, robots, submission_id)

    @app.task(name="withdraw", retry=RETRY)
    def _withdraw(event_id: int) -> None:
        with sessions() as session:
            withdraw.withdraw_event(session, event_id)

    @app.task(name="withdraw_submission", retry=PERSISTENT)
    def _withdraw_submission(submission_id: int) -> None:
        with sessions() as session:
            withdraw.withdraw_submission(session, robots, submission_id)

    @app.task(name="track", retry=False)
    def _track(telescope: str) -> None:
        with sessions() as session:
            track.track(session, robots, telescope)

    @app.task(name="draft", retry=RETRY)
    def _draft(event_id: int, telescope: str, author: str) -> None:
        with sessions() as session:
            report.draft(session, event_id, telescope, author=author)

    @app.task(name="interpret_waiting", retry=False)
    def _interpret_waiting() -> None:
        with sessions() as session:
            ingest.interpret_waiting(session)

    @app.task(name="rescue", pass_context=True, retry=False)
    async def _rescue(context: procrastinate.JobContext) -> None:
        await rescue(context.app)


async def rescue(app: procrastinate.App) -> int:
    """Give back to the queue what dead workers were doing; returns how many jobs."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS))
    for job in stalled:
        logger.warning(
            "job %s of a dead worker is taken up again", job.id, extra={"task": job.task_name}
        )
        await app.job_manager.retry_job(job)
    return len(stalled)


def work(settings: Settings, url: str, *, name: str, concurrency: int, **options: Any) -> None:
    """Run a worker until SIGTERM or SIGINT.

    Parameters
    ----------
    settings, url
        As for `register`.
    name
        Shown on the health page.
    concurrency
        Jobs at one time; each in a thread of its own.
    **options
        Further options of procrastinate's worker, as tests need them.
    """
    app = task_app(url)
    register(app, settings, url)
    with app.open():
        app.run_worker(
            name=name,
            concurrency=concurrency,
            delete_jobs="successful",
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=STALLED_SECONDS,
            fetch_job_polling_interval=1.0,
            **options,
        )
