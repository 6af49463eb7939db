"""Who wants to know is told once, of what they asked for, and of what changes afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal import alerts
from tests.too_marshal.factories import add_event, add_localization, add_night
from tests.too_marshal.workflows.alarms.conftest import Recorder, person_with_contact, send_all
from tests.too_marshal.workflows.events.test_associate import event_of, take
from too_marshal.db.accounts.people import Person
from too_marshal.db.accounts.teams import Team
from too_marshal.db.alarms import (
    Contact,
    Notification,
    Occasion,
)
from too_marshal.db.base import now
from too_marshal.db.deliveries import DeliveryState
from too_marshal.deployment.channels import Outcome
from too_marshal.workflows.alarms.people import set_hours
from too_marshal.workflows.alarms.send import PAUSES, Desk, send_notification
from too_marshal.workflows.alarms.subscriptions import (
    SubscriptionInvalid,
    Wanted,
    checked,
    subscribe,
    would_have_told,
)
from too_marshal.workflows.alarms.tell import tell_listeners, tell_mentioned
from too_marshal.workflows.incident.notes import write_note

MERGERS: dict[str, Any] = {"streams": ["lvk"], "minimum_classes": {"BNS": 0.5}}


def notifications(session: Session) -> list[Notification]:
    query = select(Notification).order_by(Notification.id)
    return list(session.scalars(query, execution_options={"populate_existing": True}))


@pytest.fixture
def ann(session: Session) -> Person:
    person = person_with_contact(session, "ann")
    subscribe(session, Wanted("mergers", MERGERS), person=person)
    return person


@pytest.mark.usefixtures("ann")
def test_a_person_is_told_once_on_one_screen(session: Session, desk: Desk, sender: Recorder):
    event = add_event(session)
    add_localization(session, event)
    for _ in range(3):
        tell_listeners(session, event.id)
        send_all(session, desk)
    ((address, message),) = sender.sent
    assert address == "ann@example.org"
    for words in ("S260101a: BNS 93.0 %", "90 % in", "T0 ", "Next: "):
        assert words in f"{message.subject}\n{message.text}"
    assert len(message.text.splitlines()) <= 8
    assert message.link == f"https://too.example.org/events/{event.id}"
    assert message.acknowledge == ""
    assert "%" not in message.speech
    (row,) = notifications(session)
    assert (row.state, row.why, row.text) == (DeliveryState.SENT, "mergers", message.text)


@pytest.mark.usefixtures("ann")
def test_what_was_not_asked_for_is_not_told(session: Session):
    tell_listeners(session, add_event(session, classification={"BBH": 1.0}).id)
    tell_listeners(session, add_event(session, "MS1", is_test=True).id)
    tell_listeners(session, add_event(session, "S2", is_retracted=True).id)
    assert notifications(session) == []


def test_a_team_is_told_by_its_members_of_now(session: Session, desk: Desk, sender: Recorder):
    people = [person_with_contact(session, name) for name in ("ann", "ben", "cid")]
    team = Team(name="night", members=people[:2])
    session.add(team)
    session.commit()
    subscribe(session, Wanted("all", {}), team=team)
    subscribe(session, Wanted("own", {}), person=people[0])
    tell_listeners(session, add_event(session).id)
    send_all(session, desk)
    assert [address for address, _ in sender.sent] == ["ann@example.org", "ben@example.org"]


def test_who_asks_for_reach_is_told_once_the_night_is_known(session: Session, ann: Person):
    ben = person_with_contact(session, "ben")
    subscribe(session, Wanted("reach", {}, minimum_reachable=0.2), person=ben)
    event = add_event(session)
    add_localization(session, event)
    tell_listeners(session, event.id)
    assert [row.person_id for row in notifications(session)] == [ann.id]
    for ahead in (0, 1):
        add_night(session, event, ahead=ahead)
    tell_listeners(session, event.id)
    assert [row.person_id for row in notifications(session)] == [ann.id, ben.id]


def test_quiet_hours_put_it_off_and_the_most_urgent_breaks_them(session: Session, ann: Person):
    clock = now() - timedelta(hours=1)
    quiet = f"{clock:%H:%M}", f"{clock + timedelta(hours=3):%H:%M}"
    set_hours(session, ann, time_zone="UTC", quiet_from=quiet[0], quiet_until=quiet[1])
    event = add_event(session)
    tell_listeners(session, event.id)
    (row,) = notifications(session)
    assert timedelta(hours=1) < row.due_at - now() < timedelta(hours=2, minutes=1)
    ben = person_with_contact(session, "ben")
    set_hours(session, ben, time_zone="UTC", quiet_from=quiet[0], quiet_until=quiet[1])
    subscribe(session, Wanted("golden", {"streams": ["lvk"]}, is_top=True), person=ben)
    tell_listeners(session, event.id)
    assert notifications(session)[-1].due_at <= now()


def test_a_retraction_reaches_all_who_were_told_and_spares_the_others(
    session: Session, ann: Person, desk: Desk, sender: Recorder
):
    quiet = person_with_contact(session, "quiet")
    subscribe(session, Wanted("all", {}), person=quiet)
    take(session, alerts.lvk(skymap=alerts.skymap_fits(order=2)))
    event = event_of(session, "lvk")
    subscribe(session, Wanted("everything", {"tests": True}), person=ann)
    tell_listeners(session, event.id)
    rows = notifications(session)
    send_notification(session, desk, next(row.id for row in rows if row.person_id == ann.id))
    take(session, alerts.lvk(alert_type="RETRACTION", created="2026-11-22T04:00:00Z"))
    for hour in (5, 6):
        tell_listeners(session, event.id)
        # A mission may say so twice.
        take(session, alerts.lvk(alert_type="RETRACTION", created=f"2026-11-22T0{hour}:00:00Z"))
    tell_listeners(session, event.id)
    send_all(session, desk)
    assert [address for address, _ in sender.sent] == ["ann@example.org"] * 2
    assert "is RETRACTED" in sender.sent[1][1].subject
    spared = [row for row in notifications(session) if row.person_id == quiet.id]
    assert all(row.state == DeliveryState.FAILED for row in spared)


def test_who_was_told_is_told_of_what_changes(
    session: Session, ann: Person, desk: Desk, sender: Recorder
):
    take(session, alerts.lvk(skymap=alerts.skymap_fits(order=2)))
    event = event_of(session, "lvk")
    subscribe(session, Wanted("everything", {"tests": True}), person=ann)
    tell_listeners(session, event.id)
    send_all(session, desk)
    update = alerts.lvk(
        alert_type="UPDATE", created="2026-11-22T05:00:00Z", skymap=alerts.skymap_fits(order=2),
        classification={"BNS": 0.1, "NSBH": 0.8, "BBH": 0.05, "Terrestrial": 0.05},
    )  # fmt: skip
    take(session, update)
    tell_listeners(session, event.id)
    tell_listeners(session, event.id)
    send_all(session, desk)
    assert len(sender.sent) == 2
    assert "has changed" in sender.sent[1][1].subject
    assert "→" in sender.sent[1][1].text
    assert notifications(session)[-1].occasion == Occasion.UPDATE


@pytest.mark.usefixtures("ann")
def test_it_is_tried_again_where_it_certainly_did_not_arrive_and_only_there(
    session: Session, desk: Desk, sender: Recorder
):
    tell_listeners(session, add_event(session).id)
    sender.outcomes = [Outcome(DeliveryState.WAITING, "no connection")] * 2
    for _ in range(3):
        send_all(session, desk)
    (row,) = notifications(session)
    assert (row.state, row.attempts, len(sender.sent)) == (DeliveryState.SENT, 3, 3)
    assert len({message.key for _, message in sender.sent}) == 1
    tell_listeners(session, add_event(session, "S2").id)
    sender.outcomes = [Outcome(DeliveryState.UNCONFIRMED, "no answer")]
    for _ in range(2):
        send_all(session, desk)
    assert len(sender.sent) == 4
    assert notifications(session)[-1].state == DeliveryState.UNCONFIRMED


@pytest.mark.usefixtures("ann")
def test_what_never_arrives_is_given_up_and_said(session: Session, desk: Desk, sender: Recorder):
    tell_listeners(session, add_event(session).id)
    sender.outcomes = [Outcome(DeliveryState.WAITING, "no connection")] * 9
    for _ in range(9):
        send_all(session, desk)
    (row,) = notifications(session)
    assert (row.state, row.reason) == (DeliveryState.FAILED, "no connection")
    assert len(sender.sent) == len(PAUSES) + 1


@pytest.mark.usefixtures("ann")
def test_a_process_that_died_while_it_sent_leaves_it_unconfirmed(
    session: Session, desk: Desk, sender: Recorder
):
    tell_listeners(session, add_event(session).id)
    (row,) = notifications(session)
    row.state, row.attempts = DeliveryState.SENDING, 1
    session.commit()
    send_notification(session, desk, row.id)
    assert sender.sent == []
    assert notifications(session)[0].state == DeliveryState.UNCONFIRMED


@pytest.mark.usefixtures("ann")
def test_who_does_not_want_it_any_more_gets_nothing(session: Session, desk: Desk, sender: Recorder):
    tell_listeners(session, add_event(session).id)
    session.scalars(select(Contact)).one().is_enabled = False
    session.commit()
    send_all(session, desk)
    assert sender.sent == []
    assert "does not want" in notifications(session)[0].reason


def test_what_rings_is_for_alarms_only(session: Session):
    ann = person_with_contact(session, "ann", wakes=True)
    subscribe(session, Wanted("all", {}), person=ann)
    tell_listeners(session, add_event(session).id)
    assert notifications(session) == []


@pytest.mark.usefixtures("ann")
def test_who_is_called_by_a_note_is_written_to(session: Session, desk: Desk, sender: Recorder):
    note = write_note(session, add_event(session).id, "@ann look", by="ben")
    tell_mentioned(session, note.id)
    tell_mentioned(session, note.id)
    send_all(session, desk)
    ((_, message),) = sender.sent
    assert message.text == "ben calls you: @ann look"


def test_a_subscription_is_tried_on_the_last_month(session: Session):
    recent, old = add_event(session), add_event(session, "S2")
    old.created_at = now() - timedelta(days=40)
    add_event(session, "S3", classification={"BBH": 1.0})
    session.commit()
    assert would_have_told(session, Wanted("m", MERGERS)) == [recent]
    assert would_have_told(session, Wanted("m", MERGERS, minimum_reachable=0.9)) == [recent]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (Wanted("", {}), "name"),
        (Wanted("x", {"streams": ["nonsense"]}), "streams"),
        (Wanted("x", {}, minimum_reachable=2.0), "minimum_reachable"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_its_field(wanted: Wanted, field: str):
    with pytest.raises(SubscriptionInvalid) as refusal:
        checked(wanted)
    assert list(refusal.value.faults) == [field]


def test_people_who_left_are_told_nothing(session: Session, ann: Person):
    ann.is_active = False
    session.commit()
    tell_listeners(session, add_event(session).id)
    assert notifications(session) == []


def test_a_change_is_told_once_though_other_notices_came_since(
    session: Session, ann: Person, desk: Desk, sender: Recorder
):
    take(session, alerts.lvk(skymap=alerts.skymap_fits(order=2)))
    event = event_of(session, "lvk")
    subscribe(session, Wanted("everything", {"tests": True}), person=ann)
    tell_listeners(session, event.id)
    send_all(session, desk)
    changed = {"BNS": 0.1, "NSBH": 0.8, "BBH": 0.05, "Terrestrial": 0.05}
    for hour in (4, 5, 6):
        update = alerts.lvk(
            alert_type="UPDATE", created=f"2026-11-22T0{hour}:00:00Z",
            skymap=alerts.skymap_fits(order=2), classification=changed,
        )  # fmt: skip
        take(session, update)
        if hour > 4:  # the first was not looked at before the second came
            tell_listeners(session, event.id)
            send_all(session, desk)
    assert [message.subject.count("has changed") for _, message in sender.sent] == [0, 1]
