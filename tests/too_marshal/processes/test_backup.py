"""Dump, restore into a fresh database, run: all is there, and nothing is sent by the copy."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.too_marshal.commands.test_web import serving
from tests.too_marshal.databases import named
from tests.too_marshal.factories import (
    add_event,
    add_exposures,
    add_localization,
    add_person,
    add_submission,
)
from tests.too_marshal.factories import add_plan as add_whole_plan
from tests.too_marshal.workflows.submissions.test_submit import (  # noqa: F401 - a fixture
    add_plan,
    approved,
    robot,
    state,
)
from too_marshal.cli import cli
from too_marshal.clock import kept_by
from too_marshal.commands.processes import CannotStart, held_folder
from too_marshal.db.accounts.people import Role
from too_marshal.db.base import open_engine, session_factory
from too_marshal.db.observing.queues import SubmissionState
from too_marshal.processes import backup as module
from too_marshal.processes.backup import BackupFailed, path_of
from too_marshal.processes.embedded import embedded_database
from too_marshal.workflows.accounts.login import open_session
from too_marshal.workflows.live_database import ELSEWHERE, why_copy

pytestmark = pytest.mark.usefixtures("evening")

Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a command the test's database, or another."""

    def run(*arguments: str, url: str = database_url, code: int = 0) -> Result:
        monkeypatch.setenv("TOO_DATABASE_URL", url)
        result = CliRunner().invoke(cli, arguments)
        if code == 0 and result.exception is not None:
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.fixture
def empty_url(server_url: str) -> Iterator[str]:
    """URL of a database in which nothing is."""
    name = f"restored_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
        yield named(server_url, name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def databases_of_both(database_url: str, empty_url: str) -> tuple[str, str]:
    """URLs of what is backed up, and of what it is restored into."""
    return database_url, empty_url


def rows(url: str) -> dict[str, list[str]]:
    """All that a database holds, but what says where it is."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
        return {
            name: [row for (row,) in connection.execute(f"SELECT t::text FROM {name} t ORDER BY 1")]
            for (name,) in tables
            if name != "live_database"
        }


def get(address: str, cookie: str = "") -> str:
    request = urllib.request.Request(address, headers={"Cookie": cookie})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read().decode()


def wait_until_done(url: str, process: subprocess.Popen[bytes]) -> None:
    """Let a worker do every job that waits now."""
    deadline = time.monotonic() + 120
    query = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(query).fetchone() != (0,):
            assert process.poll() is None
            assert time.monotonic() < deadline
            connection.execute("SELECT pg_sleep(0.1)")


def test_a_restored_copy_runs_reads_and_sends_nothing(
    session: Session,
    robot,  # noqa: F811
    run: Run,
    databases_of_both: tuple[str, str],
    tmp_path: Path,
):
    database_url, empty_url = databases_of_both
    submission = approved(session, robot)
    event = add_event(session)
    add_localization(session, event)
    plan = add_whole_plan(session, event)
    add_exposures(session, add_submission(session, plan, SubmissionState.DONE), 3)
    with kept_by(lambda: datetime.now(UTC)):  # the processes have the machine's clock
        cookie = f"toom_session={open_session(session, add_person(session, 'anna', Role.ADMIN))}"
    file = tmp_path / "marshal.dump"
    assert "holds all data" in run("backup", "make", str(file)).output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]
    before = rows(database_url)

    assert "This is a copy" in run("backup", "restore", str(file), url=empty_url).output
    assert rows(empty_url) == before
    assert "a copy" in run("live", url=empty_url).output

    worker = subprocess.Popen(
        [sys.executable, "-m", "too_marshal.cli", "work"],
        env={
            **os.environ,
            "TOO_DATABASE_URL": empty_url,
            "TOO_DATA_DIR": str(tmp_path / "data"),
            "TOO_ZTF_URL": robot.server.url,
            "TOO_ZTF_SIMULATED": "true",
        },
    )
    try:
        wait_until_done(empty_url, worker)
    finally:
        worker.kill()
        worker.wait()
    assert robot.names() == [], "its job was done, and has sent nothing"

    with serving(empty_url, tmp_path / "data") as (_, address):
        health = json.loads(get(f"{address}/healthz"))
        assert health["status"] == "degraded"
        assert health["parts"]["copy"] == "red"
        for page in ("/", "/queues", "/health", f"/events/{plan.event_id}", f"/plans/{plan.id}"):
            assert 'id="copy"' in get(f"{address}{page}", cookie)
        refused = run("live", "on", url=empty_url, code=2)
        assert "stop the former service first" in refused.output
        answer = run("live", "on", "--former-is-stopped", url=empty_url)
        assert "this is the live one since" in answer.output
        assert "copy" not in json.loads(get(f"{address}/healthz"))["parts"]
        assert 'id="copy"' not in get(f"{address}/", cookie)
    engine = open_engine(empty_url)
    with engine.connect() as connection:
        query = text(f"SELECT state, reason FROM submission WHERE id = {submission.id}")
        ((now_state, reason),) = connection.execute(query).all()
    engine.dispose()
    assert now_state == "refused"
    assert "the former one may have sent it" in reason
    assert state(session, submission) == "approved", "the one that was backed up goes on"
    assert "this is the live one" in run("live").output


def test_what_is_restored_by_other_means_is_a_copy(
    run: Run, database_url: str, empty_url: str, tmp_path: Path
):
    """PostgreSQL's own programs know nothing of marks: the place itself tells."""
    file = tmp_path / "by_hand.dump"
    for program, url, *more in (
        ("pg_dump", database_url, "--format=custom", f"--file={file}"),
        ("pg_restore", empty_url, "--no-owner", str(file)),
    ):
        path = path_of(program, None)
        subprocess.run([path, f"--dbname={url}", *more], check=True)
    engine = open_engine(empty_url)
    with session_factory(engine)() as session:
        assert why_copy(session) == ELSEWHERE
    engine.dispose()
    run("migrate", url=empty_url)
    assert "this is a copy" in run("live", url=empty_url).output


def test_a_backup_is_not_restored_over_anything(
    session: Session, run: Run, database_url: str, tmp_path: Path
):
    """Nor into the database of a service that runs."""
    file = tmp_path / "marshal.dump"
    run("backup", "make", str(file))
    add_plan(session)
    session.close()
    before = rows(database_url)
    with pytest.raises(BackupFailed, match=r"not empty \(\d+ tables\).*nothing was changed"):
        run("backup", "restore", str(file))
    assert rows(database_url) == before
    with pytest.raises(BackupFailed, match="there already"):
        run("backup", "make", str(file))


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "failed"), (b"PGDMP nonsense", "failed"), (None, "there is no file")],
)
def test_what_is_no_backup_is_refused(
    run: Run, empty_url: str, tmp_path: Path, content: bytes | None, words: str
):
    file = tmp_path / "other.dump"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BackupFailed, match=words):
        run("backup", "restore", str(file), url=empty_url)
    assert rows(empty_url) == {}


