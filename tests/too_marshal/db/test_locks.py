"""There is one way to hold a row, and it looks at the row."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm.exc import StaleDataError

import too_marshal
from tests.too_marshal.factories import (
    add_event,
    add_localization,
    add_plan,
    add_submission,
)
from too_marshal.db.base import session_factory
from too_marshal.db.locks import lock
from too_marshal.db.observing.queues import Submission, SubmissionState

PACKAGE = Path(too_marshal.__file__).parent


@pytest.fixture
def submission(session) -> Submission:
    event = add_event(session)
    add_localization(session, event)
    return add_submission(session, add_plan(session, event))


def wish(engine, submission: Submission) -> None:
    """Somebody else wants it back."""
    with session_factory(engine)() as other:
        row = lock(other, Submission, submission.id)
        row.withdrawal_requested, row.withdraw_reason = True, "the event was retracted"
        other.commit()


def test_a_row_is_read_anew_under_its_lock(session, engine, submission):
    wish(engine, submission)
    assert not submission.withdrawal_requested, "the session knows the old row"
    assert lock(session, Submission, submission.id) is submission
    assert submission.withdrawal_requested


def test_who_writes_what_was_read_before_is_refused(session, engine, submission):
    wish(engine, submission)
    submission.change(SubmissionState.DONE)
    with pytest.raises(StaleDataError):
        session.commit()


def test_what_is_not_there_cannot_be_held(session):
    with pytest.raises(NoResultFound):
        lock(session, Submission, 1)


def test_rows_are_locked_in_one_place():
    modules = [
        path.relative_to(PACKAGE).as_posix()
        for path in sorted(PACKAGE.rglob("*.py"))
        if "for_update" in path.read_text(encoding="utf-8").lower().replace(" ", "_")
    ]
    # The rescue holds the task queue's own rows, in plain SQL: no session keeps those.
    assert modules == ["db/locks.py", "processes/rescue.py"]
