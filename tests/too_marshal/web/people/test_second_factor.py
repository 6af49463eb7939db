"""A login with a second factor needs the device; and the password first."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import PASSWORD, add_circular, add_event, add_person
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.accounts.factors import SecondFactor
from too_marshal.db.accounts.people import LoginAttempt, Person, Role, WebSession
from too_marshal.db.base import now
from too_marshal.db.events import Activity
from too_marshal.workflows.accounts.people import set_password

PAGE = "/account/second-factor"
COOKIE = "toom_session"


@pytest.fixture(autouse=True)
def anna(session: Session) -> Person:
    return add_person(session, "anna", Role.APPROVER)


def log_in(client: FlaskClient, password: str = PASSWORD):
    return client.post("/login", data={"username": "anna", "password": password, "next": "/queues"})


@pytest.fixture
def device(app: Flask) -> tuple[pyotp.TOTP, list[str]]:
    """Anna's device, set up on the page, and her ten codes."""
    client = app.test_client()
    log_in(client)
    assert "Only your password" in page(client, PAGE)
    text = client.post(PAGE).get_data(as_text=True)
    assert "<svg" in text
    uri = html.unescape(re.search(r'href="(otpauth://[^"]+)"', text)[1])
    totp = pyotp.parse_uri(uri)
    wrong = client.post(f"{PAGE}/confirm", data={"code": "0"})
    assert wrong.status_code == 422
    # It can be tried again on the page that says so; the picture is not shown twice.
    assert 'name="code"' in wrong.get_data(as_text=True)
    assert "<svg" not in wrong.get_data(as_text=True)
    shown = client.post(f"{PAGE}/confirm", data={"code": totp.at(now(), counter_offset=-1)})
    codes = re.findall(r"<code>(\w+)</code>", shown.get_data(as_text=True))
    assert len(codes) == 10
    return totp, codes


def test_the_code_is_asked_for_after_the_password(app: Flask, device: tuple[pyotp.TOTP, list[str]]):
    client = app.test_client()
    answer = log_in(client)
    assert answer.location == "/login/code?next=/queues"
    assert client.get_cookie(COOKIE) is None, "the password alone opens nothing"
    assert client.get("/").status_code == 303
    assert "code of your device" in page(client, answer.location)
    wrong = client.post("/login/code", data={"code": "000000", "next": "/queues"})
    assert wrong.status_code == 422
    code = device[0].at(now())
    right = client.post("/login/code", data={"code": code, "next": "/queues"})
    assert right.location == "/queues"
    assert client.get("/").status_code == 200
    other = app.test_client()
    log_in(other)
    again = other.post("/login/code", data={"code": code})
    assert again.status_code == 422, "a code is good once"
    lost = other.post("/login/code", data={"code": device[1][0]})
    assert lost.status_code == 303


@pytest.mark.usefixtures("device")
def test_without_the_password_no_code_is_looked_at(app: Flask):
    client = app.test_client()
    log_in(client, "a wrong password")
    assert client.get("/login/code").status_code == 409
    answer = client.post("/login/code", data={"code": "1"})
    assert answer.status_code == 409
    assert "password first" in answer.get_data(as_text=True)


def test_a_password_that_is_changed_before_the_code_is_typed_lets_nobody_in(
    app: Flask, session: Session, anna: Person, device: tuple[pyotp.TOTP, list[str]]
):
    client = app.test_client()
    log_in(client)
    set_password(session, anna, "another long password")
    answer = client.post("/login/code", data={"code": device[1][0]})
    assert answer.status_code == 409
    assert client.get_cookie(COOKIE) is None


def test_a_forgotten_browser_sets_up_no_second_factor(app: Flask, session: Session, anna: Person):
    """Whoever finds it would lock its owner out."""
    client = app.test_client()
    log_in(client)
    for row in session.scalars(select(WebSession)):
        row.confirmed_at = now() - timedelta(hours=13)
    session.commit()
    answer = client.post(PAGE, headers={"Referer": f"http://localhost{PAGE}"})
    assert answer.location == f"/confirm?next={PAGE}"
    assert session.get(SecondFactor, anna.id) is None


