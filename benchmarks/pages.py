"""What pages cost: server time, bytes, and when the map is there, at a desk and on a telephone.

Fifty events of which each has a map and a plan, and one of a real merger with the night strip; the
application as it is deployed, in a browser without a cache. Targets are those of issue 13.
"""

import gzip
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import waitress
from flask import Flask
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy.orm import Session

from benchmarks.maps import corpus_maps
from tests.too_marshal.factories import add_event, add_localization, add_person, add_plan
from too_marshal.app import create_app
from too_marshal.db.accounts.people import Role
from too_marshal.db.base import open_engine, session_factory
from too_marshal.db.events import Event, record
from too_marshal.deployment.settings import Settings
from too_marshal.http.service import service
from too_marshal.processes.database import migrate
from too_marshal.processes.embedded import embedded_database
from too_marshal.web.event.first_screen import first_screen
from too_marshal.workflows.accounts.login import open_session
from too_marshal.workflows.observability.nights import work_out_nights

MERGER = "S190425z_bayestar.fits.gz"

PHONE = {"latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
"""1.6 Mb/s down, 750 kb/s up, in bytes; ms."""


def _median(function: Callable[[], object], times: int = 15) -> float:
    function()
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def seed(session: Session) -> int:
    """Make the events; gives the number of the merger."""
    for number in range(50):
        event = add_event(session, f"S26{number:04d}")
        add_localization(session, event)
        add_plan(session, event)
    event = add_event(session, "S190425z")
    localization = add_localization(session, event, dict(corpus_maps())[MERGER])
    work_out_nights(session, ["ZTF"], localization.id)
    add_plan(session, event, most_fields=60)
    return event.id


def server(app: Flask, cookie: str, event_id: int, session: Session) -> None:
    """Print server time and size of pages, and the time of what stands first on one."""
    client = app.test_client()
    client.set_cookie("toom_session", cookie)
    for what, path in (("list of 50", "/"), ("event page", f"/events/{event_id}")):
        seconds = _median(lambda path=path: client.get(path))
        size = len(gzip.compress(client.get(path).get_data(), 6))
        print(f"{what}: server {seconds * 1e3:.0f} ms, {size / 1e3:.1f} kB compressed")
    with app.test_request_context():
        event = session.get_one(Event, event_id)
        seconds = _median(lambda: first_screen(session, event))
        print(f"verdict, changes and next step: {seconds * 1e3:.0f} ms (target 200 ms)")


def browse(browser: Browser, url: str, cookie: str, path: str, *, is_phone: bool) -> None:
    """Print bytes and the time until the map, or the list, stands there."""
    seconds, sizes, requests = [], [], []
    for _ in range(5):
        width, height = (390, 844) if is_phone else (1280, 800)
        context = browser.new_context(
            viewport={"width": width, "height": height}, service_workers="block"
        )
        context.add_cookies([{"name": "toom_session", "value": cookie, "url": url}])
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        if is_phone:
            wire.send("Network.emulateNetworkConditions", {"offline": False, **PHONE})
            wire.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        got: list[float] = []
        wire.on(
            "Network.loadingFinished", lambda said, got=got: got.append(said["encodedDataLength"])
        )
        began = time.perf_counter()
        page.goto(url + path, wait_until="commit")
        page.wait_for_selector(
            "#sky[data-ready]" if "events" in path else "#events", state="attached"
        )
        seconds.append(time.perf_counter() - began)
        page.wait_for_load_state()
        sizes.append(sum(got))
        requests.append(len(got))
        context.close()
    kilobytes = statistics.median(sizes) / 1e3
    print(
        f"{path}, {'telephone' if is_phone else 'desk'}, cold: ready after "
        f"{statistics.median(seconds):.2f} s (median of 5), {kilobytes:.0f} kB, "
        f"{max(requests)} requests"
    )


def retract(browser: Browser, url: str, cookie: str, session: Session) -> None:
    """Print how long a page that stands open knows nothing of a retraction that is committed."""
    seconds = []
    for number in range(10):
        event = add_event(session, f"S25{number:04d}")
        context = browser.new_context(service_workers="block")
        context.add_cookies([{"name": "toom_session", "value": cookie, "url": url}])
        page = context.new_page()
        page.goto(f"{url}/events/{event.id}")
        page.wait_for_load_state("load")
        # A page is quiet after a while, and a retraction keeps to no second of the stream's.
        page.wait_for_timeout(3000 + 137 * number)
        event.is_retracted = True
        record(session, "Event retracted", subject="event", event_id=event.id)
        session.commit()
        began = time.perf_counter()
        page.wait_for_selector(".retracted")
        seconds.append(time.perf_counter() - began)
        context.close()
    print(
        f"a retraction on a quiet page: {statistics.median(seconds):.2f} s after its commit, "
        f"{max(seconds):.2f} s at the most (10 times; target 2 s)"
    )


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="marshal-bench-") as folder,
        embedded_database(Path(folder)) as url,
    ):
        engine = open_engine(url)
        migrate(engine)
        robot = {"url": "http://127.0.0.1:9", "simulated": True, "program": "p", "pi": "p"}
        settings = Settings(data_dir=Path(folder), secret_key="a key", robots={"ZTF": robot})
        app = create_app(settings, engine)
        with session_factory(engine)() as session:
            event_id = seed(session)
            cookie = open_session(session, add_person(session, "viewer", Role.VIEWER))
            server(app, cookie, event_id, session)
        pages = waitress.create_server(app, host="127.0.0.1", port=0, threads=8)
        threading.Thread(target=pages.run, daemon=True).start()
        address = f"http://127.0.0.1:{pages.effective_port}"
        with sync_playwright() as play:
            browser = play.chromium.launch(
                executable_path=shutil.which("chromium"), chromium_sandbox=False
            )
            for path in (f"/events/{event_id}", "/"):
                for is_phone in (False, True):
                    browse(browser, address, cookie, path, is_phone=is_phone)
            with session_factory(engine)() as session:
                retract(browser, address, cookie, session)
            browser.close()
        with app.app_context():
            service().stopping.set()  # the streams of live updates end
        engine.dispose()


if __name__ == "__main__":
    main()
