"""A file that the observatory has picked up is observed, until people there say otherwise."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sqlalchemy import select, text

from tests.too_marshal.clocks import later
from tests.too_marshal.workflows.submissions.test_retraction import locate, robots, send  # noqa: F401
from too_marshal.db.events import Activity, Event
from too_marshal.db.locks import lock
from too_marshal.db.observing.queues import Submission
from too_marshal.workflows.submissions.track import track
from too_marshal.workflows.submissions.withdraw import (
    settle_by_person,
    withdraw_event,
    withdraw_submission,
)


@pytest.fixture
def sent(session, robots) -> SimpleNamespace:  # noqa: F811 - a fixture
    """A plan for Gattini whose file lies in the directory."""
    event = locate(session)
    submission = send(session, robots.robots, event, "Gattini")

    def pick_up() -> None:
        (file,) = robots.folder.iterdir()
        file.rename(robots.folder.parent / "running")

    def look() -> str:
        track(session, robots.robots, "Gattini")
        session.refresh(submission)
        return str(submission.state)

    def retract() -> str:
        lock(session, Event, event.id).is_retracted = True
        session.commit()
        withdraw_event(session, event.id)
        withdraw_submission(session, robots.robots, submission.id)
        session.refresh(submission)
        return str(submission.state)

    return SimpleNamespace(submission=submission, pick_up=pick_up, look=look, retract=retract)


def lines(session) -> list[str]:
    query = select(Activity.text).where(Activity.subject == "submission").order_by(Activity.id)
    return list(session.scalars(query))


def calls(session) -> int:
    query = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'call_people'")
    return session.scalar(query)


def test_what_was_picked_up_is_live_until_its_window_ends(session, sent):
    sent.pick_up()
    assert sent.look() == "accepted"
    with later(seconds=70):
        assert sent.look() == "executing"
    assert "was picked up" in lines(session)[-1]
    with later(hours=1):
        assert sent.look() == "executing"
    with later(days=3):
        assert sent.look() == "done"


def test_a_retraction_of_what_was_picked_up_calls_a_person(session, sent):
    sent.pick_up()
    assert sent.retract() == "executing", "it cannot be taken back from here"
    assert sent.submission.needs_person
    assert "call Gattini" in sent.submission.reason
    assert calls(session) == 1
    assert sent.retract() == "executing"
    assert calls(session) == 1, "once"
    settle_by_person(session, sent.submission.id, by="ann")
    session.refresh(sent.submission)
    assert sent.submission.state == "withdrawn"
    assert "has agreed" in lines(session)[-1]


def test_a_file_that_still_lies_there_is_taken_back(session, sent):
    assert sent.retract() == "withdrawn"
    assert calls(session) == 0


def test_only_what_needs_a_person_is_settled_by_one(session, sent):
    settle_by_person(session, sent.submission.id, by="ann")
    assert session.get_one(Submission, sent.submission.id).state == "accepted"
