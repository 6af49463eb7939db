"""Plans that are computed: in which line, how far, and taken back by a person."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from planners.comparison.gwemopt_planner import GwemoptFailed
from planners.files.plan_files import request_from_json
from planners.registry import PLANNERS, Planner
from planners.search.maximum_coverage import SolverFailed
from tests.planners.test_child_process import HANGS, is_alive, started, wait_for
from tests.too_marshal.clocks import RA
from tests.too_marshal.factories import add_event, add_localization, add_plan, circle_map
from too_marshal.db.base import MARSHAL, now, session_factory
from too_marshal.db.events import Activity, Event
from too_marshal.db.jobs import CPU_BOUND, PATIENT
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.workflows.planning.cancel_plan import cancel_plan
from too_marshal.workflows.planning.plan import ask_for_plan, compute
from too_marshal.workflows.planning.plan_queue import Turn, queue_of, turns

OLD = timedelta(days=3)


def event_with_map(session: Session, name: str = "S261122a", **values: object) -> Event:
    event = add_event(session, name, **values)
    add_localization(session, event, circle_map(RA, 30.0, 4.0))
    return event


def ask(session: Session, event: Event, planner: str = "greedy", **request: object) -> Plan:
    start = now()
    return ask_for_plan(
        session, event, telescope="ZTF", planner=planner, program="", author="ann",
        request={
            "start": start.isoformat(), "end": (start + timedelta(hours=24)).isoformat(),
            "filters": ["g"], "exposure_time": 30.0, "minimum_gap": 1800.0, "airmass_limit": 2.5,
            "sun_altitude": -18.0, "moon_separation": 0.0, **request,
        },
    )  # fmt: skip


def jobs(session: Session) -> list[tuple[int, str]]:
    """The plans that wait, and in which queue."""
    return [
        (row.plan, row.queue_name)
        for row in session.execute(
            text(
                "SELECT (args->>'plan_id')::int AS plan, queue_name FROM procrastinate_jobs"
                " WHERE task_name = 'plan' ORDER BY id"
            )
        )
    ]


@pytest.mark.parametrize(
    ("event", "plan", "queue"),
    [
        ({}, {"author": "ann"}, CPU_BOUND),
        ({"age": OLD}, {"author": "ann"}, PATIENT),
        ({"is_test": True}, {"author": "ann"}, PATIENT),
        ({}, {"author": "ann", "planner": "gwemopt"}, PATIENT),
        ({}, {"author": "ann", "request": {"time_limit": 300.0}}, PATIENT),
        ({}, {"rule_id": 1}, CPU_BOUND),
        ({"is_test": True}, {"rule_id": 1}, CPU_BOUND),
        ({"age": OLD}, {"rule_id": 1}, PATIENT),
        ({}, {"rule_id": 1, "planner": "gwemopt"}, PATIENT),
        # It is to replace what a robot holds.
        ({"age": OLD}, {}, CPU_BOUND),
    ],
)
def test_what_takes_long_or_can_wait_has_a_line_of_its_own(event, plan, queue):
    values = {"author": MARSHAL, "planner": "optimal", "request": {}, **plan}
    seen = now() - event.get("age", timedelta(minutes=5))
    made = Event(event_time=seen, is_test=event.get("is_test", False))
    assert queue_of(Plan(**values), made) == queue


def test_a_plan_is_put_into_its_line_and_told_its_place(session):
    old = event_with_map(session, "S261101a", event_time=now() - OLD)
    new = event_with_map(session)
    slow = [ask(session, old) for _ in range(3)]
    quick = ask(session, new)
    assert jobs(session) == [*((plan.id, PATIENT) for plan in slow), (quick.id, CPU_BOUND)]
    ready = add_plan(session, new)
    assert turns(session, [*slow, quick, ready]) == {
        slow[0].id: Turn(1), slow[1].id: Turn(2), slow[2].id: Turn(3), quick.id: Turn(1)
    }  # fmt: skip
    session.execute(
        text("UPDATE procrastinate_jobs SET status = 'doing' WHERE args->>'plan_id' = :plan"),
        {"plan": str(slow[0].id)},
    )
    places = turns(session, slow)
    assert (places[slow[0].id], places[slow[1].id]) == (Turn(None), Turn(1))


@pytest.mark.parametrize(
    ("limit", "passed", "part"), [(900.0, 225, 0.25), (900.0, 1350, 1.0), (None, 225, None)]
)
def test_of_what_computes_for_a_time_that_was_given_the_part_is_told(session, limit, passed, part):
    plan = ask(session, event_with_map(session), **({"time_limit": limit} if limit else {}))
    session.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
    plan.begun_at = now() - timedelta(seconds=passed)
    turn = turns(session, [plan])[plan.id]
    assert turn.part == (None if part is None else pytest.approx(part, abs=0.01))
    assert turn.place is None


def test_a_time_limit_is_within_bounds_and_reaches_the_planner(session):
    event = event_with_map(session)
    plan = ask(session, event, time_limit=60.0)
    assert request_from_json(plan.request).time_limit.to_value("s") == 60.0
    for seconds in (1.0, 3600.0, float("nan")):
        with pytest.raises(ValueError, match=r"time.limit|is given from"):
            ask(session, event, time_limit=seconds)


def test_a_plan_that_waits_is_cancelled_and_off_its_queue(session):
    plan, other = (ask(session, event_with_map(session, name)) for name in ("S1a", "S2b"))
    cancelled = cancel_plan(session, plan.id, by="bob")
    assert (cancelled.state, cancelled.cancelled_by) == (PlanState.CANCELLED, "bob")
    assert cancelled.cancelled_at is not None
    at = cancelled.cancelled_at
    assert jobs(session) == [(other.id, CPU_BOUND)]
    assert cancel_plan(session, plan.id, by="eve").cancelled_by == "bob", "a second press"
    assert plan.cancelled_at == at
    line = session.scalars(select(Activity).where(Activity.text.contains("is cancelled"))).one()
    assert (line.actor, line.event_id) == ("bob", plan.event_id)
    compute(session, plan.id)
    assert (plan.state, plan.exposures) == (PlanState.CANCELLED, [])


def test_only_what_is_computed_can_be_cancelled(session):
    plan = add_plan(session, event_with_map(session))
    with pytest.raises(ValueError, match="is ready: there is nothing to cancel"):
        cancel_plan(session, plan.id, by="bob")
    assert plan.state == PlanState.READY


@pytest.mark.usefixtures("evening")
def test_what_a_planner_makes_of_a_cancelled_plan_is_dropped(session, engine, monkeypatch):
    plan = ask(session, event_with_map(session))
    greedy = PLANNERS["greedy"]

    def meanwhile(skymap, telescope, request):
        with session_factory(engine)() as other:
            cancel_plan(other, plan.id, by="bob")
        return greedy(skymap, telescope, request)

    monkeypatch.setitem(PLANNERS, "greedy", Planner(meanwhile))
    compute(session, plan.id)
    session.expire_all()
    assert (plan.state, plan.exposures, plan.ready_at) == (PlanState.CANCELLED, [], None)
    assert plan.begun_at is not None


@pytest.mark.parametrize(
    ("err", "reason"),
    [
        (ValueError("no field is up"), "no field is up"),
        (ZeroDivisionError("float division"), "ZeroDivisionError: float division"),
        (MemoryError(), "MemoryError: "),
        (GwemoptFailed("gwemopt stopped with 1"), "gwemopt stopped with 1"),
        (SolverFailed("HiGHS: Unknown"), "SolverFailed: HiGHS: Unknown"),
    ],
)
def test_whatever_a_planner_raises_is_the_reason_of_its_failure(
    session, monkeypatch, caplog, err, reason
):
    def fail(_skymap, _telescope, _request):
        raise err

    monkeypatch.setitem(PLANNERS, "greedy", Planner(fail))
    plan = ask(session, event_with_map(session))
    compute(session, plan.id)
    session.expire_all()
    assert (plan.state, plan.remark) == (PlanState.FAILED, reason)
    assert f"plan {plan.id} failed" in caplog.text


WORKER = """
import os, sys
from pathlib import Path
from planners.child_process import run_child
from planners.registry import PLANNERS, Planner
from planners.stopping import stop_source
from too_marshal.processes import worker
from too_marshal.deployment.settings import Settings

