"""A drill goes the whole way, and reaches nothing that is real."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.clocks import later
from tests.too_marshal.workflows.alarms.conftest import (
    Recorder,
    person_with_contact,
    send_all,
)
from too_marshal.db.accounts.people import Person
from too_marshal.db.alarms import Alarm
from too_marshal.db.drills import Drill
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization
from too_marshal.db.notices import ReceivedNotice
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import Submission
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.robots_file import read_robot
from too_marshal.workflows.alarms.escalate import acknowledge_alarm, escalate
from too_marshal.workflows.alarms.send import Desk
from too_marshal.workflows.alarms.tell import tell_listeners
from too_marshal.workflows.drills import run
from too_marshal.workflows.drills.begin import DrillGoesOn, begin_drill, start_drill
from too_marshal.workflows.drills.report import report_of
from too_marshal.workflows.drills.run import run_drill
from too_marshal.workflows.exposures.treasure_map_export import is_shared
from too_marshal.workflows.localizations.localize import localize
from too_marshal.workflows.planning.plan import compute
from too_marshal.workflows.rehearse import moments
from too_marshal.workflows.submissions.approve import blocker


@pytest.fixture(autouse=True)
def any_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The best of four moments takes four plans; what it is is tested with the rehearsal."""
    monkeypatch.setattr(run, "best_moment", lambda before: moments(before)[0])


@pytest.fixture
def sender() -> Recorder:
    return Recorder()


@pytest.fixture
def desk(sender: Recorder) -> Desk:
    real = read_robot("a test", "ZTF", {"url": "http://127.0.0.1:9", "program": "p", "pi": "P. I."})
    return Desk({"email": sender}, Robots({"ZTF": real}), "a secret key", "https://too.example.org")


def as_workers(session: Session, desk: Desk, drill: Drill) -> Drill:
    """Take one look, and do what workers do that find the jobs which it asked for."""
    run_drill(session, desk, drill.id)
    for row in session.scalars(select(Localization).where(Localization.state == "pending")):
        localize(session, row.id)
    for plan in session.scalars(select(Plan).where(Plan.state == "computing")):
        compute(session, plan.id)
    for alarm in session.scalars(select(Alarm)):
        escalate(session, desk, alarm.id, alarm.step)
    event = session.scalars(select(Event)).one_or_none()
    if event is not None:
        tell_listeners(session, event.id)
    send_all(session, desk)
    return session.get_one(Drill, drill.id, populate_existing=True)


@pytest.fixture
def ann(session: Session) -> Person:
    return person_with_contact(session, "ann")


@pytest.mark.usefixtures("ann")
def test_every_step_is_taken_and_timed(session: Session, desk: Desk, sender: Recorder):
    drill = begin_drill(session, by="root", wakes=True)
    with pytest.raises(DrillGoesOn):
        begin_drill(session, by="root", wakes=False)
    for _ in range(4):
        drill = as_workers(session, desk, drill)
    event = session.scalars(select(Event)).one()
    assert (event.stream, event.is_test, event.is_retracted) == ("drill", True, False)
    assert drill.steps["accepted"]["fault"] == ""
    assert {"notice", "map", "plan", "accepted", "withdrawn", "told"} <= drill.steps.keys()
    acknowledge_alarm(session, session.scalars(select(Alarm)).one().id, by="ann", how="key")
    for _ in range(2):
        drill = as_workers(session, desk, drill)
    with later(seconds=15):
        drill = as_workers(session, desk, drill)
    assert (drill.is_good, drill.outcome.partition(",")[0]) == (True, "every step was taken")
    lines = report_of(drill)
    assert all(line.at is not None and not line.fault for line in lines)
    assert next(line.said for line in lines if line.step == "acknowledged") == "ann, by key"
    assert len(session.scalars(select(Plan)).all()) == 1
    assert all(message.subject.startswith("DRILL") for _, message in sender.sent)
    assert "RETRACTED" in sender.sent[-1][1].subject


