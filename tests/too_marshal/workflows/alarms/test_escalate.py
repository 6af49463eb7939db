"""Somebody is woken, then somebody else, until one of them says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.too_marshal.clocks import later
from tests.too_marshal.factories import add_event
from tests.too_marshal.workflows.alarms.conftest import Recorder, person_with_contact, send_all
from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.alarms import Alarm, Contact, Shift
from too_marshal.db.base import now
from too_marshal.db.events import Activity, Event
from too_marshal.workflows.alarms.escalate import (
    STEPS,
    acknowledge_alarm,
    escalate,
    open_alarm,
)
from too_marshal.workflows.alarms.people import set_hours
from too_marshal.workflows.alarms.send import Desk
from too_marshal.workflows.alarms.tokens import Acknowledging, read_token


@pytest.fixture
def people(session: Session) -> list[Person]:
    """Ann is first, Ben is second, Cid is there, Eve may only look."""
    found = [person_with_contact(session, name) for name in ("ann", "ben", "cid")]
    person_with_contact(session, "eve", Role.VIEWER)
    session.add(
        Shift(
            starts_at=now() - timedelta(hours=1), ends_at=now() + timedelta(hours=8),
            primary_id=found[0].id, secondary_id=found[1].id, made_by="root",
        )
    )  # fmt: skip
    session.commit()
    return found


@pytest.fixture
def event(session: Session) -> Event:
    return add_event(session)


def opened(session: Session, event: Event) -> Alarm:
    alarm = open_alarm(session, event.id, "rule 'mergers'")
    assert alarm is not None
    return alarm


def waiting(session: Session) -> list[tuple[int, float]]:
    """Steps that are asked for, with the seconds until each."""
    rows = session.execute(
        text(
            "SELECT args->>'step', extract(epoch from scheduled_at - now()) FROM procrastinate_jobs"
            " WHERE task_name = 'escalate' ORDER BY id"
        )
    )
    return [(int(step), float(seconds or 0)) for step, seconds in rows]


def addresses(sender: Recorder) -> list[str]:
    return [address.partition("@")[0] for address, _ in sender.sent]


def step(session: Session, desk: Desk, alarm: Alarm, number: int) -> None:
    escalate(session, desk, alarm.id, number)
    send_all(session, desk)


@pytest.mark.usefixtures("people")
def test_first_then_second_then_everybody_after_the_set_time(
    session: Session, event: Event, desk: Desk, sender: Recorder
):
    alarm = opened(session, event)
    assert waiting(session) == [(0, 0.0)]
    step(session, desk, alarm, 0)
    assert addresses(sender) == ["ann"]
    assert waiting(session)[-1] == (1, pytest.approx(300, abs=20))
    step(session, desk, alarm, 1)
    assert addresses(sender) == ["ann", "ben"]
    step(session, desk, alarm, 2)
    assert addresses(sender) == ["ann", "ben", "ann", "ben", "cid"], "who may only look sleeps on"
    message = sender.sent[0][1]
    assert message.is_urgent
    assert "needs you" in message.subject
    token = message.acknowledge.removeprefix("https://too.example.org/acknowledge/")
    assert read_token(desk.secret_key, token) == Acknowledging(alarm.id, 1)
    assert message.answer == f"{message.acknowledge}/key"


@pytest.mark.usefixtures("people")
def test_a_step_is_taken_once_and_in_its_order(
    session: Session, event: Event, desk: Desk, sender: Recorder
):
    alarm = opened(session, event)
    for number in (1, 0, 0, 2):
        step(session, desk, alarm, number)
    assert addresses(sender) == ["ann"]
    assert [number for number, _ in waiting(session)] == [0, 1]


@pytest.mark.usefixtures("people")
def test_whoever_acknowledges_ends_it_for_all(
    session: Session, event: Event, desk: Desk, sender: Recorder
):
    alarm = opened(session, event)
    step(session, desk, alarm, 0)
    assert acknowledge_alarm(session, alarm.id, by="ann", how="link")
    assert not acknowledge_alarm(session, alarm.id, by="ben", how="page")
    step(session, desk, alarm, 1)
    assert addresses(sender) == ["ann"]
    session.refresh(alarm)
    assert (alarm.acknowledged_by, alarm.acknowledged_how) == ("ann", "link")
    lines = session.scalars(select(Activity.text).where(Activity.subject == "alarm"))
    assert list(lines) == [
        "Alarm: rule 'mergers'", "Alarm to primary: ann", "Alarm acknowledged by link",
    ]  # fmt: skip


@pytest.mark.usefixtures("people")
def test_a_message_that_waits_is_not_sent_once_somebody_has_acknowledged(
    session: Session, event: Event, desk: Desk, sender: Recorder
):
    alarm = opened(session, event)
    escalate(session, desk, alarm.id, 0)
    acknowledge_alarm(session, alarm.id, by="ben", how="page")
    send_all(session, desk)
    assert sender.sent == []


@pytest.mark.usefixtures("people")
def test_a_retraction_ends_it_and_a_retracted_event_wakes_nobody(
    session: Session, event: Event, desk: Desk, sender: Recorder
):
    alarm = opened(session, event)
    event.is_retracted = True
    session.commit()
    step(session, desk, alarm, 0)
    session.refresh(alarm)
    assert alarm.ended_at is not None
    assert sender.sent == []
    other = add_event(session, "S2", is_retracted=True)
    assert open_alarm(session, other.id, "x") is None


@pytest.mark.usefixtures("people")
def test_an_event_has_one_alarm(session: Session, event: Event):
    first, second = opened(session, event), opened(session, event)
    assert first.id == second.id
    assert len(waiting(session)) == 1


def test_quiet_hours_of_who_is_on_call_do_not_count(
    session: Session, people: list[Person], event: Event, desk: Desk, sender: Recorder
):
    for person in people:
        set_hours(session, person, time_zone="UTC", quiet_from="00:00", quiet_until="23:59")
    step(session, desk, opened(session, event), 0)
    assert addresses(sender) == ["ann"]


def test_whom_nothing_reaches_is_not_waited_for(
    session: Session, people: list[Person], event: Event, desk: Desk
):
    for contact in session.scalars(select(Contact).where(Contact.person_id == people[0].id)):
        contact.is_enabled = False
    session.commit()
    alarm = opened(session, event)
    escalate(session, desk, alarm.id, 0)
    assert waiting(session)[-1] == (1, pytest.approx(0, abs=20))
    lines = session.scalars(select(Activity.text).where(Activity.subject == "alarm"))
    assert "Nobody to wake as primary" in set(lines)


def test_without_a_shift_everybody_is_woken_and_without_anybody_there_is_no_alarm(
    session: Session, event: Event, desk: Desk, sender: Recorder
):
    assert open_alarm(session, event.id, "x") is None
    for name in ("ann", "ben"):
        person_with_contact(session, name, wakes=True)
    alarm = opened(session, event)
    for number in range(3):
        step(session, desk, alarm, number)
    assert addresses(sender) == ["ann", "ben"]


@pytest.mark.usefixtures("people")
def test_it_rings_for_a_while_and_stays_open(session: Session, event: Event, desk: Desk):
    alarm = opened(session, event)
    for number in range(STEPS + 3):
        escalate(session, desk, alarm.id, number)
    session.refresh(alarm)
    assert alarm.step == STEPS
    assert (alarm.acknowledged_at, alarm.ended_at) == (None, None)


def test_who_is_on_call_by_then_is_woken(
    session: Session, people: list[Person], event: Event, desk: Desk, sender: Recorder
):
    shift = session.scalars(select(Shift)).one()
    session.add(
        Shift(
            starts_at=shift.ends_at, ends_at=shift.ends_at + timedelta(hours=8),
            primary_id=people[2].id, made_by="root",
        )
    )  # fmt: skip
    session.commit()
    with later(hours=9):
        step(session, desk, opened(session, event), 0)
    assert addresses(sender) == ["cid"]
