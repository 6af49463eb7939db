"""The task queue: what can be done in the background. Each task calls one workflow."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

import procrastinate
from procrastinate import RetryStrategy
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from too_marshal import failpoints
from too_marshal.db.base import open_engine, session_factory
from too_marshal.db.jobs import PATIENT, SPEAKING, THINKING
from too_marshal.deployment.channels import channels_of
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.settings import Settings
from too_marshal.processes.rescue import Rescuer

logger = logging.getLogger(__name__)

Workflow = Callable[..., object]
"""Takes a session and the job's arguments."""

HEARTBEAT_SECONDS = 5.0
"""A worker shows so often that it lives."""

RESCUE_SECONDS = 5.0
"""Between two looks at the jobs of dead workers, by each worker."""

NEVER_SECONDS = 30 * 86400.0
"""Dead workers are struck off the list by `rescue`; what the library does by itself compares times,
and would strike off everybody when the clock is set."""

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
    sessions = session_factory(open_engine(url, pool_size=8))

    def with_session(name: str, workflow: Workflow) -> Callable[..., None]:
        def task(**arguments: Any) -> None:
            failpoints.point(f"before_{name}")
            with sessions() as session:
                workflow(session, **arguments)
            failpoints.point(f"after_{name}")

        return task

    for name, (workflow, retry) in _workflows(settings).items():
        app.task(name=name, retry=retry)(with_session(name, workflow))


def _with(tool: object, workflow: Callable[..., object]) -> Workflow:
    """A workflow that is handed a tool of the deployment after the session."""

    def task(session: Session, **arguments: Any) -> object:
        return workflow(session, tool, **arguments)

    return task


def _workflows(settings: Settings) -> dict[str, tuple[Workflow, RetryStrategy | bool]]:
    """Every task's workflow, and when a failed one is tried again."""
    # Here, not above: they cost seconds and memory that only a worker needs.
    from too_marshal.workflows.alerts import deliver, notify  # noqa: PLC0415
    from too_marshal.workflows.events import coincidences, combine  # noqa: PLC0415
    from too_marshal.workflows.exposures import (  # noqa: PLC0415
        archives,
        cover,
        cover_version,
        report,
        treasure_map_export,
        treasure_map_import,
    )
    from too_marshal.workflows.intake import reprocess  # noqa: PLC0415
    from too_marshal.workflows.localizations import fetch, localize  # noqa: PLC0415
    from too_marshal.workflows.planning import offer, plan, rescore  # noqa: PLC0415
    from too_marshal.workflows.rules import backtest  # noqa: PLC0415
    from too_marshal.workflows.submissions import (  # noqa: PLC0415
        automatic,
        clear_queue,
        preflight,
        replace,
        submit,
        track,
        withdraw,
    )

    on_robots = partial(_with, Robots.from_settings(settings))
    with_fetcher = partial(_with, fetch.open_fetcher(settings))
    channels = channels_of(settings)
    opened, treasure_map = (
        archives.archives_of(settings),
        treasure_map_export.treasure_map_of(settings),
    )

    return {
        "share": (_with(treasure_map, treasure_map_export.share), RETRY),
        "read_others": (_with(treasure_map, treasure_map_import.read_others), False),
        "read_archive": (_with(opened, archives.read_archive), False),
        "read_references": (_with(opened, archives.read_references), False),
        "interpret_waiting": (reprocess.interpret_left, False),
        "notify": (notify.notify, RETRY),
        "announce": (_with(channels, deliver.announce), RETRY),
        "deliver": (_with(channels, deliver.deliver), RETRY),
        "call_people": (_with(channels, deliver.call_people), RETRY),
        "localize": (localize.localize, RETRY),
        "fetch": (with_fetcher(fetch.fetch), RETRY),
        "fetch_again": (with_fetcher(fetch.fetch_again), RETRY),
        "suggest_links": (coincidences.suggest_links, RETRY),
        "combine": (combine.combine, RETRY),
        "combine_all": (combine.combine_all, RETRY),
        "propose_plans": (plan.propose_plans, RETRY),
        "plan": (plan.compute, RETRY),
        "rescore": (rescore.rescore, RETRY),
        "rescore_event": (rescore.rescore_event, RETRY),
        "offer": (offer.offer, RETRY),
        "swap": (on_robots(replace.swap), PERSISTENT),
        "preflight": (on_robots(preflight.preflight), RETRY),
        "submit_by_rule": (on_robots(automatic.submit_by_rule), RETRY),
        "submit": (on_robots(submit.submit), PERSISTENT),
        "withdraw": (withdraw.withdraw_event, RETRY),
        "withdraw_submission": (on_robots(withdraw.withdraw_submission), PERSISTENT),
        "cover": (cover.cover, RETRY),
        "cover_version": (cover_version.cover_version, RETRY),
        "delete_queue": (on_robots(clear_queue.delete_queue), False),
        "track": (on_robots(track.track), False),
        "draft": (report.draft, RETRY),
        "try_rule": (backtest.try_rule, RETRY),
    }


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
                for queue, at_once in ((SPEAKING, concurrency), (THINKING, 1), (PATIENT, 1))
            ),
        )
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, both.cancel)
        await both
