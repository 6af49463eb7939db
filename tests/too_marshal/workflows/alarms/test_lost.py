"""A message of which no job is left is asked for again, and given up aloud."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_notice
from tests.too_marshal.workflows.alarms.conftest import Recorder, person_with_contact, send_all
from too_marshal.db.alarms import Notification
from too_marshal.db.base import now
from too_marshal.db.deliveries import DeliveryState
from too_marshal.db.events import Activity
from too_marshal.db.observing.queues import LiveDatabase
from too_marshal.workflows.alarms.lost import MAX_JOBS, look_for_lost_messages
from too_marshal.workflows.alarms.send import Desk, send_notification
from too_marshal.workflows.alarms.subscriptions import Wanted, subscribe
from too_marshal.workflows.alarms.tell import tell_listeners
from too_marshal.workflows.alerts.deliver import enter
from too_marshal.workflows.live_database import mark_as_copy, settle_by_person


@pytest.fixture
def message(session: Session) -> Notification:
    """It waits."""
    subscribe(session, Wanted("all", {}), person=person_with_contact(session, "ann"))
    tell_listeners(session, add_event(session).id)
    return session.scalars(select(Notification)).one()


def set_jobs(session: Session, what: str) -> None:
    session.execute(text(f"{what} WHERE task_name = 'send_notification'"))
    session.commit()


def jobs(session: Session, status: str = "todo") -> int:
    query = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'send_notification'"
    return int(session.scalar(text(f"{query} AND status = '{status}'")) or 0)


@pytest.mark.parametrize("state", [DeliveryState.WAITING, DeliveryState.SENDING])
def test_it_is_asked_for_again_once(session: Session, message: Notification, state: DeliveryState):
    message.state = state
    session.commit()
    assert look_for_lost_messages(session) == 0, "its job waits"
    set_jobs(session, "DELETE FROM procrastinate_jobs")
    assert [look_for_lost_messages(session) for _ in range(2)] == [1, 0]
    assert jobs(session) == 1


def test_so_is_a_message_to_a_channel(session: Session):
    event = add_event(session)
    notice = add_notice(session, event)
    enter(session, event, "oncall", "x", notice_id=notice.id, rule_name="r")
    session.commit()
    assert look_for_lost_messages(session) == 0
    session.execute(text("DELETE FROM procrastinate_jobs"))
    session.commit()
    assert [look_for_lost_messages(session) for _ in range(2)] == [1, 0]
    tasks = session.scalars(text("SELECT task_name FROM procrastinate_jobs")).all()
    assert tasks == ["deliver"]


@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.UNCONFIRMED])
def test_what_is_settled_is_left_alone(
    session: Session, message: Notification, state: DeliveryState
):
    message.state = state
    session.commit()
    set_jobs(session, "DELETE FROM procrastinate_jobs")
    assert look_for_lost_messages(session) == 0


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (DeliveryState.WAITING, DeliveryState.FAILED, "ann not told by email"),
        (DeliveryState.SENDING, DeliveryState.UNCONFIRMED, "not known whether ann was told"),
    ],
)
def test_what_fails_again_and_again_is_given_up_and_said(
    session: Session, message: Notification, before: DeliveryState, after: DeliveryState, said: str
):
    message.state = before
    session.commit()
    for _ in range(MAX_JOBS):
        set_jobs(session, "UPDATE procrastinate_jobs SET status = 'failed'")
        assert look_for_lost_messages(session) == 1
    session.refresh(message)
    assert (message.state, jobs(session, "failed")) == (after, MAX_JOBS)
    assert look_for_lost_messages(session) == 0
    assert any(said in line for line in session.scalars(select(Activity.text)))


def test_a_copy_asks_for_nothing_and_sends_nothing_old_once_it_is_live(
    session: Session, message: Notification, desk: Desk, sender: Recorder
):
    set_jobs(session, "DELETE FROM procrastinate_jobs")
    mark_as_copy(session, "it was restored", by="ada")
    assert look_for_lost_messages(session) == 0
    settle_by_person(session, session.get_one(LiveDatabase, 1), by="ada")
    session.commit()
    assert look_for_lost_messages(session) == 1
    send_notification(session, desk, message.id)
    assert sender.sent == []
    session.refresh(message)
    assert message.state == DeliveryState.FAILED
    assert "before this copy became the live service" in message.reason
    assert message.created_at < now()
    tell_listeners(session, add_event(session, "S2").id)
    send_all(session, desk)
    assert len(sender.sent) == 1
