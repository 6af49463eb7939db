"""Each background job stands once, and somebody does it."""

from __future__ import annotations

import inspect
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.jobs import CPU_BOUND, IO_BOUND, LATER, URGENT
from too_marshal.deployment.settings import Settings
from too_marshal.processes.bindings import workflows


def waiting(session: Session) -> list[tuple[object, ...]]:
    query = "task_name, queue_name, priority, lock, queueing_lock, args FROM procrastinate_jobs"
    return [tuple(row) for row in session.execute(text(f"SELECT {query} ORDER BY id"))]


def test_every_task_is_done_by_a_workflow_and_no_other():
    assert {task.name for task in workflows(Settings())} == set(tasks.TASKS)


def test_a_workflow_takes_what_its_task_is_asked_with():
    for task, workflow in workflows(Settings()).items():
        asked = tuple(task.signature.parameters)
        taken = inspect.signature(inspect.unwrap(workflow))
        names = [name for name in taken.parameters if name != "session"]
        assert tuple(names[len(names) - len(asked) :]) == asked, task.name


def test_a_wrong_argument_fails_where_the_job_is_asked_for():
    with pytest.raises(TypeError, match="plan_id"):
        tasks.plan(plan_number=1)  # type: ignore[call-arg]


def test_a_lock_without_its_argument_fails_at_import():
    def silent(event_id: int) -> None:
        """Never declared."""

    with pytest.raises(KeyError, match="plan_id"):
        tasks._task(lock="plan-{plan_id}")(silent)
    assert "silent" not in tasks.TASKS


def test_a_job_has_the_properties_of_its_task(session: Session):
    tasks.submit(submission_id=7).defer(session)
    tasks.plan(3).defer(session, priority=URGENT)
    tasks.submit_by_rule(plan_id=3).defer(session, lock=tasks.automatic_lock("ZTF"))
    session.commit()
    assert waiting(session) == [
        ("submit", IO_BOUND, URGENT, "submission-7", None, {"submission_id": 7}),
        ("plan", CPU_BOUND, URGENT, None, None, {"plan_id": 3}),
        ("submit_by_rule", IO_BOUND, URGENT, "automatic-ZTF", None, {"plan_id": 3}),
    ]


def test_of_the_withdrawals_that_are_to_come_later_one_is_enough(session: Session):
    job, wait = tasks.withdraw_submission(submission_id=7), timedelta(minutes=1)
    assert [job.defer(session, wait=wait) for _ in range(2)] == [True, False]
    assert [job.defer(session) for _ in range(2)] == [True, True], "now is never too often"
    session.commit()
    (later, *at_once) = waiting(session)
    assert later[4] == "withdrawal-7"
    assert [row[4] for row in at_once] == [None, None]
    at = session.scalar(text("SELECT max(scheduled_at) FROM procrastinate_jobs"))
    assert abs(at - now() - wait) < timedelta(minutes=1)


def test_a_look_at_a_robot_waits_once(session: Session):
    assert tasks.track("ZTF").defer(session)
    assert not tasks.track("ZTF").defer(session, priority=URGENT)
    assert tasks.track("DECam").defer(session)
    session.commit()
    assert [row[2:5] for row in waiting(session)] == [
        (LATER, None, "track-ZTF"),
        (LATER, None, "track-DECam"),
    ]
