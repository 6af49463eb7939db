"""A retraction while two telescopes are at it: a real worker empties both robots.

It prints how soon, which is a matter of the machine. The worker, the robots file and the robots'
servers are the real ones and their simulators.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from astropy import units as u
from astropy.time import Time
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from telescopes.simulators.clock import SimulatedClock
from telescopes.simulators.drop import ACCOUNT, PASSWORD, DropServer, running_drop
from telescopes.simulators.ztf import serve
from tests.telescopes.drop_bench import HOST_KEY
from tests.too_marshal import alerts, clocks
from tests.too_marshal.fleet import Fleet, count
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization
from too_marshal.db.observing.exposures import Exposure
from too_marshal.db.observing.plans import Plan, PlanRule, PlanState
from too_marshal.db.observing.queues import LIVE, Submission
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.robots_file import read_robots
from too_marshal.deployment.settings import Settings
from too_marshal.workflows.intake.ingest import Message, ingest
from too_marshal.workflows.localizations.localize import localize
from too_marshal.workflows.planning.plan import ask_for_plan, compute
from too_marshal.workflows.submissions.approve import SubmissionForbidden, approve
from too_marshal.workflows.submissions.submit import submit
from too_marshal.workflows.submissions.track import track

PATIENCE = 600.0
"""A guard against hanging, s. On a loaded machine a worker's imports alone take a minute."""


def coming_midnight() -> Time:
    """Of Palomar, at least two hours from now by the true clock: a worker has no other."""
    at = datetime.now(UTC) + timedelta(hours=2)
    eight = at.replace(hour=8, minute=0, second=0, microsecond=0)
    return Time(eight if eight > at else eight + timedelta(days=1))


MIDNIGHT = coming_midnight()
# By the sidereal day: astropy's own knows the rotation of the Earth for a year ahead only.
RA = (clocks.RA + 360.98564736629 * (MIDNIGHT - clocks.MIDNIGHT).to_value(u.day)) % 360

IDLE = """SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')
 AND task_name NOT IN ('rescue', 'interpret_waiting', 'draw', 'work_out_curve')"""

TABLES = """
[ZTF]
url = "{url}"
program = "Caltech"
pi = "T"
simulated = true

[Gattini]
host = "127.0.0.1"
port = {port}
username = "{account}"
password_env = "DROP_PASSWORD"
host_key = "{host_key}"
directory = "too"
program = "Caltech"
pi = "T"
simulated = true
"""


def wait_for(what: Callable[[], bool]) -> float:
    """Seconds until it is so."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < PATIENCE, "it never happens"
        time.sleep(0.05)
    return time.monotonic() - began


@pytest.fixture
def robots(tmp_path, monkeypatch) -> Iterator[SimpleNamespace]:
    """A ZTF whose night runs on, a drop of Gattini's, and the file that leads to both."""
    folder = tmp_path / "drop" / "too"
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        drop = stack.enter_context(running_drop(DropServer(folder.parent, HOST_KEY)))
        clock = SimulatedClock((MIDNIGHT - 1.5 * u.h).mjd, wall=lambda: 0.0)
        server, _ = stack.enter_context(serve(clock=clock))
        path = tmp_path / "robots.toml"
        path.write_text(
            TABLES.format(url=server.url, port=drop.port, account=ACCOUNT, host_key=drop.known_host)
        )
        monkeypatch.setenv("DROP_PASSWORD", PASSWORD)
        yield SimpleNamespace(
            path=path, clock=clock, folder=folder, robots=Robots(read_robots(path))
        )


@pytest.fixture
def worker(database_url: str, engine: Engine, tmp_path, robots) -> Iterator[Fleet]:
    with engine.begin() as connection:
        # Of telescopes that have no robot here there is nothing to withdraw.
        connection.execute(delete(PlanRule).where(PlanRule.telescope.not_in(["ZTF", "Gattini"])))
    fleet = Fleet(
        {
            **os.environ,
            "TOO_DATABASE_URL": database_url,
            "TOO_DATA_DIR": str(tmp_path),
            "TOO_ROBOTS_FILE": str(robots.path),
            "OMP_NUM_THREADS": "1",
        }
    )
    fleet.add("worker", "work")
    yield fleet
    fleet.stop()


