"""Pages ask the database a bounded number of questions, however much there is to show."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from tests.too_marshal.factories import (
    add_event,
    add_exposures,
    add_localization,
    add_plan,
    add_submission,
)
from too_marshal.db.observing.queues import SubmissionState

MAX_QUERIES = 37


@pytest.fixture
def queries(engine: Engine) -> Iterator[list[str]]:
    """Statements that the engine was given."""
    statements: list[str] = []

    def note(_connection, _cursor, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def add_one(session: Session, number: int) -> int:
    subject = add_event(session, f"S{number}")
    add_localization(session, subject)
    for _ in range(3):
        submission = add_submission(session, add_plan(session, subject), SubmissionState.DONE)
        add_exposures(session, submission, 2)
    return subject.id


@pytest.mark.parametrize(
    "address", ["/", "/events/{0}", "/events/{0}/sky.json", "/queues", "/health", "/plans/1"]
)
def test_more_rows_ask_no_more_questions(
    viewer: FlaskClient, session: Session, queries: list[str], address: str
):
    first = add_one(session, 1)
    address = address.format(first)
    viewer.get(address)  # whoever asks first finds colder caches
    queries.clear()
    assert viewer.get(address).status_code == 200
    few = len(queries)
    for number in range(2, 5):
        add_one(session, number)
    queries.clear()
    viewer.get(address)
    assert len(queries) == few <= MAX_QUERIES
    assert few > 1
