"""The running service: notice to ready plan, and what the event page costs a browser.

Starts `too-marshal up` as a new user would, in a folder of its own, and measures from outside:
from the moment that a notice is handed to the broker to the moment that its plan is ready in
the database, after one warm-up; and the event page in chromium with a cold cache.
"""

import argparse
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import sync_playwright
from sqlalchemy import Engine, text

from too_marshal.db.base import open_engine
from too_marshal.deployment.settings import Settings
from too_marshal.workflows.rehearse import alert, best_moment, send
from too_marshal.workflows.rules.defaults import WITH_ZTF

TELESCOPES = ("ZTF", *(telescope for telescope, _, _ in WITH_ZTF))
"""Those that get a plan of the rehearsal's merger by themselves."""


def start(folder: Path) -> tuple[subprocess.Popen[str], str, str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [
            sys.executable, "-m", "too_marshal.cli", "up", "--port", str(port),
            "--data-dir", str(folder),
        ],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    address = login = None
    for line in process.stdout:
        address = re.search(r"http://\S+", line) or address
        login = re.search(r"log in as (\S+) with the password (\S+)", line) or login
        if line.startswith("sent "):
            break
    assert address is not None
    assert login is not None
    return process, address[0], login[1], login[2]


def setting_of(process: subprocess.Popen[str], name: str) -> str:
    """What the rehearsal has set for its processes, such as the address of its broker."""
    for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
        for entry in Path(f"/proc/{child}/environ").read_bytes().split(b"\0"):
            if entry.startswith(f"{name}=".encode()):
                return entry.partition(b"=")[2].decode()
    raise RuntimeError(f"no process has {name}")


def until_ready(engine: Engine, name: str) -> dict[str, float]:
    """Time (s) until each telescope has its plan of an event."""
    query = text(
        "SELECT plan.telescope FROM plan JOIN event ON event.id = plan.event_id"
        " WHERE event.key = :name AND plan.state IN ('ready', 'empty')"
    )
    began = time.monotonic()
    ready: dict[str, float] = {}
    while len(ready) < len(TELESCOPES):
        if time.monotonic() - began > 120:
            raise TimeoutError(f"within two minutes {name} has plans of {', '.join(ready)} only")
        with engine.connect() as connection:
            for telescope in connection.scalars(query, {"name": name}):
                ready.setdefault(telescope, time.monotonic() - began)
        time.sleep(0.02)
    return ready


def notice_to_plan(process: subprocess.Popen[str], folder: Path, count: int) -> None:
    engine = open_engine(f"postgresql://postgres@/postgres?host={folder / 'postgres'}")
    settings = Settings(kafka_bootstrap=setting_of(process, "TOO_KAFKA_BOOTSTRAP"))
    present = datetime.now(UTC)
    moment = best_moment(present)
    until_ready(engine, f"MS{present:%y%m%d}a")  # the rehearsal's own event warms all up
    first, every = [], []
    for index in range(count):
        name = f"MS{present:%y%m%d}z{chr(97 + index // 26)}{chr(97 + index % 26)}"
        message = alert(moment, name, datetime.now(UTC))
        send(settings, message)
        ready = until_ready(engine, name)
        first.append(ready["ZTF"])
        every.append(max(ready.values()))
    engine.dispose()
    for what, seconds in (("ZTF plan", first), (f"plans of {len(TELESCOPES)} telescopes", every)):
        ordered = sorted(seconds)
        p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
        print(
            f"notice to ready {what}, {count} events: median {statistics.median(seconds):.2f} s,"
            f" p95 {p95:.2f} s, longest {ordered[-1]:.2f} s (target p95 5 s)"
        )


def event_page(address: str, username: str, password: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            chromium_sandbox=False,
            args=["--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"],
        )
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.goto(f"{address}/login")
        page.get_by_label("Name").fill(username)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("link", name=re.compile("^MS")).first.wait_for()
        times, sizes, requests, server = [], [], [], []
        for _ in range(5):
            # Another context: nothing is cached but the login.
            cold = browser.new_context(storage_state=context.storage_state())
            fresh = cold.new_page()
            session = cold.new_cdp_session(fresh)
            session.send("Network.enable")
            loaded: list[float] = []
            session.on(
                "Network.loadingFinished",
                lambda event, loaded=loaded: loaded.append(event["encodedDataLength"]),
            )
            began = time.monotonic()
            answer = fresh.goto(f"{address}/events/1")
            fresh.locator("#sky svg .tile").first.wait_for(state="attached")
            times.append(time.monotonic() - began)
            sizes.append(sum(loaded))
            requests.append(len(loaded))
            assert answer is not None
            timing = answer.request.timing
            server.append((timing["responseStart"] - timing["requestStart"]) / 1000)
            cold.close()
        browser.close()
    print(
        f"event page, cold cache: map drawn after {statistics.median(times):.2f} s"
        f" (server {statistics.median(server):.2f} s; target 1 s),"
        f" {max(sizes) / 1000:.0f} kB in {max(requests)} requests (target 150 kB)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20)
    options = parser.parse_args([] if sys.argv[0].endswith("__main__.py") else None)
    folder = Path(tempfile.mkdtemp(prefix="marshal-bench-"))
    process, address, username, password = start(folder)
    try:
        notice_to_plan(process, folder, options.events)
        event_page(address, username, password)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
