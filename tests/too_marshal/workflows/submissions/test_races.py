"""What comes in between: a second worker, a slow robot, a person, a retraction, a new map."""

# ruff: noqa: F811 - a fixture of another module is an argument here

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from astropy import units as u
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from telescopes.errors import QueueUnconfirmed
from telescopes.simulators.faults import FaultKind
from telescopes.ztf import queue as ztf_queue
from tests.too_marshal.clocks import MIDNIGHT, RA, later
from tests.too_marshal.factories import add_event, add_localization, add_plan, circle_map
from tests.too_marshal.workflows.submissions.test_submit import approved, robot  # noqa: F401 - a fixture
from too_marshal import failpoints
from too_marshal.db.base import now, session_factory
from too_marshal.db.events import Activity, Event
from too_marshal.db.locks import lock
from too_marshal.db.observing.queues import RobotQueue, Submission, SubmissionState, names_held
from too_marshal.workflows.submissions import track as tracking
from too_marshal.workflows.submissions.approve import SubmissionForbidden, approve
from too_marshal.workflows.submissions.submit import submit
from too_marshal.workflows.submissions.sweep import sweep
from too_marshal.workflows.submissions.track import track
from too_marshal.workflows.submissions.withdraw import (
    withdraw_by_person,
    withdraw_event,
    withdraw_submission,
)

pytestmark = pytest.mark.usefixtures("evening")


def retract(engine, event_id: int) -> None:
    with session_factory(engine)() as other:
        lock(other, Event, event_id).is_retracted = True
        other.commit()
        withdraw_event(other, event_id)


def row(engine, submission: Submission) -> SimpleNamespace:
    with session_factory(engine)() as other:
        row = other.get_one(Submission, submission.id)
        return SimpleNamespace(
            state=str(row.state), wanted=row.withdrawal_requested, reason=row.reason
        )


def work(engine, robots, submission: Submission) -> list[str]:
    """Do all jobs of a submission that are due, in the order in which workers get them."""
    done = []
    while True:
        with engine.begin() as connection:
            task = connection.scalar(
                text(
                    "DELETE FROM procrastinate_jobs WHERE id = (SELECT id FROM procrastinate_jobs"
                    " WHERE status = 'todo' AND task_name IN ('submit', 'withdraw_submission')"
                    " AND (args->>'submission_id')::int = :number"
                    " AND (scheduled_at IS NULL OR scheduled_at <= :now)"
                    " ORDER BY priority DESC, id LIMIT 1) RETURNING task_name"
                ),
                {"number": submission.id, "now": now()},
            )
        if task is None:
            return done
        with session_factory(engine)() as other:
            act = submit if task == "submit" else withdraw_submission
            act(other, robots, submission.id)
        done.append(task)


def count_queues(robot) -> int:
    return sum(queue.is_too for queue in robot.robots.queue("ZTF").queued())


