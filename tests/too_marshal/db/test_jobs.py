"""A job exists once its cause has committed, and only then."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import text

from too_marshal.db.base import session_factory
from too_marshal.db.jobs import URGENT, defer

COLUMNS = "SELECT task_name, priority, lock, queueing_lock, args, scheduled_at"


def waiting(engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return list(connection.execute(text(f"{COLUMNS} FROM procrastinate_jobs ORDER BY id")))


def test_nothing_before_the_commit_and_all_after_it(engine, session):
    when = datetime(2027, 1, 1, tzinfo=UTC)
    defer(session, "a", priority=URGENT, lock="l", at=when, number=1, name="x")
    defer(session, "b")
    session.execute(text("SELECT 1"))
    assert waiting(engine) == []
    session.commit()
    assert waiting(engine) == [
        ("a", URGENT, "l", None, {"number": 1, "name": "x"}, when),
        ("b", 0, None, None, {}, None),
    ]


def test_a_rollback_takes_the_jobs_with_it(engine, session):
    defer(session, "a")
    session.execute(text("SELECT 1"))
    session.rollback()
    defer(session, "b")
    session.commit()
    assert [row[0] for row in waiting(engine)] == ["b"]


def test_a_second_job_of_a_queueing_lock_is_not_added_and_spoils_nothing(engine, session):
    defer(session, "before")
    assert defer(session, "track", queueing_lock="t")
    assert not defer(session, "track", queueing_lock="t")
    defer(session, "after")
    session.commit()
    assert sorted(row[0] for row in waiting(engine)) == ["after", "before", "track"]
    with session_factory(engine)() as other:
        assert not defer(other, "track", queueing_lock="t")
        other.commit()
    assert len(waiting(engine)) == 3


def test_a_closed_session_leaves_nothing_for_the_next(engine):
    sessions = session_factory(engine)
    with sessions() as session:
        defer(session, "lost")
    with sessions() as session:
        session.execute(text("SELECT 1"))
        session.commit()
    assert waiting(engine) == []
