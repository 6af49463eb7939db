"""Nothing leaves for a telescope or GCN from a browser whose login is long ago."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import (
    PASSWORD,
    add_circular,
    add_event,
    add_localization,
    add_plan,
    add_submission,
)
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.accounts.people import WebSession
from too_marshal.db.base import now
from too_marshal.db.observing.queues import Submission


def long_ago(session: Session) -> None:
    for row in session.scalars(select(WebSession)):
        row.confirmed_at = now() - timedelta(hours=13)
    session.commit()


def test_the_password_is_asked_for_and_the_way_back_leads_to_the_button(
    approver: FlaskClient, session: Session
):
    event = add_event(session)
    add_localization(session, event)
    plan = add_plan(session, event)
    long_ago(session)
    address, came_from = f"/plans/{plan.id}/submit", f"http://localhost/plans/{plan.id}"
    answer = approver.post(address, headers={"Referer": came_from})
    assert answer.location == f"/confirm?next=/plans/{plan.id}"
    assert session.scalars(select(Submission)).all() == []
    assert "once more" in page(approver, answer.location)
    wrong = approver.post("/confirm", data={"next": f"/plans/{plan.id}", "password": "wrong"})
    assert wrong.status_code == 422
    assert "The password is wrong." in wrong.get_data(as_text=True)
    right = approver.post("/confirm", data={"next": f"/plans/{plan.id}", "password": PASSWORD})
    assert right.location == f"/plans/{plan.id}"
    again = approver.post(address, headers={"Referer": came_from})
    assert again.location is None or not again.location.startswith("/confirm")


@pytest.mark.parametrize("what", ["circular", "submission"])
def test_only_what_leaves_asks_for_it(approver: FlaskClient, session: Session, what: str):
    event = add_event(session)
    add_localization(session, event)
    submission = add_submission(session, add_plan(session, event))
    circular = add_circular(session, event)
    long_ago(session)
    if what == "circular":
        answer = approver.post(f"/circulars/{circular.id}/send", data={"way": "by hand"})
        assert answer.location == "/confirm?next=/"
    else:
        # To take something back must never wait for a password.
        answer = approver.post(f"/submissions/{submission.id}/withdraw")
        assert answer.location is None or not answer.location.startswith("/confirm")


def test_a_login_of_today_is_asked_for_nothing(approver: FlaskClient, session: Session):
    circular = add_circular(session, add_event(session))
    answer = approver.post(f"/circulars/{circular.id}/send", data={"way": "by hand"})
    assert answer.location is None or not answer.location.startswith("/confirm")


def test_the_way_back_leads_nowhere_else(approver: FlaskClient, session: Session):
    circular = add_circular(session, add_event(session))
    long_ago(session)
    elsewhere = {"Referer": "https://evil.example.org//evil.example.org/x"}
    answer = approver.post(f"/circulars/{circular.id}/send", headers=elsewhere)
    assert answer.location == "/confirm?next=/"


@pytest.mark.parametrize(
    ("headers", "way_back"),
    [
        ({"Referer": "http://localhost/queues?telescope=ZTF"}, "/queues?telescope%3DZTF"),
        (
            {"HX-Request": "true", "HX-Current-URL": "http://localhost/events/1?a=b#plans"},
            "/events/1?a%3Db%23plans",
        ),
        ({"HX-Request": "true", "Referer": "http://localhost/queues"}, "/queues"),
        ({"HX-Request": "true", "HX-Current-URL": "https://evil.example//evil.example"}, "/"),
        ({"HX-Request": "true", "HX-Current-URL": "javascript:alert(1)"}, "/"),
        ({"HX-Request": "true", "HX-Current-URL": "http://[/queues"}, "/"),
        ({"Referer": "http://[/queues"}, "/"),
    ],
)
def test_the_way_back_leads_to_the_page_as_it_was_left(
    approver: FlaskClient, session: Session, headers: dict[str, str], way_back: str
):
    circular = add_circular(session, add_event(session))
    long_ago(session)
    answer = approver.post(f"/circulars/{circular.id}/send", headers=headers)
    asked_at = answer.headers.get("HX-Redirect") or answer.location
    assert asked_at == f"/confirm?next={way_back}"
    assert answer.status_code == (204 if "HX-Request" in headers else 303)
