"""The clock: what happens when. It only asks for jobs, and only one clock at a time does."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from datetime import time as dt_time

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from too_marshal import tasks
from too_marshal.db.base import session_factory
from too_marshal.db.heartbeats import BEAT_SECONDS, beat
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.settings import SettingInvalid, Settings
from too_marshal.workflows.alarms.lost import look_for_lost_messages
from too_marshal.workflows.exposures.archives import archived_telescopes
from too_marshal.workflows.submissions.sweep import sweep

logger = logging.getLogger(__name__)

LEADER_LOCK = 0x746F6F6D
"""Key of the advisory lock that the one clock holds ("toom")."""

PROCESS_WAITING_SECONDS = 10.0
"""Between two looks for notices that were kept and never interpreted."""

SWEEP_SECONDS = 15.0
"""Between two looks for work that nobody is about to do."""

ALARM_SECONDS = 60.0
"""Between two looks for alarms whose next step nobody is about to take."""

PRUNE_SECONDS = 86400.0
"""Between two removals of what could not be read."""

SCORE_SECONDS = 300.0
"""Between two looks for alerts that were kept and not scored."""

TIDY_SECONDS = 3600.0
"""Between two looks for nights of the archive of alerts that are over."""

OTHERS_SECONDS = 600.0
"""Between two looks at what other groups have told the Treasure Map."""

NIGHTS_SECONDS = 900.0
"""Between two looks for nights that have come nearer: at one site or other one begins each hour."""

ARCHIVE_SECONDS = 1800.0
"""Between two looks into an archive; reference images are read again once a day only."""


def run_clock(settings: Settings, engine: Engine, stop: threading.Event) -> None:
    """Keep the time until `stop` is set; stand by while another clock leads.

    Leadership saves work, and is no more than that: every job that the clock asks for has a
    queueing lock and an effect that may be repeated.
    """
    sessions = session_factory(engine)
    while not stop.is_set():
        try:
            with engine.connect() as connection:
                if _lead(connection):
                    _keep_time(settings, sessions, connection, stop)
        except OperationalError as err:
            logger.warning("the clock lost its database: %s", str(err.orig).splitlines()[0])
        stop.wait(1.0)


def drill_time(settings: Settings) -> tuple[str, dt_time]:
    """Day of the week and time (UTC) at which a drill begins.

    Raises
    ------
    SettingInvalid
        If the setting says neither.
    """
    day, _, clock = settings.drill.strip().lower().partition(" ")
    try:
        at = dt_time.fromisoformat(clock.strip())
    except ValueError:
        at = None
    if day not in {"mon", "tue", "wed", "thu", "fri", "sat", "sun"} or at is None:
        raise SettingInvalid('TOO_DRILL must be a day and a time (UTC), as "tue 16:00"')
    return day, at


def _lead(connection: Connection) -> bool:
    leads = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LEADER_LOCK}))
    connection.commit()
    return leads


def _keep_time(
    settings: Settings,
    sessions: sessionmaker[Session],
    connection: Connection,
    stop: threading.Event,
) -> None:
    """Ask for jobs for as long as the connection that holds the lock lives."""
    scheduler = BackgroundScheduler(
        timezone="UTC",
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 60},
    )

    def ask(job: tasks.Job) -> None:
        with sessions() as session:
            job.defer(session)
            session.commit()

    def look_for_work() -> None:
        # Here and not as a job: what finds lost jobs must not be one.
        with sessions() as session:
            sweep(session)
        with sessions() as session:
            look_for_lost_messages(session)

    def every(seconds: float, job: tasks.Job, **first: datetime) -> None:
        scheduler.add_job(ask, "interval", seconds=seconds, args=[job], **first)

    scheduler.add_job(look_for_work, "interval", seconds=SWEEP_SECONDS)
    every(PROCESS_WAITING_SECONDS, tasks.interpret_waiting())
    every(ALARM_SECONDS, tasks.look_for_alarms())
    every(PRUNE_SECONDS, tasks.prune(), next_run_time=datetime.now(UTC))
    every(TIDY_SECONDS, tasks.tidy_archive(), next_run_time=datetime.now(UTC))
    # Of alerts that are kept while such a job ends nobody would know until the next come.
    every(SCORE_SECONDS, tasks.score_alerts())
    every(NIGHTS_SECONDS, tasks.look_for_new_nights(), next_run_time=datetime.now(UTC))
    if settings.drill:
        day, at = drill_time(settings)
        scheduler.add_job(
            ask, "cron", day_of_week=day, hour=at.hour, minute=at.minute,
            args=[tasks.start_drill(by="the clock", wakes=True)],
        )  # fmt: skip
    if settings.treasure_map_token and not settings.rehearsal:
        every(OTHERS_SECONDS, tasks.read_others())
    robots = Robots.from_settings(settings)
    for telescope in robots.names():
        every(settings.track_interval, tasks.track(telescope))
    for telescope in archived_telescopes(settings, robots):
        for task in (tasks.read_archive, tasks.read_references):
            every(ARCHIVE_SECONDS, task(telescope), next_run_time=datetime.now(UTC))
    scheduler.start()
    logger.info("the clock leads")
    try:
        while not stop.wait(BEAT_SECONDS):
            connection.execute(text("SELECT 1"))
            connection.commit()
            with sessions() as session:
                beat(session, "clock")
                session.commit()
    finally:
        # What is being asked for ends first: it holds connections of an engine that may be closed.
        scheduler.shutdown(wait=True)
