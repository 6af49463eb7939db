"""Submission: sent once, asked about when unclear, withdrawn on retraction."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest
from astropy import units as u
from astropy.time import Time
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from planners.files.plan_files import plan_to_json
from telescopes.protocols.http import HTTPTransport
from telescopes.simulators.clock import SimulatedClock
from telescopes.simulators.faults import Fault, FaultKind
from telescopes.simulators.ztf import serve
from telescopes.ztf.queue import ZTFQueue
from telescopes.ztf.scheduler import TunnelledScheduler
from tests.telescopes.plans import make_plan
from tests.too_marshal.clocks import MIDNIGHT, later
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization
from too_marshal.db.notices import ReceivedNotice
from too_marshal.db.observing.plans import Plan, PlannedExposureRow, PlanState
from too_marshal.db.observing.queues import (
    KILL_SWITCH,
    OVER,
    Submission,
    SubmissionState,
    Switch,
)
from too_marshal.db.states import ForbiddenChange
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.robots_file import Robot
from too_marshal.workflows.submissions import approve as approval
from too_marshal.workflows.submissions.approve import SubmissionForbidden, approve
from too_marshal.workflows.submissions.submit import submit
from too_marshal.workflows.submissions.withdraw import (
    withdraw_by_person,
    withdraw_event,
    withdraw_submission,
)

START = MIDNIGHT - 3 * u.h
"""Dark at Palomar, and to come: a plan in the past is refused."""

pytestmark = pytest.mark.usefixtures("evening")

numbers = itertools.count(1)


class SimulatedRobots(Robots):
    """One ZTF whose transport gives up after two seconds, so that silence is soon noticed."""

    def __init__(self, url: str, *, is_simulated: bool = True) -> None:
        super().__init__({"ZTF": Robot({"url": url}, is_simulated, "Caltech", "A. Tester")})
        self._url = url

    def queue(self, telescope: str) -> ZTFQueue:
        assert telescope == "ZTF"
        transport = HTTPTransport(self._url, timeout=2 * u.s, deadline=4 * u.s)
        return ZTFQueue(TunnelledScheduler(transport), None, lambda: Time(now()))


@pytest.fixture
def robot() -> Iterator[SimpleNamespace]:
    clock = SimulatedClock(START.mjd - 0.1, wall=lambda: 0.0)
    with serve(clock=clock) as (server, simulator):
        yield SimpleNamespace(
            server=server,
            simulator=simulator,
            clock=clock,
            robots=SimulatedRobots(server.url),
            fail=lambda kind, **how: server.faults.add(Fault(kind, **how)),
            names=lambda: sorted(
                {
                    item.request_name
                    for item in SimulatedRobots(server.url).queue("ZTF").queued()
                    if item.name.startswith("ToO")
                }
            ),
        )


def add_plan(session: Session, filters: str = "gr", **event) -> Plan:
    number = next(numbers)
    row = Event(stream="lvk", key=f"S2611{number}", name=f"S2611{number}", **event)
    notice = ReceivedNotice(sha256=f"{number:064}", payload=b"", channel="api")
    session.add_all([row, notice])
    session.flush()
    localization = Localization(
        event_id=row.id, notice_id=notice.id, order=[number], kind="circle", description={},
        state="ready",
    )  # fmt: skip
    session.add(localization)
    session.flush()
    made = make_plan(3, filters, start=START)
    plan = Plan(
        event_id=row.id, localization_id=localization.id, telescope="ZTF", planner="greedy",
        request={},
        state=PlanState.READY, document=plan_to_json(made), statistics={},
    )  # fmt: skip
    plan.exposures = [
        PlannedExposureRow(
            number=index, field_id=item.field_id, ra=item.ra.deg, dec=item.dec.deg, hpx29=0,
            filter=item.filter, start=item.start.to_datetime(timezone=UTC), exposure_time=30.0,
            airmass=1.0, probability=0.1,
        )
        for index, item in enumerate(made.exposures)
    ]  # fmt: skip
    session.add(plan)
    session.commit()
    return plan


def approved(session: Session, robot, plan: Plan | None = None) -> Submission:
    plan = plan or add_plan(session)
    return approve(session, robot.robots, plan.id, by="ann", idempotency_key=f"key-{plan.id}")


def state(session: Session, submission: Submission) -> str:
    session.refresh(submission)
    return str(submission.state)


def test_an_approved_plan_arrives_once(session, robot):
    submission = approved(session, robot)
    submit(session, robot.robots, submission.id)
    assert state(session, submission) == "accepted"
    assert robot.names() == [submission.queue_name]
    assert '"ToO_' in submission.request, "the message is kept word for word"
    assert "201" in submission.answer
    for _ in range(3):
        submit(session, robot.robots, submission.id)
    assert robot.names() == [submission.queue_name]


def test_the_same_key_is_the_same_submission(session, robot):
    plan = add_plan(session)
    first = approve(session, robot.robots, plan.id, by="ann", idempotency_key="k1")
    again = approve(session, robot.robots, plan.id, by="ann", idempotency_key="k1")
    assert again.id == first.id
    with pytest.raises(SubmissionForbidden, match="another plan"):
        approve(session, robot.robots, add_plan(session).id, by="ann", idempotency_key="k1")


def test_a_plan_is_live_only_once_whatever_the_key(session, robot):
    plan = add_plan(session)
    first = approve(session, robot.robots, plan.id, by="ann", idempotency_key="k1")
    other = approve(session, robot.robots, plan.id, by="bob", idempotency_key="k2")
    assert other.id == first.id
    assert session.scalar(select(func.count(Submission.id))) == 1


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"is_retracted": True}, "retracted"),
        ({"is_test": True}, "test event"),
    ],
)
def test_what_may_not_be_sent(session, robot, event, words):
    plan = add_plan(session, **event)
    real = SimulatedRobots(robot.server.url, is_simulated=False)
    with pytest.raises(SubmissionForbidden, match=words):
        approve(session, real, plan.id, by="ann", idempotency_key="k")
    assert session.scalar(select(func.count(Submission.id))) == 0


def test_a_test_event_may_go_to_a_simulator(session, robot):
    assert approved(session, robot, add_plan(session, is_test=True)).state == "approved"


def test_the_switch_stops_what_is_approved_and_what_waits(session, robot):
    waiting = approved(session, robot)
    session.add(Switch(name=KILL_SWITCH, is_on=True, changed_by="ann"))
    session.commit()
    with pytest.raises(SubmissionForbidden, match="stopped"):
        approved(session, robot)
    submit(session, robot.robots, waiting.id)
    assert state(session, waiting) == "withdrawn"
    assert robot.names() == []


def test_a_plan_in_the_past_is_refused(session, robot, monkeypatch):
    plan = add_plan(session)
    monkeypatch.setattr(approval, "now", lambda: datetime(2028, 1, 1, tzinfo=UTC))
    with pytest.raises(SubmissionForbidden, match="past"):
        approve(session, robot.robots, plan.id, by="ann", idempotency_key="k")


def test_a_refusal_is_final_and_told_in_the_robots_words(session, robot):
    robot.fail(FaultKind.STATUS, method="PUT", status=400, body="bad subprogram", count=None)
    submission = approved(session, robot)
    submit(session, robot.robots, submission.id)
    assert state(session, submission) == "refused"
    assert "bad subprogram" in submission.reason
    submit(session, robot.robots, submission.id)
    assert robot.names() == []


def test_an_unreachable_robot_is_tried_again(session):
    robots = SimulatedRobots("http://127.0.0.1:9")
    submission = approve(session, robots, add_plan(session).id, by="ann", idempotency_key="k")
    submit(session, robots, submission.id)
    assert state(session, submission) == "approved"
    with serve(clock=SimulatedClock(START.mjd - 0.1, wall=lambda: 0.0)) as (server, _):
        submit(session, SimulatedRobots(server.url), submission.id)
    assert state(session, submission) == "accepted"


@pytest.mark.parametrize("kind", [FaultKind.ACCEPT_THEN_HANG, FaultKind.ACCEPT_THEN_RESET])
def test_what_may_have_arrived_is_asked_about(session, robot, kind):
    robot.fail(kind, method="PUT")
    submission = approved(session, robot, add_plan(session, filters="g"))
    submit(session, robot.robots, submission.id)
    assert state(session, submission) == "unconfirmed"
    robot.server.faults.clear()
    submit(session, robot.robots, submission.id)
    assert state(session, submission) == "accepted"
    assert robot.names() == [submission.queue_name]


def test_what_never_arrived_is_sent_again_once_that_is_certain(session, robot):
    robot.fail(FaultKind.HANG, method="PUT")
    submission = approved(session, robot)
    submit(session, robot.robots, submission.id)
    assert state(session, submission) == "unconfirmed"
    robot.server.faults.clear()
    submit(session, robot.robots, submission.id)
    with later(seconds=89):
        submit(session, robot.robots, submission.id)
        assert state(session, submission) == "unconfirmed", "one absence is not believed"
    with later(seconds=92):
        submit(session, robot.robots, submission.id)
        assert state(session, submission) == "approved"
        assert "did not arrive" in submission.reason
        submit(session, robot.robots, submission.id)
    assert state(session, submission) == "accepted"
    assert submission.attempts == 2
    assert robot.names() == [submission.queue_name]


def test_what_never_arrived_is_refused_where_a_name_is_no_protection(session, robot, monkeypatch):
    monkeypatch.setattr(ZTFQueue, "resends_by_name", False)
    robot.fail(FaultKind.HANG, method="PUT")
    submission = approved(session, robot)
    submit(session, robot.robots, submission.id)
    robot.server.faults.clear()
    submit(session, robot.robots, submission.id)
    with later(seconds=92):
        submit(session, robot.robots, submission.id)
    assert state(session, submission) == "refused"
    assert "did not arrive" in submission.reason
    assert robot.names() == []


def test_half_a_list_is_not_taken_for_the_whole(session, robot):
    robot.fail(FaultKind.HALF, method="PUT")
    submission = approved(session, robot)
    submit(session, robot.robots, submission.id)
    assert state(session, submission) == "unconfirmed"
    submit(session, robot.robots, submission.id)
    assert state(session, submission) == "unconfirmed"
    assert "a person must look" in submission.reason


def test_a_death_while_sending_leaves_it_unconfirmed(session, robot):
    submission = approved(session, robot)
    submission.change(SubmissionState.SUBMITTING)
    session.commit()
    submit(session, robot.robots, submission.id)
    assert state(session, submission) == "unconfirmed"


def test_a_retraction_empties_the_robot(session, robot):
    sent, waiting = approved(session, robot), approved(session, robot)
    submit(session, robot.robots, sent.id)
    for submission in (sent, waiting):
        event = session.get_one(Event, submission.plan.event_id)
        event.is_retracted = True
        session.commit()
        withdraw_event(session, event.id)
    assert state(session, waiting) == "withdrawn"
    withdraw_submission(session, robot.robots, sent.id)
    assert state(session, sent) == "withdrawn"
    assert robot.names() == []
    submit(session, robot.robots, waiting.id)
    assert robot.names() == [], "nothing is sent after a retraction"


def test_a_retraction_while_the_robot_is_silent_is_not_forgotten(session, robot):
    submission = approved(session, robot)
    submit(session, robot.robots, submission.id)
    withdraw_by_person(session, submission.id, by="ann")
    robot.fail(FaultKind.HANG, method="DELETE")
    withdraw_submission(session, robot.robots, submission.id)
    assert state(session, submission) == "accepted"
    assert "not yet withdrawn" in submission.reason
    robot.server.faults.clear()
    withdraw_submission(session, robot.robots, submission.id)
    assert state(session, submission) == "withdrawn"
    assert robot.names() == []


def test_no_state_is_left_for_a_forbidden_one():
    rng = np.random.default_rng(1)
    for _ in range(200):
        submission = Submission(state=SubmissionState.APPROVED)
        for wanted in rng.permutation(list(SubmissionState)):
            before = submission.state
            try:
                submission.change(SubmissionState(wanted))
            except ForbiddenChange:
                assert submission.state == before
            if before in OVER:
                assert submission.state in {before, "accepted"}, "over, unless the robot holds it"
