"""Whoever dies, at whatever: their jobs are taken up, and nobody who lives is taken for dead."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from too_marshal.db.events import Activity
from too_marshal.db.jobs import defer
from too_marshal.processes.rescue import MAX_DEATHS, STALLED_SECONDS, Rescuer


class Clock:
    """Seconds, as a test says."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rescuer(engine, clock) -> Rescuer:
    return Rescuer(engine, clock)


def hire(engine) -> int:
    with engine.begin() as connection:
        query = "INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id"
        return connection.scalar(text(query))


def beat(engine, worker: int, at: str = "now()") -> None:
    with engine.begin() as connection:
        query = f"UPDATE procrastinate_workers SET last_heartbeat = {at} WHERE id = :id"
        connection.execute(text(query), {"id": worker})


def fetch(engine, worker: int) -> str | None:
    with engine.begin() as connection:
        query = "SELECT task_name FROM procrastinate_fetch_job_v2(NULL, :worker)"
        return connection.scalar(text(query), {"worker": worker})


def ask(session, task: str = "track", **how) -> None:
    defer(session, task, **how)
    session.commit()


def test_the_job_of_a_dead_worker_is_done_by_another(session, engine, rescuer, clock):
    dead, living = hire(engine), hire(engine)
    ask(session, lock="one")
    assert fetch(engine, dead) == "track"
    assert rescuer.look() == 0, "it may only be slow"
    clock.seconds += STALLED_SECONDS + 1
    beat(engine, living, "now() + interval '1 s'")
    assert rescuer.look() == 1
    assert fetch(engine, living) == "track"


def test_a_clock_that_is_set_kills_nobody(session, engine, rescuer, clock):
    worker = hire(engine)
    ask(session)
    fetch(engine, worker)
    rescuer.look()
    beat(engine, worker, "now() - interval '1 hour'")
    clock.seconds += STALLED_SECONDS + 1
    assert rescuer.look() == 0, "its sign of life has changed"


def test_a_job_whose_twin_waits_does_not_stop_the_rescue_of_others(session, engine, rescuer, clock):
    dead = hire(engine)
    ask(session, queueing_lock="track-ZTF")
    fetch(engine, dead)
    ask(session, queueing_lock="track-ZTF")
    ask(session, "submit", priority=10)
    assert fetch(engine, dead) == "submit"
    rescuer.look()
    clock.seconds += STALLED_SECONDS + 1
    assert rescuer.look() == 2
    living = hire(engine)
    assert [fetch(engine, living) for _ in range(3)] == ["submit", "track", None]


def test_a_job_that_kills_whoever_does_it_is_given_up_and_told(session, engine, rescuer, clock):
    ask(session)
    for _ in range(MAX_DEATHS):
        assert fetch(engine, hire(engine)) == "track"
        rescuer.look()
        clock.seconds += STALLED_SECONDS + 1
        assert rescuer.look() == 1
    assert fetch(engine, hire(engine)) is None
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT status::text FROM procrastinate_jobs")) == "failed"
    assert "3 workers died doing it" in session.query(Activity.text).one()[0]


def test_two_rescuers_give_back_a_job_once(session, engine, rescuer, clock):
    other = Rescuer(engine, clock)
    ask(session)
    fetch(engine, hire(engine))
    rescuer.look(), other.look()
    clock.seconds += STALLED_SECONDS + 1
    assert rescuer.look() + other.look() == 1


def test_a_worker_that_was_struck_off_is_dead(session, engine, rescuer):
    worker = hire(engine)
    ask(session)
    fetch(engine, worker)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM procrastinate_workers"))
    assert rescuer.look() == 1
