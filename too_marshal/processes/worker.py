"""The task queue: what can be done in the background. Each task calls one workflow."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from typing import Any

import procrastinate
from procrastinate import RetryStrategy
from sqlalchemy.exc import OperationalError

from too_marshal import failpoints
from too_marshal.db.base import open_engine, session_factory
from too_marshal.db.jobs import CPU_BOUND, IO_BOUND, PATIENT
from too_marshal.deployment.settings import Settings
from too_marshal.processes.rescue import Rescuer
from too_marshal.tasks import Retry

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 5.0
"""A worker shows so often that it lives."""

RESCUE_SECONDS = 5.0
"""Between two looks at the jobs of dead workers, by each worker."""

NEVER_SECONDS = 30 * 86400.0
"""Dead workers are struck off the list by `rescue`; what the library does by itself compares times,
and would strike off everybody when the clock is set."""

STRATEGIES: dict[Retry, RetryStrategy | bool] = {
    Retry.NEVER: False,
    Retry.TWICE: RetryStrategy(max_attempts=3, wait=2, exponential_wait=3),
    Retry.WHILE_DATABASE_IS_AWAY: RetryStrategy(
        max_attempts=1000, wait=5, retry_exceptions=[OperationalError]
    ),
}
"""When the library tries a failed job again."""


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
    sessions = session_factory(open_engine(url, pool_size=8))

    def with_session(name: str, workflow: Callable[..., object]) -> Callable[..., None]:
        def task(**arguments: Any) -> None:
            failpoints.hit(f"before_{name}")
            with sessions() as session:
                workflow(session, **arguments)
            failpoints.hit(f"after_{name}")

        return task

    # Here, not above: workflows cost seconds and memory that only a worker needs.
    from too_marshal.processes.bindings import workflows  # noqa: PLC0415

    for task, workflow in workflows(settings).items():
        app.task(name=task.name, retry=STRATEGIES[task.retry])(with_session(task.name, workflow))


def work(settings: Settings, url: str, *, name: str, concurrency: int) -> None:
    """Run a worker until SIGTERM or SIGINT; what has begun is then finished.

    Parameters
    ----------
    settings, url
        As for `register`.
    name
        Shown on the health page.
    concurrency
        Jobs at one time that speak with robots, hosts and the database, each in a thread of its
        own. Beside them one job thinks: two would share one core, and both be late. And one is
        patient: a plan that may take minutes, or can wait.
    """
    app = task_app(url)
    register(app, settings, url)
    # Here, not above: only a worker reads maps.
    from too_marshal.workflows.localizations import map_reader  # noqa: PLC0415

    map_reader.warm()
    rescuer = Rescuer(open_engine(url, pool_size=1))
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_work(app, rescuer, name, concurrency))


async def _rescue(rescuer: Rescuer) -> None:
    """Look for the jobs of dead workers, for ever; a database that is away is waited for."""
    while True:
        try:
            await asyncio.to_thread(rescuer.look)
        except OperationalError as err:
            logger.warning("no look at dead workers: %s", str(err.orig).splitlines()[0])
        except Exception:
            logger.exception("the look at dead workers has failed, and is tried again")
        await asyncio.sleep(RESCUE_SECONDS)


async def _work(app: procrastinate.App, rescuer: Rescuer, name: str, concurrency: int) -> None:
    async with app.open_async():
        both = asyncio.gather(
            _rescue(rescuer),
            *(
                app.run_worker_async(
                    name=f"{name}-{queue}",
                    queues=[queue],
                    concurrency=at_once,
                    delete_jobs="successful",
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=NEVER_SECONDS,
                    fetch_job_polling_interval=1.0,
                    install_signal_handlers=False,
                )
                for queue, at_once in ((IO_BOUND, concurrency), (CPU_BOUND, 1), (PATIENT, 1))
            ),
        )
        for signum in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(signum, both.cancel)
        await both
