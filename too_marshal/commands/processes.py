"""What the long-running commands share: settings, logging, a database, a way to stop."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.orm import Session

from too_marshal.db.base import open_engine, session_factory
from too_marshal.deployment import logs
from too_marshal.deployment.settings import Settings
from too_marshal.processes.database import MigrationFailed, database_url, is_current, refuse_newer
from too_marshal.workflows.live_database import note_folder, why_copy


class CannotStart(click.ClickException):
    """Something that is not ours is in the way; the message is one sentence."""


@contextmanager
def service() -> Iterator[tuple[Settings, str]]:
    """Settings and database URL of a process, with logging configured and the schema checked.

    Raises
    ------
    MigrationFailed
        If the schema is not the one this code was written for.
    """
    settings = Settings.from_environ()
    logs.configure(settings.log_format)
    with database_url(settings) as url:
        engine = open_engine(url)
        try:
            refuse_newer(engine)
            current = is_current(engine)
            if current:
                with session_factory(engine)() as session:
                    note_place(session, settings)
        finally:
            engine.dispose()
        if not current:
            raise MigrationFailed(
                "the database's schema is not up to date: run too-marshal migrate"
            )
        yield settings, url


def stop_event() -> threading.Event:
    """Event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    return stop


def note_place(session: Session, settings: Settings) -> str:
    """Note where the database is, and say why it is a copy; empty where it is the live one."""
    if not settings.database_url:
        note_folder(session, (settings.data_dir / "postgres").stat().st_ino)
    reason = why_copy(session)
    session.commit()
    return reason


@contextmanager
def held_folder(data_dir: Path) -> Iterator[None]:
    """Hold the data folder, so that a second start does not take it too."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = (data_dir / "lock").open("a+")
    except OSError as err:
        raise CannotStart(f"the data folder {data_dir} cannot be written: {err.strerror}") from err
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as err:
            lock.seek(0)
            raise CannotStart(
                f"the data folder {data_dir} is in use by process {lock.read().strip() or '?'}; "
                "stop it, or choose another with --data-dir"
            ) from err
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield
