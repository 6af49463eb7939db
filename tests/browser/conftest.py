"""A real web process over a seeded database, and Debian's chromium to look at it.

Every test here also proves that no request leaves the site, and that the page makes no error.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from importlib import resources
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from planners.skymaps.files import read_skymap
from tests.too_marshal.conftest import server_url
from tests.too_marshal.databases import copy_of_template
from tests.too_marshal.factories import (
    add_event,
    add_exposures,
    add_import,
    add_localization,
    add_night,
    add_notice,
    add_object,
    add_person,
    add_plan,
    add_preflight,
    add_replacement,
    add_submission,
)
from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.base import now, open_engine, session_factory
from too_marshal.db.counterparts.candidates import CandidateStatus
from too_marshal.db.notices import Heartbeat, NoticeState
from too_marshal.db.observing.exposures import Coverage
from too_marshal.db.observing.queues import RobotQueue, SubmissionState
from too_marshal.workflows.accounts.login import open_session
from too_marshal.workflows.circulars.draft import draft
from too_marshal.workflows.circulars.request import CircularRequest
from too_marshal.workflows.counterparts.judge import judge
from too_marshal.workflows.exposures.cover import cover

__all__ = ["server_url"]

CHROMIUM = Path(__file__).with_name("chromium.sh")


@dataclass(frozen=True)
class Site:
    """A running web process and the rows behind it."""

    url: str
    engine: Engine
    event_id: int
    """An event with everything, to be looked at."""

    stage_id: int
    """Another, for tests that act; named MS260103c."""

    plan_id: int
    """Ready, not submitted."""

    executing_plan_id: int
    circular_id: int
    notice_id: int
    """Quarantined."""

    people: dict[Role, int]

    def address(self, path: str) -> str:
        return self.url + path


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    if shutil.which("chromium") is None:
        reason = "no chromium: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return {
        **browser_type_launch_args,
        "executable_path": str(CHROMIUM),
        "chromium_sandbox": False,  # it refuses to run as root otherwise
        "args": [
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
        ],
    }


@pytest.fixture(scope="session")
def site(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site, as a rehearsal has it when the robot is at work."""
    database_url = copy_of_template(server_url)
    engine = open_engine(database_url)
    with session_factory(engine)() as session:
        rows = _seed(session)
    data_dir = tmp_path_factory.mktemp("site")
    with _serve(database_url, data_dir) as url:
        yield Site(url=url, engine=engine, **rows)
    engine.dispose()


def _seed(session: Session) -> dict:
    people = {
        role: add_person(
            session, role.name.lower(), role, full_name=f"{role.name.title()} Person"
        ).id
        for role in Role
    }
    event = add_event(session, "MS260101a", is_test=True)
    path = resources.files("too_marshal") / "data" / "bns_00507deg2_10102.multiorder.fits.gz"
    original = gzip.decompress(path.read_bytes())
    add_localization(session, event, read_skymap(original), original)
    executing = add_plan(session, event, most_fields=24)
    submission = add_submission(session, executing, SubmissionState.EXECUTING)
    add_exposures(session, submission, 15)
    ready = add_plan(session, event, most_fields=10)
    checked = add_preflight(session, ready, ("note", "the name is free"), ("warning", "it waits"))
    checked.done_at = now() + timedelta(hours=1)  # fresh until the last test
    cover(session, event.id, "ZTF")
    for telescope, ahead in (("ZTF", 0), ("ZTF", 1), ("DECam", 0)):
        add_night(session, event, telescope, ahead)
    localization = event.current_localization_id
    coverage = session.get_one(Coverage, (localization, "ZTF"))
    part = {"exposures": 240, "probability": 0.31, "probability_twice": 0.2, "area": 900.0}
    coverage.by_source = {**coverage.by_source, "survey": part, "all": part}
    add_replacement(session, submission, ready)
    add_import(session, event)
    for number in range(3):
        add_object(session, event, f"ZTF26aaaaaa{number}", candid=f"{number}")
    judge(
        session, event, "ZTF", "ZTF26aaaaaa1", CandidateStatus.REJECTED, reason="a variable star",
        seen=0, by="observer",
    )  # fmt: skip
    circular = draft(session, event.id, CircularRequest(telescopes=["ZTF"]), author="observer")
    add_event(session, "S260102bc", is_retracted=True)
    stage = add_event(session, "MS260103c", is_test=True)
    add_localization(session, stage)
    notice = add_notice(
        session,
        payload=b"<not a notice",
        state=NoticeState.QUARANTINED,
        error="unclosed token",
        document=None,
    )
    for name, seconds in (("stream", 3), ("clock", 1), ("worker-1", 100), ("listener", 400)):
        session.add(Heartbeat(name=name, beat_at=now() - timedelta(seconds=seconds)))
    held = {
        "name": submission.queue_name,
        "start": "2026-11-22T03:00:00.000Z",
        "end": "2026-11-22T13:00:00.000Z",
        "is_too": True,
        "targets": 33,
    }
    session.add(RobotQueue(telescope="ZTF", queues=[held], seen_at=now()))
    session.commit()
    return {
        "event_id": event.id,
        "stage_id": stage.id,
        "plan_id": ready.id,
        "executing_plan_id": executing.id,
        "circular_id": circular.id,
        "notice_id": notice.id,
        "people": people,
    }


