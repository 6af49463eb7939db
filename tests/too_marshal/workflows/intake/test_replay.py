"""Archived notices go in by the front door, in the order of their own time."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from sqlalchemy import func, select

from tests.too_marshal import alerts
from tests.too_marshal.workflows.events.test_associate import event_of
from too_marshal.db.base import session_factory
from too_marshal.db.events import Event
from too_marshal.db.notices import ReceivedNotice
from too_marshal.workflows.intake.replay import archived, replay, tally


@pytest.fixture
def archive(tmp_path):
    small = alerts.skymap_fits(order=2)
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.json").write_bytes(
        alerts.lvk(alert_type="RETRACTION", created="2026-11-22T04:00:00Z")
    )
    (tmp_path / "b.json").write_bytes(alerts.lvk(skymap=small))
    (tmp_path / "deep" / "c.xml").write_bytes(alerts.gbm())
    (tmp_path / "broken.xml").write_bytes(b"<not a notice")
    (tmp_path / "notes.txt").write_text("not looked at")
    return tmp_path


def names(notices) -> list[str]:
    return [notice.path.name for notice in notices]


def test_the_order_is_that_of_the_notices_own_time(archive):
    assert names(archived([archive])) == ["c.xml", "b.json", "a.json", "broken.xml"]
    assert names(archived([archive, archive / "notes.txt"])) == [
        "c.xml", "b.json", "a.json", "broken.xml", "notes.txt"
    ]  # fmt: skip


def test_what_goes_in_is_what_would_have_come(session, engine, archive):
    sessions = session_factory(engine)
    outcomes = [received for _, received in replay(sessions, archived([archive]), 0)]
    assert tally(outcomes) == {"new": 4, "understood": 3, "quarantined": 1}
    assert event_of(session, "lvk").is_retracted
    assert session.scalars(select(ReceivedNotice.channel).distinct()).all() == ["replay"]
    again = [received for _, received in replay(sessions, archived([archive]), 0)]
    assert tally(again)["known before"] == 4
    assert session.scalar(select(func.count(Event.id))) == 2


def test_pauses_are_divided_by_the_speed(engine, archive):
    pauses = []
    notices = archived([archive])
    list(replay(session_factory(engine), notices, 60.0, wait=pauses.append))
    gap = (notices[1].time - notices[0].time).total_seconds() / 60
    assert pauses == [pytest.approx(gap), pytest.approx((3600 - 30) / 60)]


def test_the_command_tells_what_became_of_them(database_url, archive):
    done = subprocess.run(
        [sys.executable, "-m", "too_marshal.cli", "replay", str(archive), "--speed", "0"],
        env={**os.environ, "TOO_DATABASE_URL": database_url, "TOO_DATA_DIR": str(archive)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *lines, last = done.stdout.splitlines()
    assert len(lines) == 4
    assert last.startswith("4 notices in")
    assert "1 quarantined" in last
    assert "3 understood" in last