def forget_jobs(engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM procrastinate_jobs"))


def at_point(monkeypatch, name: str, act: Callable[[], None]) -> None:
    """Let `act` happen the first time that a point is passed."""
    passed = []

    def point(reached: str) -> None:
        if reached == name and not passed:
            passed.append(reached)
            act()

    monkeypatch.setattr(failpoints, "hit", point)


def test_a_sleeper_does_not_send_what_was_taken_back_meanwhile(
    session,
    engine,
    robot,
    monkeypatch,
):
    submission = approved(session, robot)
    forget_jobs(engine)

    def meanwhile() -> None:
        with session_factory(engine)() as other:  # its job was given to somebody else
            submit(other, robot.robots, submission.id)
        assert row(engine, submission).state == "unconfirmed"
        retract(engine, submission.plan.event_id)
        work(engine, robot.robots, submission)

    at_point(monkeypatch, "before_submit", meanwhile)
    submit(session, robot.robots, submission.id)
    assert robot.names() == [], "it woke up, looked, and kept quiet"
    with later(seconds=100):
        work(engine, robot.robots, submission)
    assert row(engine, submission).state == "withdrawn"


def test_what_a_sleeper_has_sent_all_the_same_is_taken_back(
    session,
    engine,
    robot,
    monkeypatch,
):
    submission = approved(session, robot)
    forget_jobs(engine)
    put = ztf_queue.ZTFQueue._put

    def slow_put(queue, messages, *, is_begun):
        monkeypatch.setattr(ztf_queue.ZTFQueue, "_put", put)
        with session_factory(engine)() as other:
            submit(other, robot.robots, submission.id)
        retract(engine, submission.plan.event_id)
        work(engine, robot.robots, submission)
        with later(seconds=100):
            work(engine, robot.robots, submission)
        assert row(engine, submission).state == "withdrawn"
        return put(queue, messages, is_begun=is_begun)

    monkeypatch.setattr(ztf_queue.ZTFQueue, "_put", slow_put)
    submit(session, robot.robots, submission.id)
    assert row(engine, submission).state == "accepted", "the robot's word is above ours"
    work(engine, robot.robots, submission)
    assert robot.names() == []
    assert row(engine, submission).state == "withdrawn"


def test_a_message_that_arrives_after_its_withdrawal_is_taken_back(
    session,
    engine,
    robot,
):
    robot.fail(FaultKind.LATE, method="PUT")
    submission = approved(session, robot)
    submit(session, robot.robots, submission.id)
    retract(engine, submission.plan.event_id)
    work(engine, robot.robots, submission)
    assert row(engine, submission).state == "unconfirmed", "one absence is not believed"
    robot.server.faults.clear()  # now the robot reads it
    with later(seconds=100):
        track(session, robot.robots, "ZTF")
        work(engine, robot.robots, submission)
    with later(seconds=300):
        track(session, robot.robots, "ZTF")
        work(engine, robot.robots, submission)
    assert robot.names() == []
    assert row(engine, submission).state == "withdrawn"


def test_an_odd_error_of_a_driver_is_no_answer(session, engine, robot, monkeypatch):
    def odd(*_arguments, **_keywords):
        raise AttributeError("'str' object has no attribute 'get'")

    verify_submitted = ztf_queue.verify_submitted
    monkeypatch.setattr(ztf_queue, "verify_submitted", odd)
    submission = approved(session, robot)
    submit(session, robot.robots, submission.id)
    monkeypatch.setattr(ztf_queue, "verify_submitted", verify_submitted)
    assert row(engine, submission).state == "unconfirmed"
    retract(engine, submission.plan.event_id)
    work(engine, robot.robots, submission)
    assert robot.names() == []


def test_a_withdrawal_overtakes_a_look_up_that_waits(session, engine, robot):
    robot.fail(FaultKind.ACCEPT_THEN_HANG, method="PUT")
    submission = approved(session, robot)
    submit(session, robot.robots, submission.id)
    robot.server.faults.clear()
    retract(engine, submission.plan.event_id)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour'"
                " WHERE task_name = 'submit'"
            )
        )
        worker = connection.scalar(
            text("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        )
        query = "SELECT task_name FROM procrastinate_fetch_job_v2(NULL, :worker)"
        fetched = {connection.scalar(text(query), {"worker": worker}) for _ in range(4)}
    assert "withdraw_submission" in fetched


def test_a_list_that_is_older_than_the_submission_says_nothing_of_it(
    session,
    engine,
    robot,
    monkeypatch,
):
    submission = approved(session, robot)
    forget_jobs(engine)
    executed = ztf_queue.ZTFQueue.executed

    def slow_history(queue, start, end):
        monkeypatch.setattr(ztf_queue.ZTFQueue, "executed", executed)
        with session_factory(engine)() as other:
            submit(other, robot.robots, submission.id)
        return executed(queue, start, end)

    monkeypatch.setattr(ztf_queue.ZTFQueue, "executed", slow_history)
    for wait in (0, 100, 200):
        with later(seconds=wait):
            track(session, robot.robots, "ZTF")
        assert row(engine, submission).state == "accepted"
    retract(engine, submission.plan.event_id)
    work(engine, robot.robots, submission)
    assert robot.names() == []


def test_what_the_robot_holds_is_taken_up_whatever_we_called_it(session, engine, robot):
    submission = approved(session, robot)
    submit(session, robot.robots, submission.id)
    session.refresh(submission)
    submission.change(SubmissionState.DONE)
    session.commit()
    with pytest.raises(SubmissionForbidden, match="which is done"):
        approve(session, robot.robots, submission.plan_id, by="bob", idempotency_key="another-1")
    track(session, robot.robots, "ZTF")
    assert row(engine, submission).state == "accepted"
    assert "taken up again" in row(engine, submission).reason


def test_what_is_over_and_at_the_robot_can_be_withdrawn_by_a_person(
    session,
    engine,
    robot,
):
    submission = approved(session, robot)
    submit(session, robot.robots, submission.id)
    track(session, robot.robots, "ZTF")
    session.refresh(submission)
    submission.change(SubmissionState.DONE)
    session.commit()
    withdraw_by_person(session, submission.id, by="ann")
    work(engine, robot.robots, submission)
    assert robot.names() == []
    assert row(engine, submission).state == "withdrawn"


def test_a_queue_of_a_retracted_event_is_taken_back_again_and_again(
    session,
    engine,
    robot,
):
    submission = approved(session, robot)
    submit(session, robot.robots, submission.id)
    retract(engine, submission.plan.event_id)
    work(engine, robot.robots, submission)
    assert robot.names() == []
    queue = robot.robots.queue("ZTF")
    session.refresh(submission)
    queue.submit(SimpleNamespace(name=submission.queue_name, body=submission.request))
    assert robot.names() == [submission.queue_name], "somebody has put it there"
    track(session, robot.robots, "ZTF")
    work(engine, robot.robots, submission)
    assert robot.names() == []
    assert row(engine, submission).state == "withdrawn"


def test_a_history_is_as_old_as_the_question(session, robot, monkeypatch):
    submission = approved(session, robot)
    submit(session, robot.robots, submission.id)
    note = tracking._note_queues
    asked = []

    def slow(*arguments) -> None:
        asked.append(now())
        with later(seconds=60):
            note(*arguments)

    monkeypatch.setattr(tracking, "_note_queues", slow)
    track(session, robot.robots, "ZTF")
    robot_queue = session.get_one(RobotQueue, "ZTF")
    assert robot_queue.history_at <= asked[0]
    assert robot_queue.seen_at <= asked[0]


def test_an_older_answer_does_not_take_the_place_of_a_newer_one(session, robot):
    submission = approved(session, robot)
    queue = robot.robots.queue("ZTF")
    old = tracking._ask(queue, MIDNIGHT - 1 * u.day, MIDNIGHT + 1 * u.day)
    submit(session, robot.robots, submission.id)
    track(session, robot.robots, "ZTF")
    tracking._note_queues(session, "ZTF", old)
    session.commit()
    assert submission.queue_name in names_held(session, "ZTF")


def test_done_takes_evidence(session, engine, robot):
    """Somebody at the observatory deletes the queue before anything of it is executed."""
    submission = approved(session, robot)
    submit(session, robot.robots, submission.id)
    robot.robots.queue("ZTF").withdraw(submission.queue_name)
    for wait in (0, 100):
        with later(seconds=wait):
            track(session, robot.robots, "ZTF")
    assert row(engine, submission).state == "accepted"
    assert "may have been deleted there" in row(engine, submission).reason
    with later(hours=30):
        track(session, robot.robots, "ZTF")
    assert row(engine, submission).state == "done", "its window is over"


def test_a_retraction_reaches_what_lost_its_jobs(session, engine, robot):
    submission = approved(session, robot)
    submit(session, robot.robots, submission.id)
    with session_factory(engine)() as other:
        lock(other, Event, submission.plan.event_id).is_retracted = True
        other.commit()
    forget_jobs(engine)
    assert sweep(session) == 1
    withdraw_event(session, submission.plan.event_id)
    forget_jobs(engine)
    assert sweep(session) == 1
    work(engine, robot.robots, submission)
    assert robot.names() == []
    forget_jobs(engine)
    assert sweep(session) == 0


def test_a_submission_that_lost_its_job_is_sent(session, engine, robot):
    submission = approved(session, robot)
    forget_jobs(engine)
    assert sweep(session) == 1
    assert sweep(session) == 0
    work(engine, robot.robots, submission)
    assert robot.names() == [submission.queue_name]


def test_a_plan_on_an_older_map_is_offered_another(session: Session, robot):
    event = add_event(session)
    add_localization(session, event, circle_map(RA, 30.0, 6.0))
    plan = add_plan(session, event, start=MIDNIGHT.to_datetime(timezone=now().tzinfo))
    add_localization(session, event, circle_map(RA + 14, 30.0, 6.0))
    approve(session, robot.robots, plan.id, by="ann", idempotency_key="key-0000000001")
    query = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'rescore_event'")
    assert session.scalar(query) == 1


def sent_by_half(session, robot, monkeypatch) -> Submission:
    """An approved submission of two queues, of which the first alone will arrive."""
    event = add_event(session)
    add_localization(session, event, circle_map(RA, 30.0, 6.0))
    plan = add_plan(session, event, start=MIDNIGHT.to_datetime(timezone=now().tzinfo))
    request = {**plan.document["request"], "minimum_gap": 1500.0}
    plan.document = {**plan.document, "request": request}
    session.commit()
    submission = approved(session, robot, plan)
    put = ztf_queue.ZTFQueue._put

    def half(queue, messages, *, is_begun):
        monkeypatch.setattr(ztf_queue.ZTFQueue, "_put", put)
        put(queue, messages[:1], is_begun=is_begun)
        raise QueueUnconfirmed("the connection broke")

    monkeypatch.setattr(ztf_queue.ZTFQueue, "_put", half)
    return submission


def test_half_a_submission_is_taken_back_and_sent_again(session, engine, robot, monkeypatch):
    """Of two queues one arrives: all of it is at the robot, or nothing."""
    submission = sent_by_half(session, robot, monkeypatch)
    submit(session, robot.robots, submission.id)
    assert count_queues(robot) == 1
    for wait in (0, 2, 100, 200):
        with later(seconds=wait):
            work(engine, robot.robots, submission)
    assert row(engine, submission).state == "accepted"
    assert count_queues(robot) == 2
    lines = session.scalars(select(Activity.text).where(Activity.subject == "submission")).all()
    assert any("only a part of it arrived" in line for line in lines)


def test_what_was_begun_in_part_is_not_sent_again(session, engine, robot, monkeypatch):
    submission = sent_by_half(session, robot, monkeypatch)
    submit(session, robot.robots, submission.id)
    robot.clock.set((MIDNIGHT + 6 * u.min).mjd)  # some of it is executed
    for wait in (2, 100, 200):
        with later(seconds=wait):
            work(engine, robot.robots, submission)
    assert row(engine, submission).state == "withdrawn"
    assert "plan what is missing" in row(engine, submission).reason
    assert count_queues(robot) == 0
