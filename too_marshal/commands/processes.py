"""What the long-running commands share: settings, logging, a database, a way to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from too_marshal.db.base import open_engine
from too_marshal.deployment import logs
from too_marshal.deployment.settings import Settings
from too_marshal.processes.database import MigrationFailed, database_url, is_current, refuse_newer


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
