import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.too_marshal.factories import (
    add_event,
    add_localization,
    add_plan,
    add_replacement,
    add_submission,
)
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.observing.replacements import Replacement, ReplacementState


@pytest.fixture
def offered(session: Session) -> Replacement:
    event = add_event(session, is_test=True)
    add_localization(session, event)
    submission = add_submission(session, add_plan(session, event))
    add_localization(session, event)
    return add_replacement(session, submission, add_plan(session, event))


def shown(client: FlaskClient, row: Replacement) -> str:
    whole = page(client, f"/events/{row.event_id}")
    return whole.split('<article class="replacement')[1].split("</article>")[0]


def test_the_event_page_says_what_would_change(viewer: FlaskClient, offered: Replacement):
    card = shown(viewer, offered)
    for words in ("41.0 % → 73.0 %", "40.0 % → 70.0 %", "counted in both", "2 fields", "offered"):
        assert words in card
    assert "<form" not in card, "a viewer decides nothing"


def test_an_approval_asks_for_the_swap_once(
    approver: FlaskClient, session: Session, offered: Replacement
):
    assert "Replace the queue…" in shown(approver, offered)
    for _ in range(2):
        answer = approver.post(f"/replacements/{offered.id}/approve")
        assert (answer.status_code, answer.location) == (303, f"/events/{offered.event_id}")
    jobs = session.execute(text("SELECT task_name, args, lock FROM procrastinate_jobs")).all()
    assert jobs == [("swap", {"replacement_id": offered.id}, f"replacement-{offered.id}")]
    card = shown(approver, offered)
    assert "about to be deleted" in card
    assert "Replace the queue" not in card


def test_a_declined_one_is_not_offered_again(
    approver: FlaskClient, session: Session, offered: Replacement
):
    assert approver.post(f"/replacements/{offered.id}/decline").status_code == 303
    session.refresh(offered)
    assert offered.state == ReplacementState.DECLINED
    assert "<form" not in shown(approver, offered)
    answer = approver.post(f"/replacements/{offered.id}/approve")
    assert answer.status_code == 409
    assert "declined, not offered" in answer.get_data(as_text=True)


def test_a_failure_is_an_alert(viewer: FlaskClient, session: Session, offered: Replacement):
    offered.state = ReplacementState.FAILED
    offered.reason = "nothing is at the robot: <refused>"
    session.commit()
    card = shown(viewer, offered)
    assert 'role="alert"' in card
    assert "nothing is at the robot: &lt;refused&gt;" in card
