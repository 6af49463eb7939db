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
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import too_marshal
from tests.too_marshal.factories import add_person
from too_marshal.db.accounts.people import LoginAttempt, Role
from too_marshal.db.notices import Heartbeat
from too_marshal.workflows.accounts.login import open_session


def start(
    database_url: str, folder: Path, *arguments: str, **settings: str
) -> subprocess.Popen[str]:
    environ = {**os.environ, "TOO_DATABASE_URL": database_url, "TOO_DATA_DIR": str(folder)}
    environ |= settings
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "too_marshal.cli", "web", *arguments],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def serving(
    database_url: str, folder: Path, **settings: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = start(database_url, folder, "--port", "0", **settings)
    try:
        for line in process.stdout:
            if match := re.search(r"pages at (http://\S+)", line):
                break
        else:
            raise AssertionError(f"ended with code {process.wait()}")
        yield process, match[1]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with serving(database_url, tmp_path) as started:
        yield started


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


@pytest.mark.parametrize(("proxy", "known"), [("127.0.0.1", "203.0.113.7"), ("", "127.0.0.1")])
def test_only_a_trusted_proxy_says_who_asks(
    database_url: str, tmp_path: Path, session: Session, proxy: str, known: str
):
    jar = urllib.request.HTTPCookieProcessor()
    browser = urllib.request.build_opener(jar)
    with serving(database_url, tmp_path, TOO_TRUSTED_PROXY=proxy) as (_, address):
        with browser.open(f"{address}/login") as answer:
            token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.read().decode())[1]
        form = {"username": "anna", "password": "not hers", "csrf_token": token}
        request = urllib.request.Request(
            f"{address}/login",
            data=urlencode(form).encode(),
            headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.7", "Referer": f"{address}/login"},
        )
        with pytest.raises(HTTPError):
            browser.open(request)
    assert session.scalars(select(LoginAttempt.address)).all() == [known]


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
