"""The task queue: what can be done in the background. Each task calls one workflow."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import signal
from collections.abc import Callable
from pathlib import Path
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

MAX_RESIDENT_BYTES = 2 << 30
"""A worker that holds more for a while ends once its jobs are done, and is started again. It holds
300 MB, and up to 1 GB while it plans; no job is known that leaves something behind."""

WATCH_SECONDS = 60.0
"""Between two looks at one's own memory."""

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


def resident_bytes() -> int:
    """Memory that this process holds now; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError, ValueError):
        return 0


async def _watch_memory(make_way: Callable[[], object]) -> None:
    """Let a worker that has grown make way for a fresh one, once what it has begun is done."""
    looks = 0
    while looks < 2:  # a large plan alone does not count
        await asyncio.sleep(WATCH_SECONDS)
        held = resident_bytes()
        looks = looks + 1 if held > MAX_RESIDENT_BYTES else 0
    logger.warning("this worker holds %.1f GB: it makes way for a fresh one", held / 1e9)
    make_way()


async def _work(app: procrastinate.App, rescuer: Rescuer, name: str, concurrency: int) -> None:
    current = asyncio.current_task()
    assert current is not None
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, current.cancel)
    # A group waits for all of its own: the queue stays open until the last job is written down.
    async with app.open_async(), asyncio.TaskGroup() as group:
        group.create_task(_rescue(rescuer))
        group.create_task(_watch_memory(current.cancel))
        for queue, at_once in ((IO_BOUND, concurrency), (CPU_BOUND, 1), (PATIENT, 1)):
            group.create_task(
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
            )