def locate(session: Session) -> Event:
    received = ingest(
        session, Message(alerts.lvk(skymap=alerts.skymap_fits(ra=RA, dec=30.0)), "api")
    )
    localize(session, session.scalars(select(Localization.id)).one())
    return session.get_one(Event, received.event_id)


def send(
    session: Session, robots: Robots, event: Event, telescope: str, *, has_worker: bool = False
) -> Submission:
    """Have a plan made and sent: by the worker where there is one, for two would race."""

    def state_of(row: Plan | Submission) -> str:
        session.commit()
        session.refresh(row)
        return str(row.state)

    name = "J" if telescope == "Gattini" else "g"
    request = {
        "start": (MIDNIGHT - 1 * u.h).isot + "Z", "end": (MIDNIGHT + 1 * u.h).isot + "Z",
        "filters": [name], "exposure_time": 30.0, "minimum_gap": 1800.0,
        "airmass_limit": 2.5, "sun_altitude": -18.0, "moon_separation": 0.0,
    }  # fmt: skip
    plan = ask_for_plan(
        session, event, telescope=telescope, planner="greedy", program="", request=request,
        author="ann",
    )  # fmt: skip
    if has_worker:
        wait_for(lambda: state_of(plan) != PlanState.COMPUTING)
    else:
        compute(session, plan.id)
    assert state_of(plan) == PlanState.READY, plan.remark
    submission = approve(session, robots, plan.id, by="ann", idempotency_key=telescope)
    if has_worker:
        wait_for(lambda: state_of(submission) not in {"approved", "submitting"})
    else:
        submit(session, robots, submission.id)
    assert state_of(submission) == "accepted", submission.reason
    return submission


@pytest.mark.usefixtures("worker")
def test_everything_is_withdrawn_and_nothing_follows(session: Session, engine: Engine, robots):
    event = locate(session)
    ztf = send(session, robots.robots, event, "ZTF", has_worker=True)
    send(session, robots.robots, event, "Gattini", has_worker=True)
    waiting = ask_for_plan(
        session, event, telescope="ZTF", planner="greedy", program="",
        request=ztf.plan.request, author="ann",
    )  # fmt: skip
    wait_for(lambda: count(engine, IDLE) == 0)
    robots.clock.set((MIDNIGHT - 1 * u.h + 6 * u.min).mjd)
    track(session, robots.robots, "ZTF")
    taken = session.scalar(select(func.count(Exposure.id)))
    assert 3 < taken < len(ztf.plan.exposures), "in the middle of the execution"

    def held() -> list[str]:
        queues = robots.robots.queue("ZTF").queued()
        files = [file.name for file in robots.folder.iterdir()]
        return files + [item.name for item in queues if item.is_too]

    assert len(held()) == 2
    ingest(
        session, Message(alerts.lvk(alert_type="RETRACTION", created="2026-11-22T05:00:00Z"), "api")
    )
    seconds = wait_for(lambda: not held())
    print(f"both robots are empty {seconds:.2f} s after the retraction")
    # An older notice, delayed on its way, comes after the retraction.
    late = alerts.lvk(
        created="2026-11-22T04:00:00Z", skymap=alerts.skymap_fits(ra=RA + 3, dec=31.0)
    )
    ingest(session, Message(late, "api"))
    wait_for(lambda: count(engine, IDLE) == 0)
    session.expire_all()
    assert event.is_retracted
    assert held() == []
    assert session.scalars(select(Submission).where(Submission.state.in_(LIVE))).all() == []
    assert session.scalar(select(func.count(Submission.id))) == 2
    assert session.scalar(select(func.count(Exposure.id))) >= taken
    for plan in session.scalars(select(Plan)).all():
        with pytest.raises(SubmissionForbidden, match=r"retracted|not ready"):
            approve(session, robots.robots, plan.id, by="ann", idempotency_key=f"k{plan.id}")
    assert waiting.event.is_retracted


def test_the_file_of_this_test_is_what_a_deployment_reads(robots):
    settings = Settings.from_environ({"TOO_ROBOTS_FILE": str(robots.path)})
    assert Robots.from_settings(settings).names() == ["Gattini", "ZTF"]
