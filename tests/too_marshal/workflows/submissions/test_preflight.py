"""A plan is held against the robot's live queue and its night's budget before it is sent."""

from __future__ import annotations

import pytest
from astropy import units as u
from astropy.time import Time
from sqlalchemy import select

from telescopes import TELESCOPES
from telescopes.simulators.faults import FaultKind
from tests.telescopes.plans import make_plan
from tests.too_marshal.workflows.submissions.test_submit import (
    START,
    SimulatedRobots,
    add_plan,
    robot,
)
from too_marshal.db.events import Activity
from too_marshal.db.observing.preflights import ERROR, WARNING
from too_marshal.db.observing.queues import SubmissionState
from too_marshal.deployment.logs import keep_secret
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.robots_file import Robot
from too_marshal.workflows.submissions.approve import approve, queue_name
from too_marshal.workflows.submissions.budget import night_of
from too_marshal.workflows.submissions.check import ask_for_preflight
from too_marshal.workflows.submissions.preflight import examine, preflight
from too_marshal.workflows.submissions.submit import submit

__all__ = ["robot"]

pytestmark = pytest.mark.usefixtures("evening")


def words(findings: list[dict[str, str]], level: str) -> str:
    return "; ".join(item["words"] for item in findings if item["level"] == level)


def test_a_free_queue_forbids_nothing_and_is_told_on_the_timeline(session, robot):
    plan = add_plan(session)
    asked = ask_for_preflight(session, plan, by="ann")
    preflight(session, robot.robots, asked.id)
    session.refresh(asked)
    assert asked.done_at is not None
    assert asked.messages(ERROR) == []
    assert any("is free" in item["words"] for item in asked.findings)
    line = session.scalars(select(Activity).where(Activity.subject == "preflight")).one()
    assert line.event_id == plan.event_id
    done_at = asked.done_at
    preflight(session, robot.robots, asked.id)
    session.refresh(asked)
    assert asked.done_at == done_at, "what is done is not done again"


def test_the_name_that_is_checked_is_the_one_that_is_sent_and_no_other_has_it(session, robot):
    plan = add_plan(session)
    checked = [words([finding], "note") for finding in examine(session, robot.robots, plan)]
    sent = approve(session, robot.robots, plan.id, by="ann", idempotency_key="a")
    assert any(f"the name {sent.queue_name} " in text for text in checked)
    assert queue_name(session, plan) != sent.queue_name
    assert queue_name(session, add_plan(session))[-6:] != sent.queue_name[-6:]


def test_another_target_of_opportunity_in_the_queue_is_a_warning(session, robot):
    queue = robot.robots.queue("ZTF")
    theirs = queue.prepare(make_plan(4, start=START), "ToO_theirs", "Caltech", "B. Other")
    queue.submit(theirs)
    findings = examine(session, robot.robots, add_plan(session))
    assert "ToO_theirs" in words(findings, WARNING)


def test_a_silent_robot_is_said_and_its_credentials_are_not(session, robot):
    keep_secret("t0ken-of-the-robot")
    robot.fail(FaultKind.STATUS, method="GET", status=503, body="t0ken-of-the-robot", count=None)
    findings = examine(session, robot.robots, add_plan(session))
    assert "cannot be reached" in words(findings, WARNING)
    assert "t0ken-of-the-robot" not in str(findings)


@pytest.fixture
def budgeted(robot):
    """Robots whose nights have room for two of the plans of these tests."""

    class Budgeted(SimulatedRobots):
        def __init__(self) -> None:
            super().__init__(robot.server.url)
            Robots.__init__(
                self,
                {"ZTF": Robot({}, True, "Caltech", "A. Tester", nightly_budget=250 * u.s)},  # noqa: FBT003
            )

    return Budgeted()


def plan_of_seconds(session, seconds: float, start: Time = START):
    plan = add_plan(session)
    plan.statistics = {"start": start.isot + "Z", "total_time": seconds}
    session.commit()
    return plan


def test_the_budget_of_the_night_counts_what_was_asked_for(session, budgeted):
    first, second = (plan_of_seconds(session, 100) for _ in range(2))
    note = words(examine(session, budgeted, first), "note")
    assert "0.03 h; 0.07 h of the budget of its night is left" in note
    for plan in (first, second):
        approve(session, budgeted, plan.id, by="ann", idempotency_key=f"k{plan.id}")
    third = plan_of_seconds(session, 100)
    assert "0.01 h of the budget" in words(examine(session, budgeted, third), WARNING)
    tomorrow = plan_of_seconds(session, 100, START + 1 * u.day)
    assert "budget" in words(examine(session, budgeted, tomorrow), "note")


@pytest.mark.parametrize("state", [SubmissionState.REFUSED, SubmissionState.WITHDRAWN])
def test_what_was_never_taken_costs_nothing(session, budgeted, state):
    plan = plan_of_seconds(session, 240)
    submission = approve(session, budgeted, plan.id, by="ann", idempotency_key="k")
    submission.change(state)
    session.commit()
    findings = examine(session, budgeted, plan_of_seconds(session, 240))
    assert "budget" not in words(findings, WARNING)


def test_a_night_changes_at_noon_of_the_site():
    telescope = TELESCOPES["ZTF"]  # 116.9 deg west: mean noon is 19:47 UTC
    night = night_of(telescope, Time("2027-03-02T05:00:00"))
    assert night_of(telescope, Time("2027-03-01T20:00:00")) == night
    assert night_of(telescope, Time("2027-03-02T19:40:00")) == night
    assert night_of(telescope, Time("2027-03-02T20:00:00")) == night + 1


def test_what_was_checked_can_be_sent(session, robot):
    plan = add_plan(session)
    assert words(examine(session, robot.robots, plan), ERROR) == ""
    submission = approve(session, robot.robots, plan.id, by="ann", idempotency_key="k")
    submit(session, robot.robots, submission.id)
    session.refresh(submission)
    assert submission.state == SubmissionState.ACCEPTED
