"""The user's path, as `make run` offers it: from the notice to the retraction, in a browser."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

SOON = 90_000
"""Milliseconds that a step may take on a busy machine."""


UP = (sys.executable, "-m", "too_marshal.cli", "up")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def read_until(process: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    """First line of the output that matches; what came before is in the failure."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if found := re.search(pattern, line):
            return found
    raise AssertionError(f"ended with code {process.wait()}:\n{''.join(lines)}")


@pytest.fixture(scope="module")
def service() -> Iterator[SimpleNamespace]:
    """The whole service with its rehearsal, as a new user starts it."""
    # Not pytest's own folder: it takes from others the right to enter, and PostgreSQL's
    # account is another.
    folder = Path(tempfile.mkdtemp(prefix="marshal-journey-"))
    port = free_port()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TOO_")}
    process = subprocess.Popen(
        [*UP, "--port", str(port), "--data-dir", str(folder)],
        env={**environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = read_until(process, r"(http://\S+)")[1]
        login = read_until(process, r"log in as (\S+) with the password (\S+)")
        yield SimpleNamespace(
            process=process, address=address, username=login[1], password=login[2], folder=folder
        )
    finally:
        family = (
            psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        )
        process.send_signal(signal.SIGINT)
        process.wait(40)
        assert process.stdout is not None
        process.stdout.close()
        _, left = psutil.wait_procs(family, timeout=10)
        assert not left, f"still running after Ctrl-C: {left}"
        shutil.rmtree(folder, ignore_errors=True)


def test_from_the_notice_to_the_retraction(service, page: Page):
    page.set_default_timeout(SOON)
    expect.set_options(timeout=SOON)

    page.goto(service.address)
    page.get_by_label("Name").fill(service.username)
    page.get_by_label("Password").fill(service.password)
    page.get_by_role("button", name="Log in").click()

    # The event arrives by itself, and its page fills while one looks at it.
    page.get_by_role("link", name=re.compile(r"^MS\d{6}")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("MS")
    following = page.locator("[data-action=next]")
    expect(following).to_have_text(re.compile(r"Check and submit ZTF plan \d+"))
    expect(page.locator("#facts .verdict")).to_contain_text("ZTF can reach")
    expect(page.get_by_text(re.compile(r"90 %: [\d ]+ deg"))).to_be_visible()
    expect(page.locator("#sky svg .contour").first).to_be_attached()
    expect(page.locator("#sky svg .tile").first).to_be_attached()
    event_address = page.url

    # One click checks, and the question comes by itself; the next approves.
    following.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    expect(page.get_by_label("Checked against the robot's queue")).to_contain_text("is free")
    for words in ("Telescope", "ZTF", "Program", "Exposures", "Total time", "Window"):
        expect(dialog).to_contain_text(words)
    for warning in dialog.get_by_role("checkbox").all():
        warning.check()
    dialog.get_by_role("button", name="Approve and submit").click()
    queue_name = page.get_by_text(re.compile(r"ToO_MS\w+")).first
    expect(queue_name).to_be_visible()
    name = re.search(r"ToO_[\w-]+", queue_name.inner_text())
    assert name is not None

    # The robot holds it, executes it, and what it has observed grows.
    page.get_by_role("link", name="Queues").click()
    expect(page.get_by_text(name[0]).first).to_be_visible()
    page.goto(event_address)
    expect(page.locator("#submissions")).to_contain_text(re.compile("accepted|executing"))
    expect(page.locator("#submissions")).to_contain_text("executing")
    covered = page.locator("#coverage td[data-label='At least once'] strong")
    expect(covered).to_be_visible()
    first = float(re.sub(r"[^\d.]", "", covered.inner_text()))
    expect(covered).not_to_have_text(covered.inner_text())
    assert float(re.sub(r"[^\d.]", "", covered.inner_text())) > first

    page.get_by_role("button", name="Draft a circular").click()
    expect(page.locator("main")).to_contain_text("We obtained")
    expect(page.locator("main")).to_contain_text("THIS IS A TEST EVENT")

    # The retraction: the queue is withdrawn, and the event says so.
    page.goto(event_address)
    page.locator("#fold-rehearsal > summary").click()
    page.get_by_role("button", name=re.compile("Send the retraction")).click()
    confirm = page.get_by_role("dialog")
    confirm.get_by_role("button", name=re.compile("retraction")).click()
    expect(page.get_by_role("alert").first).to_contain_text("RETRACTED")
    expect(page.locator("#submissions")).to_contain_text("withdrawn")
    expect(page.locator("#rehearsal-note")).to_have_text("6 of 6 steps done")
    page.get_by_role("link", name="Queues").click()
    expect(page.locator("main")).not_to_contain_text(re.compile(r"is_too.*ToO_MS"))


def test_a_second_start_on_the_same_folder_is_refused(service):
    again = subprocess.run(
        [*UP, "--port", str(free_port()), "--data-dir", str(service.folder)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert again.returncode != 0
    assert "in use by process" in again.stderr
    assert "Traceback" not in again.stderr


def test_a_taken_port_is_named(service, tmp_path):
    port = service.address.rsplit(":", 1)[1]
    again = subprocess.run(
        [*UP, "--port", port, "--data-dir", str(tmp_path / "other")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert again.returncode != 0
    assert f"port {port}" in again.stderr
    assert "Traceback" not in again.stderr
