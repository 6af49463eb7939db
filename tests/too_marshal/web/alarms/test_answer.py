"""An alarm is answered by its link, by a key, or on the page; and by nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_person
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.alarms import Alarm
from too_marshal.deployment.senders.twilio import signature_of
from too_marshal.http.service import EXTENSION
from too_marshal.workflows.alarms.tokens import Acknowledging, token_of

TWILIO = "a token of an account"


@pytest.fixture
def ann(session: Session) -> Person:
    return add_person(session, "ann", Role.OBSERVER)


@pytest.fixture
def alarm(session: Session) -> Alarm:
    row = Alarm(event_id=add_event(session).id, why="rule 'mergers'", acknowledged_how="")
    session.add(row)
    session.commit()
    return row


@pytest.fixture
def address(app: Flask, ann: Person, alarm: Alarm) -> str:
    key = app.extensions[EXTENSION].settings.session_key()
    return f"/acknowledge/{token_of(key, Acknowledging(alarm.id, ann.id))}"


def test_looking_at_the_link_changes_nothing_and_the_button_does(
    app: Flask, session: Session, alarm: Alarm, address: str
):
    anybody = app.test_client()
    text = page(anybody, address)
    assert "I see to it" in text
    session.refresh(alarm)
    assert alarm.acknowledged_at is None
    assert anybody.post(address).status_code == 303
    session.refresh(alarm)
    assert (alarm.acknowledged_by, alarm.acknowledged_how) == ("ann", "link")
    assert "ann</bdi> acknowledged" in page(anybody, address)


def test_a_link_that_is_none_of_ours_opens_nothing(app: Flask):
    anybody = app.test_client()
    assert anybody.get("/acknowledge/nonsense").status_code == 404
    assert anybody.post("/acknowledge/nonsense").status_code == 404


def test_the_link_of_who_has_left_opens_nothing(
    app: Flask, session: Session, ann: Person, address: str
):
    ann.is_active = False
    session.commit()
    assert app.test_client().post(address).status_code == 404


def test_a_key_counts_only_with_the_services_signature(
    app: Flask, session: Session, alarm: Alarm, address: str
):
    service = app.extensions[EXTENSION]
    settings = replace(service.settings, twilio_token=TWILIO, public_url="https://too.example.org")
    app.extensions[EXTENSION] = replace(service, settings=settings)
    anybody, form = app.test_client(), {"Digits": "1", "CallSid": "CA1"}
    url = f"https://too.example.org{address}/key"
    assert anybody.post(f"{address}/key", data=form).status_code == 400
    forged = {"X-Twilio-Signature": signature_of("another", url, form.items())}
    assert anybody.post(f"{address}/key", data=form, headers=forged).status_code == 400
    right = {"X-Twilio-Signature": signature_of(TWILIO, url, form.items())}
    answer = anybody.post(f"{address}/key", data=form, headers=right)
    assert answer.status_code == 200
    assert "ann sees to it" in answer.get_data(as_text=True)
    session.refresh(alarm)
    assert (alarm.acknowledged_by, alarm.acknowledged_how) == ("ann", "key")


def test_without_an_account_no_key_counts(app: Flask, address: str):
    url = f"http://localhost{address}/key"
    empty = {"X-Twilio-Signature": signature_of("", url, [])}
    assert app.test_client().post(f"{address}/key", headers=empty).status_code == 400


def test_the_event_is_red_until_somebody_sees_to_it(observer: FlaskClient, alarm: Alarm):
    event = f"/events/{alarm.event_id}"
    assert "nobody has acknowledged it" in page(observer, event)
    assert "alarm, nobody yet" in page(observer, "/")
    observer.post(f"{event}/alarm")
    text = page(observer, event)
    assert "Alarm acknowledged by <bdi>observer</bdi>, page" in text
    assert "alarm, nobody yet" not in page(observer, "/")
    again = observer.post(f"{event}/alarm")
    assert "observer had acknowledged it before." in page(observer, again.location)


def test_who_acknowledges_the_event_acknowledges_its_alarm(
    observer: FlaskClient, session: Session, alarm: Alarm
):
    event = alarm.event
    seen = {"seen": event.changed_at.isoformat()}
    observer.post(f"/events/{event.id}/acknowledgments", data=seen)
    session.refresh(alarm)
    assert alarm.acknowledged_by == "observer"