def test_a_dump_of_another_program_and_half_a_backup_leave_nothing(
    session: Session, run: Run, empty_url: str, tmp_path: Path
):
    for _ in range(20):
        add_plan(session)
    session.close()
    other, whole = tmp_path / "other.dump", tmp_path / "whole.dump"
    path = path_of("pg_dump", None)
    command = [path, f"--dbname={empty_url}", "--format=custom", f"--file={other}"]
    subprocess.run(command, check=True)
    with pytest.raises(BackupFailed, match="no backup of too-marshal"):
        run("backup", "restore", str(other), url=empty_url)
    run("backup", "make", str(whole))
    whole.write_bytes(whole.read_bytes()[:-3000])
    with pytest.raises(BackupFailed, match="pg_restore failed"):
        run("backup", "restore", str(whole), url=empty_url)
    assert rows(empty_url) == {}, "all of it, or nothing"


def test_a_backup_that_fails_leaves_no_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(Exception, match="does not answer"):
        run("backup", "make", str(tmp_path / "a.dump"), url="postgresql://nobody@127.0.0.1:9/none")
    with pytest.raises(BackupFailed, match="cannot be written"):
        run("backup", "make", str(tmp_path / "no" / "folder.dump"))
    broken = tmp_path / "bin"
    broken.write_text("#!/bin/sh\necho half\necho 'pg_dump: error: the disk is full' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(module, "path_of", lambda *_: str(broken))
    with pytest.raises(BackupFailed, match="pg_dump failed: error: the disk is full"):
        run("backup", "make", str(tmp_path / "b.dump"))
    broken.unlink()
    assert list(tmp_path.iterdir()) == []


def test_the_program_of_the_servers_version_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 14.9 (Debian)'\n")
    old.chmod(0o755)
    bundled = path_of("pg_dump", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert path_of("pg_dump", 14) == str(old)
    assert path_of("pg_dump", 18) == path_of("pg_dump", None) == bundled
    assert path_of("pg_dump", 99) == bundled, "which says itself that it cannot"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 99.1'\n")
    assert path_of("pg_dump", 98) == str(old)


def test_into_a_new_data_folder_with_the_embedded_server(
    session: Session, run: Run, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    add_plan(session)
    session.close()
    file, folder = tmp_path / "marshal.dump", tmp_path / "data"
    run("backup", "make", str(file))
    before = rows(database_url)
    monkeypatch.delenv("TOO_DATABASE_URL")
    restoring = ["backup", "restore", str(file), "--data-dir", str(folder)]
    with held_folder(folder):
        result = CliRunner().invoke(
            cli, ["backup", "restore", str(file), "--data-dir", str(folder)]
        )
        assert result.exit_code == 1
        assert "is in use by process" in result.output, "a service may run there"
    result = CliRunner().invoke(cli, restoring)
    assert result.exit_code == 0, result.output
    with embedded_database(folder) as url:
        assert rows(url) == before
        # A service that runs is joined.
        monkeypatch.setenv("TOO_DATA_DIR", str(folder))
        result = CliRunner().invoke(cli, ["backup", "make", str(tmp_path / "again.dump")])
        assert result.exit_code == 0, result.output
        result = CliRunner().invoke(cli, ["live"])
        assert "restored from the backup marshal.dump" in result.output


def test_a_folder_in_use_is_named(tmp_path: Path):
    with (
        held_folder(tmp_path),
        pytest.raises(CannotStart, match="in use by process"),
        held_folder(tmp_path),
    ):
        pass
