"""What comes in between: a retraction while a message is composed, jobs that were lost."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_notice, add_person
from tests.too_marshal.workflows.alarms.conftest import Recorder, person_with_contact, send_all
from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.alarms import Alarm, Notification, Shift
from too_marshal.db.base import now, session_factory
from too_marshal.db.events import Event
from too_marshal.db.locks import lock
from too_marshal.workflows.alarms import send
from too_marshal.workflows.alarms.escalate import (
    CIRCLES,
    acknowledge_alarm,
    escalate,
    look_for_alarms,
    open_alarm,
)
from too_marshal.workflows.alarms.send import Desk
from too_marshal.workflows.alarms.subscriptions import Wanted, subscribe
from too_marshal.workflows.alarms.tell import tell_listeners


def retract(engine: Engine, event_id: int) -> None:
    """As a notice does: the event first, and then a job that looks for those who were told."""
    with session_factory(engine)() as other:
        event = lock(other, Event, event_id)
        event.is_retracted, event.kind, event.changed_at = True, "retraction", now()
        add_notice(other, event, kind="retraction")
        other.commit()
        tell_listeners(other, event_id)


def shift_of(session: Session, person: Person) -> None:
    session.add(
        Shift(
            starts_at=now() - timedelta(hours=1), ends_at=now() + timedelta(hours=1),
            primary_id=person.id, made_by="root",
        )
    )  # fmt: skip
    session.commit()


def test_a_retraction_while_the_message_is_composed_is_told_as_well(
    session: Session, engine: Engine, desk: Desk, sender: Recorder, monkeypatch: pytest.MonkeyPatch
):
    subscribe(session, Wanted("all", {}), person=person_with_contact(session, "ann"))
    event = add_event(session)
    add_notice(session, event)
    tell_listeners(session, event.id)
    (row,) = session.scalars(select(Notification)).all()
    session.commit()
    threads, compose = [], send._message

    def composing(*given: object) -> object:
        message = compose(*given)  # type: ignore[arg-type]
        thread = threading.Thread(target=retract, args=(engine, event.id))
        threads.append(thread)
        thread.start()
        # It must not have been able to look for those who were told.
        thread.join(0.3)
        return message

    monkeypatch.setattr(send, "_message", composing)
    with session_factory(engine)() as own:
        send.send_notification(own, desk, row.id)
    monkeypatch.setattr(send, "_message", compose)
    threads[0].join(30)
    with session_factory(engine)() as own:
        send_all(own, desk)
    assert ["RETRACTED" in message.subject for _, message in sender.sent] == [False, True]


def test_nobody_is_rung_up_for_what_is_retracted(
    session: Session, engine: Engine, desk: Desk, sender: Recorder
):
    shift_of(session, person_with_contact(session, "ann"))
    event = add_event(session)
    add_notice(session, event)
    alarm = open_alarm(session, event.id, "x")
    assert alarm is not None
    escalate(session, desk, alarm.id, 0)
    retract(engine, event.id)
    with session_factory(engine)() as own:
        send_all(own, desk)
    assert sender.sent == []


def test_an_event_of_an_archive_tells_nobody(session: Session, desk: Desk, sender: Recorder):
    subscribe(session, Wanted("all", {}), person=person_with_contact(session, "ann"))
    event = add_event(session, event_time=now() - timedelta(days=900))
    tell_listeners(session, event.id)
    send_all(session, desk)
    assert sender.sent == []


def test_while_nothing_reaches_anybody_everybody_is_tried_again_later(session: Session, desk: Desk):
    shift_of(session, add_person(session, "ann", Role.OBSERVER))
    alarm = open_alarm(session, add_event(session).id, "x")
    assert alarm is not None
    for step in range(len(CIRCLES)):
        escalate(session, desk, alarm.id, step)
    wait = session.scalar(
        text(
            "SELECT extract(epoch from max(scheduled_at) - now()) FROM procrastinate_jobs"
            " WHERE task_name = 'escalate'"
        )
    )
    assert float(wait) == pytest.approx(300, abs=20)


def test_a_step_that_was_lost_is_asked_for_again_and_one_that_waits_is_not(session: Session):
    shift_of(session, person_with_contact(session, "ann"))
    alarm = open_alarm(session, add_event(session).id, "x")
    assert alarm is not None

    def jobs() -> int:
        query = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'escalate'")
        return int(session.scalar(query) or 0)

    look_for_alarms(session)
    assert jobs() == 1
    session.execute(text("DELETE FROM procrastinate_jobs WHERE task_name = 'escalate'"))
    session.commit()
    look_for_alarms(session)
    assert jobs() == 1
    acknowledge_alarm(session, alarm.id, by="ann", how="page")
    session.execute(text("DELETE FROM procrastinate_jobs WHERE task_name = 'escalate'"))
    session.commit()
    look_for_alarms(session)
    assert jobs() == 0
    assert session.scalars(select(Alarm)).one().acknowledged_by == "ann"


def test_one_who_acknowledges_while_the_next_circle_is_woken_ends_it(
    session: Session, engine: Engine, desk: Desk, sender: Recorder
):
    """Whoever comes first holds the alarm: the other sees what was done."""
    shift_of(session, person_with_contact(session, "ann"))
    alarm = open_alarm(session, add_event(session).id, "x")
    assert alarm is not None
    with session_factory(engine)() as person:
        lock(person, Alarm, alarm.id)
        step = threading.Thread(target=_escalate, args=(engine, desk, alarm.id))
        step.start()
        step.join(0.3)
        assert step.is_alive()
        acknowledge_alarm(person, alarm.id, by="ann", how="key")
    step.join(30)
    send_all(session, desk)
    assert sender.sent == []


def _escalate(engine: Engine, desk: Desk, alarm_id: int) -> None:
    with session_factory(engine)() as worker:
        escalate(worker, desk, alarm_id, 0)
