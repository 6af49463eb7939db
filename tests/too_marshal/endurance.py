"""A real worker that does the usual jobs, hour after hour, and what it keeps of memory."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, text

from tests.too_marshal import alerts
from tests.too_marshal.fleet import count
from too_marshal.db.base import session_factory
from too_marshal.workflows.intake.ingest import Message, keep, process_notices

# Pictures are drawn in processes that end, and take longest.
WAITING = (
    "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
    " AND task_name <> 'draw'"
)
HURRIED = """
UPDATE procrastinate_jobs SET scheduled_at = now() WHERE id = (
    SELECT min(id) FROM procrastinate_jobs WHERE task_name = 'draw' AND status = 'todo'
) RETURNING id
"""
ASKED = "SELECT last_value FROM procrastinate_jobs_id_seq"
FAILED = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'"
PATIENCE_SECONDS = 600


@dataclass(frozen=True)
class Reading:
    """A worker's memory once it has done so many jobs."""

    jobs: int
    resident: float
    """Of the worker itself, MB."""
    tree: float
    """Of all its processes together, MB; pages that they share count in each."""
    processes: int


class Worker:
    """A worker process, its jobs, and readings of its memory."""

    def __init__(self, engine: Engine, pid: int) -> None:
        self._engine, self.pid = engine, pid
        self._events = 0
        self.readings: list[Reading] = []

    def do(self, events: int) -> Reading:
        """Take in alerts of so many new events with maps, and wait for all that follows."""
        self._take_in(events)
        self._wait_until_none(WAITING)
        self.readings.append(self._read())
        return self.readings[-1]

    def draw(self) -> None:
        """Have a picture drawn now that is to be drawn later; wait for it."""
        with self._engine.begin() as connection:
            job = connection.scalar(text(HURRIED))
        assert job is not None, "no picture waits"
        self._wait_until_none(
            f"SELECT count(*) FROM procrastinate_jobs WHERE id = {job:d}"
            " AND status IN ('todo', 'doing')"
        )

    def _wait_until_none(self, query: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        tick = threading.Event()
        while count(self._engine, query):
            assert Path(f"/proc/{self.pid}").exists(), "the worker has ended"
            assert time.monotonic() < deadline, "the jobs are not done"
            tick.wait(0.1)

    def _take_in(self, events: int) -> None:
        with session_factory(self._engine)() as session:
            for _ in range(events):
                moment, number = datetime.now(UTC), self._events
                self._events += 1
                payload = alerts.lvk(
                    f"S261122{_letters(number)}",
                    created=f"{moment:%Y-%m-%dT%H:%M:%SZ}",
                    # No two are alike: nothing is found in a cache.
                    skymap=alerts.skymap_fits(ra=37.0 * number % 360, sigma=3.0),
                    time=f"{moment:%Y-%m-%dT%H:%M:%S.000Z}",
                )
                kept = keep(session, [Message(payload, "api", "igwn.gwalert")])
                process_notices(session, [notice_id for notice_id, _ in kept])

    def _read(self) -> Reading:
        own = resident(self.pid)
        children = [resident(pid) for pid in family(self.pid)]
        return Reading(count(self._engine, ASKED), own, own + sum(children), 1 + len(children))


def _letters(number: int) -> str:
    """Number a superevent, as LVK does."""
    high, low = divmod(number, 26)
    return (_letters(high - 1) if high else "") + "abcdefghijklmnopqrstuvwxyz"[low]


@contextmanager
def worker(engine: Engine, url: str, folder: Path) -> Iterator[Worker]:
    """Run `too-marshal work`, whose rules plan for ZTF."""
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM plan_rule WHERE plans AND telescope <> 'ZTF'"))
    process = subprocess.Popen(
        [sys.executable, "-m", "too_marshal.cli", "work", "--concurrency", "2"],
        env={
            **os.environ,
            "TOO_DATABASE_URL": url,
            "TOO_DATA_DIR": str(folder),
            "OMP_NUM_THREADS": "1",
        },
        stderr=subprocess.DEVNULL,
    )
    try:
        yield Worker(engine, process.pid)
    finally:
        process.kill()
        process.wait()


def resident(pid: int) -> float:
    """Resident memory of a process, MB; 0 of one that has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def family(pid: int) -> list[int]:
    """Processes that a process has started, and those that they have."""
    found: list[int] = []
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return found
    for thread in threads:
        try:
            children = [int(child) for child in (thread / "children").read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *family(child)]
    return found
