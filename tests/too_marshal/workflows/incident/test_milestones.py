from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event
from too_marshal.db.base import now
from too_marshal.db.events import Activity, Event
from too_marshal.workflows.incident.milestones import EACH, LAST, LIVE, MOST, story_of
from too_marshal.workflows.incident.timeline import SUBJECTS


@pytest.fixture
def event(session: Session) -> Event:
    return add_event(session)


def write(  # noqa: PLR0917 - a table of lines is read by columns
    session: Session, event: Event, text: str, subject: str, number: int, minutes: float
) -> None:
    """Write a line of so many minutes after the event was begun."""
    session.add(
        Activity(
            event_id=event.id,
            subject=subject,
            subject_id=number,
            actor="marshal",
            text=text,
            happened_at=now() + timedelta(minutes=minutes),
        )
    )
    session.commit()


def texts(session: Session, event: Event) -> list[str]:
    return [row.text for row in story_of(session, event.id).steps]


def test_each_step_of_a_queue_is_told_and_of_a_plan_what_became_of_it(
    session: Session, event: Event
):
    write(session, event, "Plan asked for", "plan", 1, 1)
    write(session, event, "Plan ready", "plan", 1, 2)
    write(session, event, "Plan asked for again", "plan", 2, 3)
    write(session, event, "was checked", "preflight", 1, 4)
    write(session, event, "approved", "submission", 1, 5)
    write(session, event, "accepted", "submission", 1, 6)
    assert texts(session, event) == [
        "accepted",
        "approved",
        "Plan asked for again",
        "Plan ready",
        "S260101a begins",
    ]
    assert story_of(session, event.id).count == 7


def test_what_was_observed_is_one_line_however_often_it_grew(session: Session, event: Event):
    for number in range(200):
        write(session, event, f"{number} exposures", LIVE, number % 3, number)
    story = story_of(session, event.id)
    assert [row.text for row in story.steps] == ["S260101a begins"]
    assert story.live is not None
    assert story.live.text == "199 exposures"
    assert story.latest is story.live


def test_the_order_is_that_in_which_things_happened(session: Session, event: Event):
    write(session, event, "second", "notice", 1, 2)
    write(session, event, "first", "notice", 2, 1)
    assert texts(session, event)[:2] == ["second", "first"]


def test_the_latest_steps_stay_where_there_are_too_many(session: Session, event: Event):
    write(session, event, "1 exposure", LIVE, 1, -5)
    for number in range(MOST + 20):
        write(session, event, f"notice {number}", "notice", number, number)
    story = story_of(session, event.id)
    assert story.steps[0].text == f"notice {MOST + 19}"
    assert len(story.steps) == MOST - 1
    assert story.live is not None


def test_the_page_of_the_timeline_knows_every_subject_that_is_told():
    assert {*EACH, *LAST, LIVE} <= SUBJECTS.keys()