def test_a_removal_by_an_administrator_is_told_and_is_of_somebody(
    admin: FlaskClient, session: Session, anna: Person
):
    assert admin.post(f"/people/{anna.id}/second-factor/remove").location == "/people"
    assert "Second factor of anna removed" in page(admin, "/people")
    assert "Second factor of anna removed" in session.scalars(select(Activity.text)).all()
    assert admin.post("/people/99999/second-factor/remove").status_code == 404


def test_codes_cannot_be_tried_without_end(app: Flask, device: tuple[pyotp.TOTP, list[str]]):
    client = app.test_client()
    log_in(client)
    statuses = [client.post("/login/code", data={"code": "0"}).status_code for _ in range(6)]
    assert statuses[-1] == 429
    right = client.post("/login/code", data={"code": device[0].at(now())})
    assert right.status_code == 429


@pytest.mark.usefixtures("device")
def test_the_password_typed_between_codes_gives_no_more_of_them(app: Flask):
    """Whoever has found the password would try all codes otherwise, five at a time."""
    client = app.test_client()
    statuses = []
    for _ in range(6):
        log_in(client)
        statuses.append(client.post("/login/code", data={"code": "0"}).status_code)
    assert statuses[-1] == 429
    assert log_in(client).status_code == 429


def test_a_right_code_forgets_the_wrong_ones(
    app: Flask, session: Session, device: tuple[pyotp.TOTP, list[str]]
):
    client = app.test_client()
    log_in(client)
    for _ in range(4):
        client.post("/login/code", data={"code": "0"})
    assert client.post("/login/code", data={"code": device[1][0]}).status_code == 303
    assert session.scalars(select(LoginAttempt)).all() == []


def test_a_wrong_code_looks_like_a_wrong_password_where_both_are_asked_for_again(
    app: Flask, device: tuple[pyotp.TOTP, list[str]]
):
    client = app.test_client()
    log_in(client)
    client.post("/login/code", data={"code": device[1][0]})
    for data in ({"password": "wrong", "code": device[1][1]}, {"password": PASSWORD, "code": "0"}):
        answer = client.post("/confirm", data=data)
        assert "The password or the code is wrong." in answer.get_data(as_text=True)


def test_who_has_the_device_takes_it_away_and_an_administrator_can(
    app: Flask, session: Session, anna: Person, admin: FlaskClient,
    device: tuple[pyotp.TOTP, list[str]],
):  # fmt: skip
    client = app.test_client()
    log_in(client)
    client.post("/login/code", data={"code": device[1][0]})
    assert client.post(f"{PAGE}/remove", data={"code": "0"}).status_code == 422
    assert session.get(SecondFactor, anna.id) is not None
    admin.post(f"/people/{anna.id}/second-factor/remove")
    session.expire_all()
    assert session.get(SecondFactor, anna.id) is None
    assert log_in(app.test_client()).location == "/queues"


def test_the_code_is_asked_for_as_well_before_something_leaves(
    app: Flask, session: Session, device: tuple[pyotp.TOTP, list[str]]
):
    client = app.test_client()
    log_in(client)
    client.post("/login/code", data={"code": device[1][0]})
    circular = add_circular(session, add_event(session))
    for row in session.scalars(select(WebSession)):
        row.confirmed_at = now() - timedelta(hours=13)
    session.commit()
    assert client.post(f"/circulars/{circular.id}/send").location == "/confirm?next=/"
    only = client.post("/confirm", data={"password": PASSWORD})
    assert only.status_code == 422
    both = client.post("/confirm", data={"password": PASSWORD, "code": device[0].at(now())})
    assert both.status_code == 303
