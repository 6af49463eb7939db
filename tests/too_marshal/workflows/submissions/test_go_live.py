"""A copy leaves robots alone; once live, nothing that it decided on before is sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from telescopes.simulators.faults import FaultKind
from tests.too_marshal.clocks import later
from tests.too_marshal.factories import add_event, add_replacement
from tests.too_marshal.workflows.submissions.test_submit import (  # noqa: F401 - a fixture
    add_plan,
    approved,
    robot,
    state,
)
from too_marshal import failpoints
from too_marshal.db.base import now, session_factory
from too_marshal.db.deliveries import Delivery, DeliveryState
from too_marshal.db.observing.queues import Submission, SubmissionState
from too_marshal.db.observing.replacements import ReplacementState
from too_marshal.deployment.channels import Channel, Channels
from too_marshal.workflows.alerts.deliver import deliver, enter
from too_marshal.workflows.errors import Forbidden
from too_marshal.workflows.live_database import mark_as_copy, why_copy
from too_marshal.workflows.submissions.approve import SubmissionForbidden
from too_marshal.workflows.submissions.clear_queue import ask_to_delete, delete_queue
from too_marshal.workflows.submissions.go_live import CAUTION, against_rules, go_live
from too_marshal.workflows.submissions.replace import swap
from too_marshal.workflows.submissions.submit import submit
from too_marshal.workflows.submissions.sweep import sweep
from too_marshal.workflows.submissions.track import track
from too_marshal.workflows.submissions.withdraw import (
    withdraw_by_person,
    withdraw_event,
    withdraw_submission,
)

pytestmark = pytest.mark.usefixtures("evening")


def restored(session: Session) -> None:
    mark_as_copy(session, "it was restored", by="marshal")


def jobs(session: Session) -> int:
    query = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'"
    return int(session.scalar(text(query)) or 0)


def test_a_copy_sends_nothing_and_says_so(session, robot):  # noqa: F811
    submission = approved(session, robot)
    restored(session)
    submit(session, robot.robots, submission.id)
    assert state(session, submission) == "approved"
    assert robot.names() == []
    with pytest.raises(SubmissionForbidden, match=r"this is a copy.*: it was restored"):
        approved(session, robot)


def test_a_copy_withdraws_nothing_until_it_is_the_live_one(session, robot):  # noqa: F811
    submission = approved(session, robot)
    submit(session, robot.robots, submission.id)
    assert robot.names() == [submission.queue_name]
    restored(session)
    submission.plan.event.is_retracted = True
    session.commit()
    withdraw_event(session, submission.plan.event_id)
    withdraw_submission(session, robot.robots, submission.id)
    track(session, robot.robots, "ZTF")
    withdraw_submission(session, robot.robots, submission.id)
    assert robot.names() == [submission.queue_name], "somebody else may be the live one"
    with pytest.raises(Forbidden, match="this is a copy"):
        withdraw_by_person(session, submission.id, by="ann")
    session.execute(text("DELETE FROM procrastinate_jobs"))
    session.commit()
    assert sweep(session) == 0
    assert jobs(session) == 0, "nobody is asked for what would do nothing"
    go_live(session, by="ann")
    assert sweep(session) == 1
    withdraw_submission(session, robot.robots, submission.id)
    assert robot.names() == []


def test_what_becomes_a_copy_between_intent_and_message_sends_nothing(
    session,
    robot,  # noqa: F811
    engine,
    monkeypatch,
):
    submission = approved(session, robot)

    def hit(name: str) -> None:
        if name == "before_submit":
            with session_factory(engine)() as other:
                mark_as_copy(other, "the other one is live", by="ann")

    monkeypatch.setattr(failpoints, "hit", hit)
    submit(session, robot.robots, submission.id)
    assert robot.names() == []
    assert state(session, submission) == "approved"


def test_a_copy_deletes_no_queue_of_others(session, robot):  # noqa: F811
    submission = approved(session, robot)
    submit(session, robot.robots, submission.id)
    restored(session)
    with pytest.raises(Forbidden, match="this is a copy"):
        ask_to_delete(session, "ZTF", submission.queue_name, by="ann")
    delete_queue(session, robot.robots, "ZTF", submission.queue_name, by="ann")
    assert robot.names() == [submission.queue_name]


def test_what_was_approved_before_is_not_sent_by_the_new_live_one(session, robot):  # noqa: F811
    """The former service may have sent it, and the robot may have executed it, since."""
    submission = approved(session, robot)
    restored(session)
    assert go_live(session, by="ann")
    submit(session, robot.robots, submission.id)
    assert state(session, submission) == "refused"
    assert "the former one may have sent it" in submission.reason
    assert robot.names() == []


def test_what_the_former_one_has_sent_is_taken_up_and_not_taken_back(session, robot):  # noqa: F811
    submission = approved(session, robot)
    backup = submission.version
    submit(session, robot.robots, submission.id)  # the former service, after the backup
    session.execute(
        text("UPDATE submission SET state = 'approved', version = :version, request = ''"),
        {"version": backup},
    )
    session.commit()
    session.expire_all()
    restored(session)
    go_live(session, by="ann")
    track(session, robot.robots, "ZTF")
    assert state(session, submission) == "accepted"
    assert not submission.withdrawal_requested
    assert robot.names() == [submission.queue_name]


def test_what_may_have_arrived_is_asked_about_and_not_sent_again(session, robot):  # noqa: F811
    robot.fail(FaultKind.HANG, method="PUT")
    submission = approved(session, robot)
    submit(session, robot.robots, submission.id)
    assert state(session, submission) == "unconfirmed"
    restored(session)
    go_live(session, by="ann")
    for seconds in (1, 61, 122, 183):
        with later(seconds=seconds):
            submit(session, robot.robots, submission.id)
    assert state(session, submission) == "refused", "the former one may have withdrawn it"
    assert robot.names() == []


def test_an_exchange_that_was_under_way_is_over(session, robot):  # noqa: F811
    submission = approved(session, robot)
    submit(session, robot.robots, submission.id)
    row = add_replacement(session, submission, add_plan(session))
    row.change(ReplacementState.APPROVED)
    session.commit()
    restored(session)
    swap(session, robot.robots, row.id)
    session.refresh(row)
    assert row.state == ReplacementState.APPROVED
    go_live(session, by="ann")
    session.refresh(row)
    assert row.state == ReplacementState.FAILED
    assert robot.names() == [submission.queue_name]


def test_the_second_press_undoes_nothing(session, robot):  # noqa: F811
    restored(session)
    assert go_live(session, by="ann")
    submission = approved(session, robot)
    assert not go_live(session, by="bob")
    submit(session, robot.robots, submission.id)
    assert state(session, submission) == "accepted"


def test_rules_wait_a_day_and_leave_older_events_to_people(session: Session):
    event = add_event(session, event_time=now() - timedelta(minutes=5))
    assert list(against_rules(session, event)) == [], "it has always been the live one"
    restored(session)
    go_live(session, by="ann")
    (reason,) = against_rules(session, event)
    assert "budget" in reason
    with later(seconds=CAUTION.total_seconds() + 60):
        (reason,) = against_rules(session, event)
        assert "older than this service" in reason
        fresh = add_event(session, "S260102a", event_time=now() - timedelta(minutes=5))
        assert list(against_rules(session, fresh)) == []


def test_a_copy_tells_nobody(session: Session):
    event = add_event(session)
    channels = Channels({"oncall": Channel("oncall", "http://127.0.0.1:9/hook")}, "")
    restored(session)
    enter(session, event, "oncall", "wake up", rule_name="all")
    session.commit()
    row = session.scalars(select(Delivery)).one()
    deliver(session, channels, row.id)
    session.refresh(row)
    assert row.state == DeliveryState.FAILED
    assert "this is a copy" in row.reason
    assert row.attempts == 0


def test_two_who_press_at_once_make_it_live_once(session, robot, engine):  # noqa: F811
    """Whoever comes second sees what the first has done, under the lock."""
    restored(session)
    with session_factory(engine)() as other:
        assert why_copy(other)
        assert go_live(session, by="ann")
        submission = approved(session, robot)
        assert not go_live(other, by="bob")
    assert state(session, submission) == SubmissionState.APPROVED
    assert session.scalars(select(Submission.state)).all() == ["approved"]