@pytest.mark.usefixtures("ann")
def test_no_door_to_what_is_real_opens(session: Session, desk: Desk, sender: Recorder):
    drill = begin_drill(session, by="root", wakes=False)
    for _ in range(2):
        drill = as_workers(session, desk, drill)
    event, plan = session.scalars(select(Event)).one(), session.scalars(select(Plan)).one()
    assert "real telescope" in blocker(session, desk.robots, plan)
    assert not is_shared(event)
    assert session.scalars(select(Submission)).all() == []
    assert sender.sent == [], "a drill that wakes nobody tells nobody"
    as_workers(session, desk, drill)
    assert session.scalars(select(Submission)).all() == []


@pytest.mark.usefixtures("ann")
def test_nobody_answers_and_the_drill_says_so(session: Session, desk: Desk):
    drill = begin_drill(session, by="root", wakes=True)
    quick = replace(desk, escalate_after=timedelta(seconds=1))
    for _ in range(4):
        drill = as_workers(session, quick, drill)
    with later(minutes=1):
        for _ in range(3):
            drill = as_workers(session, quick, drill)
    with later(minutes=2):
        drill = as_workers(session, quick, drill)
    assert not drill.is_good
    assert "acknowledged: nobody has" in drill.outcome


def test_where_nobody_can_be_reached_that_is_the_fault(session: Session, desk: Desk):
    drill = begin_drill(session, by="root", wakes=True)
    for _ in range(5):
        drill = as_workers(session, desk, drill)
    with later(minutes=1):
        drill = as_workers(session, desk, drill)
    assert "nobody can be reached" in drill.outcome


def test_a_step_that_was_taken_is_not_taken_again(session: Session, desk: Desk):
    drill = begin_drill(session, by="root", wakes=False)
    run_drill(session, desk, drill.id)
    drill = session.get_one(Drill, drill.id, populate_existing=True)
    # As if it had died between the notice and the note of it.
    drill.event_id = None
    session.commit()
    run_drill(session, desk, drill.id)
    assert len(session.scalars(select(Event)).all()) == 1
    assert len(session.scalars(select(ReceivedNotice)).all()) == 1


def test_a_robot_that_fails_is_found(session: Session, desk: Desk, monkeypatch: pytest.MonkeyPatch):
    def fails(*_: object) -> None:
        raise RuntimeError("it still holds the queue")

    monkeypatch.setattr(run, "exchange", fails)
    drill = begin_drill(session, by="root", wakes=False)
    for _ in range(5):
        drill = as_workers(session, desk, drill)
    with later(minutes=1):
        drill = as_workers(session, desk, drill)
    assert not drill.is_good
    assert "RuntimeError: it still holds the queue" in drill.outcome


@pytest.mark.usefixtures("ann")
def test_a_drill_that_gets_stuck_leaves_no_event_that_stands(session: Session, desk: Desk):
    """As where no worker makes maps: the event would be listed, and people wait for it."""
    drill = begin_drill(session, by="root", wakes=False)
    run_drill(session, desk, drill.id)
    with later(hours=1, seconds=-10):
        run_drill(session, desk, drill.id)
        assert not session.scalars(select(Event)).one().is_retracted
    with later(hours=1, seconds=1):
        run_drill(session, desk, drill.id)
        event = session.scalars(select(Event), execution_options={"populate_existing": True}).one()
        assert event.is_retracted
    with later(hours=1, minutes=1):
        run_drill(session, desk, drill.id)
    drill = session.get_one(Drill, drill.id, populate_existing=True)
    assert drill.ended_at is not None
    assert not drill.is_good
    assert "sky map ready: not reached" in drill.outcome
    assert "it took 61 min" in drill.outcome


def test_a_drill_that_comes_no_further_ends_all_the_same(
    session: Session, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    drill = begin_drill(session, by="root", wakes=False)
    run_drill(session, desk, drill.id)
    monkeypatch.setattr(run, "_go_on", lambda *_: None)
    with later(hours=1, minutes=6):
        run_drill(session, desk, drill.id)
    drill = session.get_one(Drill, drill.id, populate_existing=True)
    assert drill.ended_at is not None
    assert not drill.is_good


def test_the_clock_begins_one_unless_there_is_one(session: Session):
    start_drill(session, by="the clock", wakes=True)
    start_drill(session, by="the clock", wakes=True)
    (drill,) = session.scalars(select(Drill)).all()
    assert (drill.started_by, drill.wakes) == ("the clock", True)