def hang(skymap, telescope, request):
    run_child(sys.argv[2], Path(sys.argv[1]), os.environ, 1000.0, stop_source())

PLANNERS["gwemopt"] = Planner(hang, is_slow=True)
settings = Settings.from_environ(dict(os.environ))
worker.work(settings, settings.database_url, name="worker", concurrency=2)
"""


@pytest.fixture
def worker(database_url: str, tmp_path):
    """A worker in which gwemopt hangs, with a child of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(tmp_path), HANGS],
        env={
            **os.environ, "TOO_DATABASE_URL": database_url, "TOO_DATA_DIR": str(tmp_path),
            "OMP_NUM_THREADS": "1",
        },
    )  # fmt: skip
    yield process
    process.kill()
    process.wait()


def state_of(engine: Engine, plan: Plan) -> str:
    with session_factory(engine)() as own:
        return own.get_one(Plan, plan.id).state


def test_a_plan_that_hangs_delays_no_fresh_event_and_ends_when_cancelled(
    session, engine, worker, tmp_path
):
    event = event_with_map(session)
    hanging = ask(session, event, "gwemopt")
    behind = ask(session, event, "gwemopt")
    wait_for((tmp_path / "pids").exists)
    fresh = ask(session, event)
    wait_for(lambda: state_of(engine, fresh) != PlanState.COMPUTING)
    assert state_of(engine, hanging) == PlanState.COMPUTING
    assert turns(session, [hanging, behind]) == {hanging.id: Turn(None), behind.id: Turn(1)}
    cancel_plan(session, behind.id, by="ann")
    cancel_plan(session, hanging.id, by="ann")
    wait_for(lambda: not any(map(is_alive, started(tmp_path))))
    wait_for(lambda: not jobs(session) or session.rollback())
    assert state_of(engine, hanging) == PlanState.CANCELLED
    assert worker.poll() is None, "the worker goes on"
