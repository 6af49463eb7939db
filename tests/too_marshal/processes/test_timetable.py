"""One clock leads, the other stands by, and a leader that is cut off is replaced."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from tests.too_marshal.factories import add_person
from tests.too_marshal.fleet import count
from too_marshal.db.accounts.people import Role
from too_marshal.db.alarms import Notification, Occasion
from too_marshal.db.base import open_engine
from too_marshal.deployment.settings import Settings
from too_marshal.processes import timetable

LEADERS = text(
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = :key"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def leader(engine: Engine) -> int | None:
    with engine.connect() as connection:
        pids = connection.scalars(LEADERS, {"key": timetable.LEADER_LOCK}).all()
    assert len(pids) <= 1
    return pids[0] if pids else None


def wait_for(condition: Callable[[], object], seconds: float = 300.0) -> None:
    tick = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if condition():
            return
        tick.wait(0.05)
    raise AssertionError("it did not happen in time")


@pytest.fixture
def clocks(database_url, monkeypatch):
    """Two clocks on one database; ticking fast."""
    monkeypatch.setattr(timetable, "PROCESS_WAITING_SECONDS", 0.2)
    monkeypatch.setattr(timetable, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(timetable, "SWEEP_SECONDS", 0.2)
    stop = threading.Event()
    engines = [open_engine(database_url) for _ in range(2)]
    threads = [
        threading.Thread(target=timetable.run_clock, args=(Settings(), engine, stop))
        for engine in engines
    ]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    for engine in engines:
        engine.dispose()


TASKS = ("interpret_waiting", "prune", "tidy_archive", "look_for_new_nights")
"""What the clock asks for where there is no robot."""


@pytest.mark.usefixtures("clocks")
def test_only_one_leads_and_jobs_never_pile_up(engine):
    wait_for(lambda: leader(engine))
    query = text("SELECT task_name, count(*) FROM procrastinate_jobs GROUP BY 1")

    def is_asked() -> bool:
        with engine.connect() as connection:
            return len(connection.execute(query).all()) == len(TASKS)

    wait_for(is_asked)
    with engine.connect() as connection:
        before = connection.scalar(text("SELECT beat_at FROM heartbeat WHERE name = 'clock'"))

    def beaten_thrice() -> bool:
        with engine.connect() as connection:
            now = connection.scalar(text("SELECT beat_at FROM heartbeat WHERE name = 'clock'"))
        return now is not None and before is not None and (now - before).total_seconds() > 0.6

    wait_for(beaten_thrice)
    with engine.connect() as connection:
        # Nobody works here: of each task one job waits, however often it was asked for.
        assert dict(connection.execute(query).all()) == dict.fromkeys(TASKS, 1)


@pytest.mark.usefixtures("clocks")
def test_a_message_of_which_no_job_is_left_is_asked_for_again(session, engine):
    person = add_person(session, "ann", Role.OBSERVER)
    session.add(
        Notification(person_id=person.id, kind="email", occasion=Occasion.TEST, about="test")
    )
    session.commit()
    query = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'send_notification'"
    wait_for(lambda: count(engine, query) == 1)


@pytest.mark.usefixtures("clocks")
def test_a_leader_that_loses_its_connection_is_replaced(engine):
    wait_for(lambda: leader(engine))
    first = leader(engine)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": first})
        connection.commit()
    wait_for(lambda: leader(engine) not in {None, first})