_FLUSHED_TOO_LATE = re.compile(
    r"Unexpected exception when flushing\nTraceback.*?AttributeError: 'NoneType' object has no"
    r" attribute 'send'\n",
    re.DOTALL,
)
"""What waitress writes of a browser that went away while it was answered."""


@contextmanager
def _serve(database_url: str, data_dir: Path) -> Iterator[str]:
    """Run `too-marshal web` as a process; gives its address."""
    environ = {
        **os.environ,
        "TOO_DATABASE_URL": database_url,
        "TOO_DATA_DIR": str(data_dir),
        "TOO_REHEARSAL": "true",
        "TOO_KAFKA_BOOTSTRAP": "127.0.0.1:9",
        "TOO_ZTF_URL": "http://127.0.0.1:9",
        "TOO_ZTF_SIMULATED": "true",
    }
    log = data_dir / "web.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "too_marshal.cli", "web", "--port", "0"],
            env=environ,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        try:
            yield _address(process, log)
        finally:
            process.terminate()
            code = process.wait(20)
    assert code == 0
    assert "Traceback" not in _FLUSHED_TOO_LATE.sub("", log.read_text())


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where the process says that its pages are, once they are there."""
    while process.poll() is None:
        found = re.search(r"pages at (http://\S+)", log.read_text())
        if found:
            return found[1]
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    raise RuntimeError(log.read_text())


@pytest.fixture
def database(site: Site) -> Iterator[Session]:
    """Session on the site's database."""
    with session_factory(site.engine)() as session:
        yield session


@pytest.fixture
def browser_context_args(browser_context_args: dict) -> dict:
    """No page is answered from what was seen before, but where a test is about that."""
    return {**browser_context_args, "service_workers": "block"}


@pytest.fixture
def allowed_errors() -> list[str]:
    """Words of console errors that a test expects; it adds them."""
    return []


@pytest.fixture(autouse=True)
def guard(context: BrowserContext, allowed_errors: list[str]) -> Iterator[None]:
    """Abort every request that leaves this machine, and fail for it; fail for page errors."""
    left: list[str] = []
    errors: list[str] = []
    context.route(
        lambda url: (
            not url.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "blob:"))
        ),
        lambda route: (left.append(route.request.url), route.abort()),
    )
    context.on(
        "console",
        lambda message: errors.append(message.text) if message.type == "error" else None,
    )
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield
    assert left == []
    assert [item for item in errors if not any(word in item for word in allowed_errors)] == []


@contextmanager
def only_watched(context: BrowserContext) -> Iterator[None]:
    """Fail for requests that leave this machine without coming between: for tests of caches."""
    left: list[str] = []
    context.on(
        "request",
        lambda said: None if said.url.startswith("http://127.0.0.1:") else left.append(said.url),
    )
    yield
    assert left == []


LogIn = Callable[[Role], None]


@pytest.fixture
def log_in(context: BrowserContext, site: Site, database: Session) -> LogIn:
    """Lets the browser be somebody of a role, without the form."""

    def enter(role: Role) -> None:
        value = open_session(database, database.get_one(Person, site.people[role]))
        context.add_cookies([{"name": "toom_session", "value": value, "url": site.url}])

    return enter


@pytest.fixture
def observer(log_in: LogIn, page: Page) -> Page:
    """A page of an observer."""
    log_in(Role.OBSERVER)
    return page


@pytest.fixture
def approver(log_in: LogIn, page: Page) -> Page:
    """A page of an approver."""
    log_in(Role.APPROVER)
    return page


@pytest.fixture
def silent_robot(database: Session) -> Iterator[None]:
    """ZTF's robot was last heard of hours ago."""
    held = database.get_one(RobotQueue, "ZTF")
    seen_at, held.seen_at = held.seen_at, now() - timedelta(hours=3)
    database.commit()
    yield
    held.seen_at = seen_at
    database.commit()
