"""From a notice to a circular draft, each step as its job takes it, against a stepped robot."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.time import Time
from sqlalchemy import func, select

from telescopes.simulators.clock import SimulatedClock
from telescopes.simulators.ztf import serve
from tests.too_marshal import alerts
from tests.too_marshal.clocks import RA, later
from too_marshal.db.circulars import CircularDraft
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization, LocalizationState, SkyMapFile
from too_marshal.db.observing.exposures import Coverage, Exposure
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.db.observing.queues import RobotQueue
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.robots_file import Robot
from too_marshal.workflows.circulars.draft import draft
from too_marshal.workflows.circulars.observed import NothingExecuted
from too_marshal.workflows.circulars.request import CircularRequest
from too_marshal.workflows.exposures.records import exposures_of
from too_marshal.workflows.intake.ingest import Message, ingest
from too_marshal.workflows.localizations.localize import load_skymap, localize
from too_marshal.workflows.planning.plan import compute, propose_plans
from too_marshal.workflows.rules.defaults import WITH_ZTF
from too_marshal.workflows.submissions.approve import approve
from too_marshal.workflows.submissions.submit import submit
from too_marshal.workflows.submissions.track import track
from too_marshal.workflows.submissions.withdraw import withdraw_event, withdraw_submission

pytestmark = pytest.mark.usefixtures("evening")


def robots_at(**endpoint: str) -> Robots:
    """A simulated ZTF, and nothing else."""
    return Robots({"ZTF": Robot(endpoint, is_simulated=True, program="Caltech", pi="T")})


@pytest.fixture
def located(session):
    """A significant event whose map is ready."""
    received = ingest(
        session, Message(alerts.lvk(skymap=alerts.skymap_fits(ra=RA, dec=35.0)), "api")
    )
    localization = session.scalars(select(Localization)).one()
    localize(session, localization.id)
    session.refresh(localization)
    return SimpleNamespace(
        event=session.get_one(Event, received.event_id), localization=localization
    )


def test_a_map_is_stored_once_and_becomes_current(session, located):
    assert located.localization.state == LocalizationState.READY
    assert located.event.current_localization_id == located.localization.id
    file = located.localization.sky_map
    # A Gaussian of 5 deg: 2 pi sigma^2 ln 2 and ln 10, on the flat sky.
    assert file.area_50 == pytest.approx(2 * np.pi * 25 * np.log(2), rel=0.05)
    assert file.area_90 == pytest.approx(2 * np.pi * 25 * np.log(10), rel=0.05)
    assert file.contours["type"] == "FeatureCollection"
    assert load_skymap(session, located.localization).area(0.9).value == pytest.approx(file.area_90)
    again = ingest(
        session,
        Message(
            alerts.lvk(created="2026-11-22T03:10:00Z", skymap=alerts.skymap_fits(ra=RA, dec=35.0)),
            "api",
        ),
    )
    second = session.scalars(
        select(Localization).where(Localization.id != located.localization.id)
    ).one()
    localize(session, second.id)
    session.refresh(located.event)
    assert again.event_id == located.event.id
    assert located.event.current_localization_id == second.id
    assert session.scalar(select(func.count(SkyMapFile.sha256))) == 1


def test_an_older_map_that_comes_late_does_not_become_current(session, located):
    ingest(
        session,
        Message(alerts.lvk(alert_type="EARLYWARNING", created="2026-11-22T02:59:50Z"), "api"),
    )
    older = session.scalars(
        select(Localization).where(Localization.id != located.localization.id)
    ).one()
    localize(session, older.id)
    session.refresh(located.event)
    assert older.state == LocalizationState.READY
    assert located.event.current_localization_id == located.localization.id


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda good: good[: len(good) // 2], "truncated"),
        (lambda _good: b"<html>not found</html>", "FITS"),
        (lambda good: _with_density(good, np.nan, slice(None)), "NaN"),
        (lambda good: _with_density(good, -1.0, 7), "negative"),
    ],
    ids=["truncated", "a web page", "NaN", "negative"],
)
def test_a_bad_map_is_refused_by_the_name_of_its_fault(session, spoil, words):
    bad = spoil(alerts.skymap_fits())
    received = ingest(session, Message(alerts.lvk(skymap=bad), "api"))
    localization = session.scalars(select(Localization)).one()
    localize(session, localization.id)
    session.refresh(localization)
    assert localization.state == LocalizationState.REFUSED
    assert words.lower() in localization.reason.lower()
    event = session.get_one(Event, received.event_id)
    assert event.current_localization_id is None, "the event is there, without a map"


def test_a_map_with_one_cell_without_data_is_read_and_says_so(session):
    spoiled = _with_density(alerts.skymap_fits(), np.nan, 7)
    ingest(session, Message(alerts.lvk(skymap=spoiled), "api"))
    localization = session.scalars(select(Localization)).one()
    localize(session, localization.id)
    session.refresh(localization)
    assert localization.state == LocalizationState.READY
    (flag,) = localization.sky_map.flags
    assert flag.startswith("1 cell holds no data")


def _with_density(good: bytes, value: float, cells: int | slice) -> bytes:
    import io  # noqa: PLC0415

    from astropy.io import fits  # noqa: PLC0415

    with fits.open(io.BytesIO(good)) as hdus:
        hdus[1].data["PROBDENSITY"][cells] = value
        out = io.BytesIO()
        hdus.writeto(out)
    return out.getvalue()


def tracked(session, robots, submission) -> str:
    track(session, robots, "ZTF")
    session.refresh(submission)
    return str(submission.state)


def test_from_the_notice_to_the_circular(session, located):
    propose_plans(session, located.localization.id)
    propose_plans(session, located.localization.id)
    # Two rules for ZTF apply, and the job came twice: still one plan a telescope.
    telescopes = session.scalars(select(Plan.telescope)).all()
    assert sorted(telescopes) == sorted({"ZTF", *(name for name, *_ in WITH_ZTF)})
    plan = session.scalars(select(Plan).where(Plan.telescope == "ZTF")).one()
    compute(session, plan.id)
    session.refresh(plan)
    assert plan.state == PlanState.READY, plan.remark
    assert 0.5 < plan.statistics["probability_all_filters"] <= 1
    assert plan.exposures[0].start < plan.exposures[-1].start

    first = Time(plan.exposures[0].start)
    wall = SimpleNamespace(seconds=0.0)
    clock = SimulatedClock(first.mjd - 0.01, wall=lambda: wall.seconds)
    with serve(clock=clock, quadrant_failures=0.05, processing_latency=60.0) as (server, _):
        robots = robots_at(url=server.url, depot_url=f"{server.url}/depot")
        submission = approve(session, robots, plan.id, by="ann", idempotency_key="k")
        submit(session, robots, submission.id)
        track(session, robots, "ZTF")
        session.refresh(submission)
        assert submission.state == "accepted"
        with pytest.raises(NothingExecuted):
            draft(session, located.event.id, CircularRequest(telescopes=["ZTF"]), author="ann")

        wall.seconds += timedelta(minutes=45).total_seconds()
        track(session, robots, "ZTF")
        session.refresh(submission)
        assert submission.state == "executing"
        early = session.get_one(Coverage, (located.localization.id, "ZTF"))
        assert 0 < early.probability < 1
        seen = early.exposures

        # Until the window has closed, a day after the last exposure at the latest.
        last = plan.exposures[-1].start - plan.exposures[0].start
        wall.seconds += (last + timedelta(days=1)).total_seconds()
        assert tracked(session, robots, submission) == "executing", "one list is not believed"
        with later(seconds=100):
            assert tracked(session, robots, submission) == "done"
        late = session.get_one(Coverage, (located.localization.id, "ZTF"), populate_existing=True)
        assert late.exposures > seen
        assert late.probability >= late.probability_twice > 0
        # Failed quadrants are not counted: no more than was planned, within the cells' accuracy.
        assert late.probability < plan.statistics["probability"] + 0.005
        assert session.get_one(RobotQueue, "ZTF").error == ""

    rows = exposures_of(session, located.event.id)
    assert len(rows) == session.scalar(select(func.count(Exposure.id)))
    track_again = len(rows)
    circular = draft(session, located.event.id, CircularRequest(telescopes=["ZTF"]), author="ann")
    assert f"We obtained {track_again} images" in " ".join(circular.body.split())
    assert f"{100 * late.probability:.1f} %" in " ".join(circular.body.split())
    assert circular.facts["telescopes"][0]["images"] == track_again
    assert session.scalar(select(func.count(CircularDraft.id))) == 1


def test_a_silent_robot_leaves_the_last_good_copy(session):
    with serve(clock=SimulatedClock(61101.0, wall=lambda: 0.0)) as (server, _):
        robots = Robots(
            {"ZTF": Robot({"url": server.url}, is_simulated=True, program="Caltech", pi="T")}
        )
        track(session, robots, "ZTF")
    seen = session.get_one(RobotQueue, "ZTF").seen_at
    track(session, robots, "ZTF")
    row = session.get_one(RobotQueue, "ZTF", populate_existing=True)
    assert row.seen_at == seen
    assert row.error
    assert row.tried_at > seen


def test_a_retraction_during_execution_keeps_what_was_done_and_ends_the_rest(session, located):
    propose_plans(session, located.localization.id)
    plan = session.scalars(select(Plan).where(Plan.telescope == "ZTF")).one()
    planned = session.scalar(select(func.count(Plan.id)))
    compute(session, plan.id)
    wall = SimpleNamespace(seconds=0.0)
    clock = SimulatedClock(Time(plan.exposures[0].start).mjd - 0.01, wall=lambda: wall.seconds)
    with serve(clock=clock) as (server, _):
        robots = Robots(
            {"ZTF": Robot({"url": server.url}, is_simulated=True, program="Caltech", pi="T")}
        )
        submission = approve(session, robots, plan.id, by="ann", idempotency_key="k")
        submit(session, robots, submission.id)
        wall.seconds += 1800
        track(session, robots, "ZTF")
        before = session.scalar(select(func.count(Exposure.id)))
        assert before > 0
        ingest(
            session,
            Message(alerts.lvk(alert_type="RETRACTION", created="2026-11-22T09:00:00Z"), "api"),
        )
        withdraw_event(session, located.event.id)
        withdraw_submission(session, robots, submission.id)
        wall.seconds += 3600
        track(session, robots, "ZTF")
        after = session.scalar(select(func.count(Exposure.id)))
        session.refresh(submission)
        assert submission.state == "withdrawn"
        assert before <= after <= before + 1, "at most the exposure that was under way"
        # An older notice that arrives late plans nothing.
        ingest(session, Message(alerts.lvk(created="2026-11-22T03:05:00Z"), "api"))
        localization = session.scalars(
            select(Localization).order_by(Localization.id.desc())
        ).first()
        localize(session, localization.id)
        propose_plans(session, localization.id)
        assert session.scalar(select(func.count(Plan.id))) == planned
