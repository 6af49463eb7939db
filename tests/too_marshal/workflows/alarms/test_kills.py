"""Kill the worker again and again while people are told and woken: once each, and none forgotten.

Messages go by the real sender to a real server. Each kill takes everything that works at once, as
a power cut does: from outside at random, or from within at named points by `TOO_CRASH_AT`.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_notice, add_person
from tests.too_marshal.fleet import count
from tests.too_marshal.nursery import Nursery
from tests.too_marshal.receiver import Receiver, receiving
from too_marshal import tasks
from too_marshal.db.accounts.people import Role
from too_marshal.db.alarms import Alarm, Contact, Notification, Occasion, Shift
from too_marshal.db.base import now, session_factory
from too_marshal.db.deliveries import DeliveryState
from too_marshal.processes import rescue
from too_marshal.workflows.alarms.escalate import acknowledge_alarm, look_for_alarms
from too_marshal.workflows.alarms.lost import look_for_lost_messages
from too_marshal.workflows.alarms.subscriptions import Wanted, subscribe

KILLS = 20
SEED = 20261128
PEOPLE = ("ann", "ben", "cid", "dan")
CRASHES = ",".join(
    f"{moment}_{what}:0.04"
    for what in ("tell_listeners", "open_alarm", "escalate", "send_notification", "message")
    for moment in ("before", "after")
)
MESSAGES = "task_name IN ('tell_listeners', 'open_alarm', 'send_notification')"
WORK = f"SELECT count(*) FROM procrastinate_jobs WHERE {MESSAGES} AND status IN ('todo', 'doing')"
CALM = "SELECT count(*) FROM alarm WHERE step < 2"
ON_THE_WAY = (
    "SELECT count(*) FROM notification WHERE state = 'sending' OR (state = 'waiting' AND"
    " alarm_id IS NOT NULL)"
)
ESCALATIONS = (
    "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'escalate'"
    " AND status IN ('todo', 'doing')"
)


@pytest.fixture
def nursery(database_url: str, tmp_path: Path) -> Iterator[Nursery]:
    environ = {
        **os.environ,
        "TOO_DATABASE_URL": database_url,
        "TOO_DATA_DIR": str(tmp_path),
        "TOO_SECRET_KEY": "a key of this test",
        "TOO_PUBLIC_URL": "https://too.example.org",
        "TOO_ALLOW_PRIVATE_ADDRESSES": "yes",
        "TOO_ESCALATE_AFTER": "1",
    }
    with closing(Nursery(environ)) as nursery:
        yield nursery


def people_of(session: Session, receiver: Receiver) -> None:
    """Four observers who want to know of everything; Ann is on call, and then Ben."""
    people = [add_person(session, name, Role.OBSERVER) for name in PEOPLE]
    for person in people:
        address = receiver.address(person.username)
        session.add(Contact(person_id=person.id, kind="webhook", address=address))
        subscribe(session, Wanted("all", {}), person=person)
    session.add(
        Shift(
            starts_at=now() - timedelta(hours=1), ends_at=now() + timedelta(hours=8),
            primary_id=people[0].id, secondary_id=people[1].id, made_by="root",
        )
    )  # fmt: skip
    session.commit()


def happen(session: Session, number: int) -> None:
    """An event comes; every fourth rings."""
    event = add_event(session, f"S26{number:04d}a")
    add_notice(session, event)
    tasks.tell_listeners(event_id=event.id).defer(session)
    if number % 4 == 0:
        tasks.open_alarm(event_id=event.id, why="the rule of this test").defer(session)
    session.commit()


def recover(engine: Engine) -> None:
    """Do at once what other workers and the clock do in seconds: nobody is alive meanwhile."""
    with session_factory(engine)() as session:
        for row in rescue.under_way(session):
            rescue.give_back(session, row)
        session.commit()
        look_for_alarms(session)
        look_for_lost_messages(session)


def wait_for(condition: Callable[[], bool], engine: Engine, nursery: Nursery) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        if not nursery.lives():
            recover(engine)
            nursery.start()
        time.sleep(0.02)


def kill_and_kill(engine: Engine, session: Session, nursery: Nursery) -> int:
    """Kill the worker so often while events come; returns how often it died of itself."""
    chance, crashed = random.Random(SEED), 0
    for number in range(KILLS):
        happen(session, number)
        nursery.start(CRASHES if number % 2 else "")
        until = time.monotonic() + chance.uniform(0.15, 0.7)
        while nursery.lives() and time.monotonic() < until:
            time.sleep(0.01)
        crashed += not nursery.lives()
        nursery.kill()
        recover(engine)
    return crashed


def test_kills_tell_nobody_twice_and_forget_nobody(
    engine: Engine, session: Session, nursery: Nursery, monkeypatch: pytest.MonkeyPatch
):
    # Here it is never the job that kills the worker.
    monkeypatch.setattr(rescue, "MAX_DEATHS", 10 * KILLS)
    with receiving(delay=0.03) as receiver:
        people_of(session, receiver)
        began = time.monotonic()
        crashed = kill_and_kill(engine, session, nursery)
        nursery.start()
        wait_for(lambda: count(engine, WORK) == count(engine, CALM) == 0, engine, nursery)
        acknowledged = acknowledge_all(session)
        wait_for(lambda: count(engine, ON_THE_WAY) == 0, engine, nursery)
        arrived = len(receiver.arrived)
        nursery.kill()
        recover(engine)
        nursery.start()
        wait_for(lambda: count(engine, ESCALATIONS) == 0, engine, nursery)
        recover(engine)
        wait_for(lambda: count(engine, WORK) == 0, engine, nursery)
        seconds = time.monotonic() - began
        assert len(receiver.arrived) == arrived, "nobody is woken after the acknowledgment"
        assert receiver.doubled() == []
        rows = session.scalars(select(Notification).order_by(Notification.id)).all()
        check_everybody_was_told(rows)
        check_who_was_woken(rows, acknowledged)
        check_arrivals(rows, receiver)
    unsure = sum(row.state == DeliveryState.UNCONFIRMED for row in rows)
    print(
        f"\n{KILLS + 1} kills, {crashed} at named points, {seconds:.1f} s: {len(rows)} messages,"
        f" {arrived} arrived, {unsure} unconfirmed; none twice, none forgotten"
    )


def acknowledge_all(session: Session) -> dict[int, datetime]:
    """Ben sees to all; when, by alarm."""
    ids = session.scalars(select(Alarm.id)).all()
    assert len(ids) == KILLS // 4
    for alarm_id in ids:
        assert acknowledge_alarm(session, alarm_id, by="ben", how="page")
    alarms = session.scalars(select(Alarm), execution_options={"populate_existing": True})
    return {alarm.id: alarm.acknowledged_at for alarm in alarms if alarm.acknowledged_at}


def check_everybody_was_told(rows: list[Notification]) -> None:
    told = [(row.person.username, row.event_id) for row in rows if row.occasion == Occasion.EVENT]
    assert len(told) == len(set(told)) == len(PEOPLE) * KILLS
    states = {row.state for row in rows if row.occasion == Occasion.EVENT}
    assert states <= {DeliveryState.SENT, DeliveryState.UNCONFIRMED}


def check_who_was_woken(rows: list[Notification], acknowledged: dict[int, datetime]) -> None:
    """First Ann, then Ben, then all, each step once, and none after the acknowledgment."""
    woken: dict[int, list[str]] = {alarm_id: [] for alarm_id in acknowledged}
    for row in rows:
        if row.alarm_id is not None:
            woken[row.alarm_id].append(row.person.username)
            assert row.created_at < acknowledged[row.alarm_id]
            known = {DeliveryState.SENT, DeliveryState.UNCONFIRMED}
            assert row.state in known or row.reason == "ben had acknowledged before"
    for names in woken.values():
        assert names[:2] == ["ann", "ben"]
        everybody = names[2:]
        rounds = [everybody[at : at + len(PEOPLE)] for at in range(0, len(everybody), len(PEOPLE))]
        assert all(each == list(PEOPLE) for each in rounds)


def check_arrivals(rows: list[Notification], receiver: Receiver) -> None:
    """What is called sent has arrived; what has arrived is called sent, or not known."""
    arrived = {arrival.key: arrival.person for arrival in receiver.arrived}
    for row in rows:
        person = arrived.pop(f"too-marshal-{row.id}", None)
        if row.state == DeliveryState.SENT or person is not None:
            assert person == row.person.username
            assert row.state in {DeliveryState.SENT, DeliveryState.UNCONFIRMED}
    assert arrived == {}
