"""A worker that has grown makes way for a fresh one, once what it has begun is done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.too_marshal.factories import (
    add_event,
    add_localization,
    add_notice,
    add_plan,
    add_submission,
)
from tests.too_marshal.fleet import count
from tests.too_marshal.workflows.intake.test_listen import wait_for
from too_marshal import tasks
from too_marshal.db.locks import lock
from too_marshal.db.observing.queues import Submission
from too_marshal.processes.worker import resident_bytes

SHORT_OF_MEMORY = """
import sys
from too_marshal.deployment.settings import Settings
from too_marshal.processes import worker

worker.MAX_RESIDENT_BYTES, worker.WATCH_SECONDS = int(sys.argv[2]), 0.05
worker.work(Settings(), sys.argv[1], name="w", concurrency=1)
"""


JOBS = "SELECT count(*) FROM procrastinate_jobs WHERE task_name IN ('notify', 'submit')"
LIVING = "SELECT count(*) FROM procrastinate_workers"
WAITING_FOR_A_ROW = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


def start(url: str, folder: Path, most: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SHORT_OF_MEMORY, url, str(most)],
        env={**os.environ, "TOO_DATA_DIR": str(folder)},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_worker_that_has_grown_ends_of_itself(
    engine: Engine, session: Session, database_url: str, tmp_path: Path
):
    tasks.notify(notice_id=add_notice(session).id).defer(session)
    session.commit()
    process = start(database_url, tmp_path, most=1)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert "makes way for a fresh one" in errors
    with engine.connect() as connection:
        query = text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'")
        assert connection.scalar(query) == 0, "nothing that it has begun is left behind"


def test_one_that_has_not_goes_on(
    engine: Engine, session: Session, database_url: str, tmp_path: Path
):
    process = start(database_url, tmp_path, most=1 << 40)
    wait_for(lambda: process.poll() is not None or count(engine, LIVING) == 3)
    tasks.notify(notice_id=add_notice(session).id).defer(session)
    session.commit()
    wait_for(lambda: process.poll() is not None or count(engine, JOBS) == 0)
    process.terminate()
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "makes way" not in errors


def test_what_has_begun_is_finished_when_a_worker_is_stopped(
    engine: Engine, session: Session, database_url: str, tmp_path: Path
):
    event = add_event(session)
    add_localization(session, event)
    submission = add_submission(session, add_plan(session, event))
    tasks.submit(submission_id=submission.id).defer(session)
    session.commit()
    lock(session, Submission, submission.id)
    process = start(database_url, tmp_path, most=1 << 40)
    wait_for(lambda: process.poll() is not None or count(engine, WAITING_FOR_A_ROW) == 1)
    process.terminate()
    # Its other lines of work have ended: it has heard.
    wait_for(lambda: process.poll() is not None or count(engine, LIVING) == 1)
    assert process.poll() is None, "it waits for the job"
    session.commit()
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert count(engine, JOBS) == 0, errors


def test_ones_own_memory_is_read():
    before = resident_bytes()
    kept = bytearray(b"x") * 100_000_000
    assert before + 90e6 < resident_bytes() < before + 300e6
    assert len(kept) == 100_000_000
