"""The web server as a process: its first answer, its sign of life, and its end."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import too_marshal
from tests.too_marshal.factories import add_person
from too_marshal.db.notices import Heartbeat
from too_marshal.db.people import Role
from too_marshal.workflows.accounts.login import open_session


def start(database_url: str, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    environ = {**os.environ, "TOO_DATABASE_URL": database_url, "TOO_DATA_DIR": str(folder)}
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "too_marshal.cli", "web", *arguments],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = start(database_url, tmp_path, "--port", "0")
    for line in process.stdout:
        if match := re.search(r"pages at (http://\S+)", line):
            break
    else:
        raise AssertionError(f"ended with code {process.wait()}")
    yield process, match[1]
    process.kill()
    process.wait()
    process.stdout.close()


def test_pages_are_served_and_the_process_shows_that_it_lives(server, session: Session):
    _, address = server
    with urllib.request.urlopen(f"{address}/healthz") as answer:
        assert answer.status == 200
        assert "Server" not in answer.headers
    deadline = time.monotonic() + 300
    while session.scalars(select(Heartbeat.name)).all() != ["web"]:
        assert time.monotonic() < deadline
        session.rollback()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_though_a_browser_listens(server, session: Session, number: int):
    process, address = server
    value = open_session(session, add_person(session, "anna", Role.VIEWER))
    request = urllib.request.Request(f"{address}/live", headers={"Cookie": f"toom_session={value}"})
    with urllib.request.urlopen(request) as stream:
        assert stream.readline() == b"retry: 3000\n"
        process.send_signal(number)
        assert process.wait(300) == 0
    assert "Traceback" not in process.stdout.read()


def test_a_taken_port_is_said_in_a_sentence(database_url: str, tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = start(database_url, tmp_path, "--port", port)
        output, _ = process.communicate(timeout=300)
    assert process.returncode == 1
    assert f"port {port} on 127.0.0.1 cannot be used" in output
    assert "Traceback" not in output


def test_a_changed_source_file_starts_the_pages_anew(database_url: str, tmp_path: Path):
    process = start(database_url, tmp_path, "--port", "0", "--reload")
    template = Path(too_marshal.__file__).parent / "web" / "templates" / "base.html"
    before = template.stat()
    try:
        served = 0
        for line in process.stdout:
            if "pages at http://" in line:
                served += 1
                # Its content stays: that it was written is what counts.
                os.utime(template)
            if served == 2:
                break
        assert served == 2
    finally:
        os.utime(template, ns=(before.st_atime_ns, before.st_mtime_ns))
        process.terminate()
        process.wait()
        process.stdout.close()
