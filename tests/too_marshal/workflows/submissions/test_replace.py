"""A new map: plans are scored again, and what the robot holds is replaced, whatever fails."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from astropy import units as u
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from telescopes.simulators.clock import SimulatedClock
from telescopes.simulators.faults import Fault, FaultKind
from telescopes.simulators.ztf import serve
from tests.too_marshal.clocks import MIDNIGHT, RA, later
from tests.too_marshal.factories import add_event, add_localization, circle_map
from tests.too_marshal.workflows.submissions.test_submit import SimulatedRobots
from too_marshal import failpoints
from too_marshal.db.base import open_engine
from too_marshal.db.events import Activity
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.db.observing.queues import KILL_SWITCH, LIVE, Submission, SubmissionState, Switch
from too_marshal.db.observing.replacements import SWAPPING, Replacement, ReplacementState
from too_marshal.workflows.planning.offer import offer
from too_marshal.workflows.planning.plan import ask_for_plan, compute
from too_marshal.workflows.planning.rescore import rescore
from too_marshal.workflows.submissions.approve import SubmissionForbidden, approve
from too_marshal.workflows.submissions.replace import approve_replacement, decline_replacement, swap
from too_marshal.workflows.submissions.submit import submit
from too_marshal.workflows.submissions.track import track
from too_marshal.workflows.submissions.withdraw import withdraw_event, withdraw_submission

pytestmark = pytest.mark.usefixtures("evening")


@pytest.fixture
def robot() -> Iterator[SimpleNamespace]:
    clock = SimulatedClock(MIDNIGHT.mjd - 0.1, wall=lambda: 0.0)
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


@pytest.fixture
def held(session: Session, robot) -> SimpleNamespace:
    """An event whose plan the robot holds, and the offer that a new map has caused."""
    event = add_event(session)
    add_localization(session, event, circle_map(RA, 30.0, 6.0))
    request = {
        "start": (MIDNIGHT - 1 * u.h).isot + "Z", "end": (MIDNIGHT + 1 * u.h).isot + "Z",
        "filters": ["g", "r"], "exposure_time": 30.0, "minimum_gap": 1800.0,
        "airmass_limit": 2.5, "sun_altitude": -18.0, "moon_separation": 0.0,
    }  # fmt: skip
    plan = ask_for_plan(
        session, event, telescope="ZTF", planner="greedy", program="", request=request,
        author="ann",
    )  # fmt: skip
    compute(session, plan.id)
    submission = approve(session, robot.robots, plan.id, by="ann", idempotency_key="first")
    submit(session, robot.robots, submission.id)
    return SimpleNamespace(event=event, plan=plan, submission=submission)


def change_map(session: Session, held: SimpleNamespace, ra: float = RA + 30.0) -> Replacement:
    localization = add_localization(session, held.event, circle_map(ra, 30.0, 6.0))
    rescore(session, localization.id)
    row = session.scalars(
        select(Replacement).where(Replacement.state == ReplacementState.COMPUTING)
    ).one()
    compute(session, row.plan_id)
    offer(session, row.plan_id)
    session.refresh(row)
    return row


def execute(session: Session, robot, minutes: float) -> int:
    robot.clock.set(robot.clock.now() + minutes / 1440)
    before = len(robot.robots.queue("ZTF").executed(MIDNIGHT - 1 * u.day, MIDNIGHT + 1 * u.day))
    track(session, robot.robots, "ZTF")
    return before


def step(session: Session, robot, replacement_id: int) -> None:
    """All that the workers would do within a second or so."""
    swap(session, robot.robots, replacement_id)
    for submission in session.scalars(select(Submission).where(Submission.state.in_(LIVE))).all():
        if submission.withdrawal_requested:
            withdraw_submission(session, robot.robots, submission.id)
        else:
            submit(session, robot.robots, submission.id)
    track(session, robot.robots, "ZTF")


def settle(session: Session, robot, replacement_id: int) -> Replacement:
    for seconds in range(0, 360, 30):
        with later(seconds=seconds):
            step(session, robot, replacement_id)
        assert len(robot.names()) <= 1, "never both"
        row = session.get_one(Replacement, replacement_id, populate_existing=True)
        if row.state not in SWAPPING:
            return row
    raise AssertionError(f"it stays {row.state}: {row.reason}")


def test_a_new_map_scores_plans_again_and_offers_a_better_one(session, held):
    row = change_map(session, held, ra=RA + 30.0)
    session.refresh(held.plan)
    before, after = row.difference["probability"]
    assert row.state == ReplacementState.OFFERED
    assert held.plan.rescored["statistics"]["probability"] == pytest.approx(before)
    assert after > before + 0.2, "the map has moved by more than its diameter"
    change = row.difference
    assert change["executed"] == 0
    assert change["added"] > 0
    assert change["kept"] + change["dropped"] == len(held.plan.exposures)
    assert change["kept"] + change["added"] == len(row.plan.exposures)
    line = session.scalars(select(Activity).where(Activity.subject == "replacement")).one()
    assert "is offered for" in line.text


def test_the_swap_leaves_exactly_the_new_queue(session, robot, held):
    row = change_map(session, held)
    approve_replacement(session, robot.robots, row.id, by="ann")
    again = approve_replacement(session, robot.robots, row.id, by="bob")
    assert again.decided_by == "ann", "a second press finds the first"
    row = settle(session, robot, row.id)
    assert row.state == ReplacementState.DONE
    new = session.get_one(Submission, row.new_submission_id)
    assert robot.names() == [new.queue_name]
    assert session.get_one(Plan, held.plan.id).state == PlanState.SUPERSEDED
    session.refresh(held.submission)
    assert held.submission.state == SubmissionState.WITHDRAWN
    assert f"replaced by plan {row.plan_id}" in held.submission.reason


def test_what_was_executed_is_kept_and_not_done_again(session, robot, held):
    taken = execute(session, robot, 100)
    assert 10 < taken < len(held.plan.exposures)
    row = change_map(session, held, ra=RA + 9.0)
    assert row.difference["executed"] == taken
    more = execute(session, robot, 5) - taken
    assert more > 0, "executed after the new plan was made"
    approve_replacement(session, robot.robots, row.id, by="ann")
    row = settle(session, robot, row.id)
    assert row.state == ReplacementState.DONE
    execute(session, robot, 200)
    done = robot.robots.queue("ZTF").executed(MIDNIGHT - 1 * u.day, MIDNIGHT + 1 * u.day)
    visits = [(item.field_id, item.filter) for item in done if item.queue_name]
    # One exposure may have been open while the old queue was deleted.
    assert len(visits) - len(set(visits)) <= 1


def refuse_the_next_queue(robot, count: int = 1) -> None:
    robot.fail(FaultKind.STATUS, method="PUT", status=400, body="bad subprogram", count=count)


def test_a_refused_new_queue_brings_the_old_one_back(session, robot, held):
    taken = execute(session, robot, 100)
    row = change_map(session, held)
    refuse_the_next_queue(robot)
    approve_replacement(session, robot.robots, row.id, by="ann")
    row = settle(session, robot, row.id)
    assert row.state == ReplacementState.RESTORED
    assert "bad subprogram" in row.reason
    back = session.get_one(Submission, row.restored_submission_id)
    assert robot.names() == [back.queue_name]
    assert len(back.plan.exposures) == len(held.plan.exposures) - taken
    assert back.plan.statistics["exposures"] == len(back.plan.exposures)


def test_where_neither_can_be_put_it_is_said(session, robot, held):
    row = change_map(session, held)
    refuse_the_next_queue(robot, count=2)
    approve_replacement(session, robot.robots, row.id, by="ann")
    row = settle(session, robot, row.id)
    assert row.state == ReplacementState.FAILED
    assert row.reason.startswith("nothing is at the robot")
    assert robot.names() == []
    lines = session.scalars(select(Activity.text).where(Activity.subject == "replacement")).all()
    assert any("nothing is at the robot" in line for line in lines)


def test_a_retraction_in_the_middle_leaves_nothing(session, robot, held):
    row = change_map(session, held)
    approve_replacement(session, robot.robots, row.id, by="ann")
    step(session, robot, row.id)
    held.event.is_retracted = True
    session.commit()
    withdraw_event(session, held.event.id)
    row = settle(session, robot, row.id)
    assert row.state == ReplacementState.FAILED
    assert "retracted" in row.reason
    assert robot.names() == []


def test_a_forbidden_swap_withdraws_nothing(session, robot, held):
    row = change_map(session, held)
    session.add(Switch(name=KILL_SWITCH, is_on=True))
    session.commit()
    with pytest.raises(SubmissionForbidden, match="stopped"):
        approve_replacement(session, robot.robots, row.id, by="ann")
    session.refresh(row)
    assert row.state == ReplacementState.OFFERED
    assert robot.names() == [held.submission.queue_name]


def test_a_declined_offer_is_over_and_a_newer_map_outdates_the_older_offer(session, robot, held):
    first = change_map(session, held)
    second = change_map(session, held, ra=RA - 30.0)
    session.refresh(first)
    assert first.state == ReplacementState.OUTDATED
    with pytest.raises(SubmissionForbidden, match="outdated, not offered"):
        approve_replacement(session, robot.robots, first.id, by="ann")
    assert decline_replacement(session, second.id, by="ann").state == ReplacementState.DECLINED
    assert robot.names() == [held.submission.queue_name]


def killed_at(point: str, engine: Engine, robot, replacement_id: int) -> bool:
    """Take a step in a process of its own, which is killed at `point`; whether it was."""
    url = engine.url.render_as_string(hide_password=False)
    child = os.fork()
    if child == 0:
        failpoints._ENABLED = point
        with Session(open_engine(url.replace("postgresql+psycopg", "postgresql"))) as own:
            try:
                step(own, robot, replacement_id)
            finally:
                os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


POINTS = [
    f"{when}_{state}_commit" for state in (*SWAPPING[1:], "done") for when in ("before", "after")
]


@pytest.mark.parametrize("point", [*POINTS, "before_submit", "after_submit"])
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_kill_at_any_point_ends_with_one_queue(session, engine, robot, held, point):
    row = change_map(session, held)
    if "restoring" in point:
        refuse_the_next_queue(robot)
    approve_replacement(session, robot.robots, row.id, by="ann")
    deaths = 0
    for _ in range(12):
        deaths += killed_at(point, engine, robot, row.id)
        session.rollback()
        session.expire_all()
        assert len(robot.names()) <= 1, "never both"
        if deaths or row.state not in SWAPPING:
            break
    assert deaths == 1, "the point is passed"
    row = settle(session, robot, row.id) if row.state in SWAPPING else row
    # What was perhaps not sent is sent again once it certainly did not arrive.
    is_restored = "restoring" in point
    expected = ReplacementState.RESTORED if is_restored else ReplacementState.DONE
    assert row.state == expected, row.reason
    assert len(robot.names()) == 1
    live = session.scalars(select(Submission).where(Submission.state.in_(LIVE))).all()
    assert [item.queue_name for item in live] == robot.names()


def test_what_is_no_better_is_not_offered(session, held):
    localization = add_localization(session, held.event, circle_map(RA + 0.1, 30.0, 6.0))
    rescore(session, localization.id)
    row = session.scalars(select(Replacement)).one()
    compute(session, row.plan_id)
    offer(session, row.plan_id)
    session.refresh(row)
    assert row.state == ReplacementState.OUTDATED
    assert "not worth an exchange" in row.reason
    assert (
        "stays: on the new map"
        in session.scalars(select(Activity.text).where(Activity.subject == "replacement")).one()
    )


def test_a_late_map_gets_a_night_of_its_own(session, held):
    with later(hours=30):
        row = change_map(session, held)
        assert row.plan.request["end"] > held.plan.request["end"]
