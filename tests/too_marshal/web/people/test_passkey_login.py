"""A passkey in place of password and code: at the login, and where they are asked for again."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.authenticator import PRESENT, Device
from tests.too_marshal.factories import add_circular, add_event, add_person
from tests.too_marshal.web.event.test_page import page
from tests.too_marshal.web.people.test_passkeys import actions, add
from too_marshal.db.accounts.audit import AuditEntry
from too_marshal.db.accounts.people import Person, Role, WebSession
from too_marshal.db.base import now
from too_marshal.workflows.accounts.login import MAX_FAILURES_OF_NAME, open_session
from too_marshal.workflows.accounts.people import set_password, set_role
from too_marshal.workflows.accounts.second_factor import begin_factor, confirm_factor

COOKIE = "toom_session"


@pytest.fixture
def anna(session: Session) -> Person:
    return add_person(session, "anna", Role.APPROVER)


@pytest.fixture
def inside(app: Flask, session: Session, anna: Person) -> FlaskClient:
    """Anna's browser; she has just logged in."""
    client = app.test_client()
    client.set_cookie(COOKIE, open_session(session, anna))
    return client


@pytest.fixture
def device(inside: FlaskClient) -> Device:
    """Anna's telephone."""
    device = Device()
    assert add(inside, device).status_code == 303
    return device


def log_in(client: FlaskClient, device: Device, wanted: str = "/queues"):
    options = client.post("/login/passkey/options").get_data(as_text=True)
    return client.post("/login/passkey", data={"credential": device.sign(options), "next": wanted})


def confirm(client: FlaskClient, device: Device, wanted: str = "/queues"):
    options = client.post("/confirm/passkey/options").get_data(as_text=True)
    data = {"credential": device.sign(options), "next": wanted}
    return client.post("/confirm/passkey", data=data)


def long_ago(session: Session) -> None:
    for row in session.scalars(select(WebSession), execution_options={"populate_existing": True}):
        row.confirmed_at = now() - timedelta(hours=13)
    session.commit()


def test_a_passkey_opens_a_session_and_leads_to_where_one_wanted_to_go(
    app: Flask, device: Device, session: Session
):
    client = app.test_client()
    answer = log_in(client, device)
    assert (answer.status_code, answer.location) == (303, "/queues")
    assert client.get_cookie(COOKIE).http_only
    assert client.get("/").status_code == 200
    assert actions(session)[-1] == ("anna", "login by passkey")
    assert log_in(app.test_client(), device, "https://evil.example/").location == "/"


def test_whoever_has_codes_is_not_asked_for_one(
    app: Flask, device: Device, session: Session, anna: Person
):
    key = "a key for tests"
    totp = pyotp.parse_uri(begin_factor(session, anna, key))
    confirm_factor(session, anna, totp.at(now()), key)
    client = app.test_client()
    assert log_in(client, device).location == "/queues"
    long_ago(session)
    assert confirm(client, device).location == "/queues"


def test_what_opens_nothing_says_so_on_the_page_and_in_the_audit_log(
    app: Flask, device: Device, session: Session
):
    client = app.test_client()
    answer = log_in(client, device.but(flags=PRESENT))
    assert answer.status_code == 401
    assert client.get_cookie(COOKIE) is None
    assert "This passkey is not taken here." in answer.get_data(as_text=True)
    assert actions(session)[-1] == ("anna", "login failed: passkey, not signed as asked")
    log_in(client, Device(handle=b"x"))
    assert actions(session)[-1] == ("nobody that we know", "login failed: passkey, unknown")
    device.count = 7
    log_in(client, device)
    copy = device.but(count=2)
    assert "counted backwards" in log_in(client, copy).get_data(as_text=True)
    assert actions(session)[-1] == ("anna", "login failed: passkey, its count went back")


def test_too_many_failures_make_everybody_wait(app: Flask, device: Device, session: Session):
    client = app.test_client()
    for _ in range(MAX_FAILURES_OF_NAME):
        log_in(client, device.but(flags=PRESENT))
    answer = log_in(client, device)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
    assert "quarter of an hour" in answer.get_data(as_text=True)
    assert actions(session)[-1] == ("anna", "login failed: passkey, too many tries")
    data = {"username": "anna", "password": "x"}
    assert client.post("/login", data=data).status_code == 429, "it is counted with passwords"


def test_an_answer_that_was_seen_opens_nothing_in_another_browser_or_again(
    app: Flask, device: Device
):
    client, thief = app.test_client(), app.test_client()
    options = client.post("/login/passkey/options").get_data(as_text=True)
    thief.post("/login/passkey/options")
    said = {"credential": device.sign(options)}
    assert thief.post("/login/passkey", data=said).status_code == 401
    cookie = client.get_cookie("toom_form").value
    assert client.post("/login/passkey", data=said).status_code == 303
    thief.set_cookie("toom_form", cookie)  # of before the login, with the browser's value in it
    assert thief.post("/login/passkey", data=said).status_code == 401


def test_a_closed_account_stays_closed_and_a_changed_password_leaves_the_passkey(
    app: Flask, device: Device, inside: FlaskClient, session: Session, anna: Person
):
    set_password(session, anna, "another long password")
    assert inside.get("/").status_code == 303
    client = app.test_client()
    assert log_in(client, device).status_code == 303
    client.post("/account/sessions/end")
    assert client.get("/").status_code == 303
    set_role(session, anna, Role.APPROVER, is_active=False)
    assert log_in(client, device).status_code == 401


def test_it_stands_for_the_password_before_something_leaves(
    inside: FlaskClient, device: Device, session: Session
):
    circular = add_circular(session, add_event(session))
    address = f"/circulars/{circular.id}"
    long_ago(session)
    asked = inside.post(f"{address}/send", headers={"Referer": f"http://localhost{address}"})
    assert asked.location == f"/confirm?next={address}"
    assert "Use a passkey" in page(inside, asked.location)
    failed = confirm(inside, device.but(origin="https://evil.example"), address)
    assert failed.status_code == 422
    assert actions(session)[-1] == ("anna", "confirm failed: passkey, not signed as asked")
    assert inside.post(f"{address}/send").location.startswith("/confirm")
    done = confirm(inside, device, address)
    assert done.location == address
    assert actions(session)[-1] == ("anna", "passkey_login.confirm")
    assert "press the button again" in page(inside, address)
    again = inside.post(f"{address}/send", data={"way": "by hand"})
    assert again.location is None or not again.location.startswith("/confirm")


def test_another_persons_passkey_says_nothing_of_oneself(
    device: Device, admin: FlaskClient, session: Session
):
    assert "Use a passkey" not in page(admin, "/confirm"), "she has none"
    long_ago(session)
    answer = confirm(admin, device)
    assert answer.status_code == 422
    assert actions(session)[-1] == ("admin", "confirm failed: passkey, of somebody else")
    assert admin.post("/account/passkeys/options").location.startswith("/confirm")


def test_the_login_offers_passkeys_where_there_can_be_some(app: Flask):
    client = app.test_client()
    assert "Log in with a passkey" in page(client, "/login")
    by_number = client.get("/login", base_url="http://127.0.0.1:8000").get_data(as_text=True)
    assert "passkey" not in by_number
    assert "passkeys.js" not in by_number
    answer = client.post("/login/passkey/options", base_url="http://127.0.0.1:8000")
    assert answer.status_code == 409


def test_its_forms_need_their_token(app: Flask):
    app.config["WTF_CSRF_ENABLED"] = True
    client = app.test_client()
    for address in ("/login/passkey/options", "/login/passkey"):
        assert client.post(address).status_code == 400


def test_no_challenge_and_no_signature_is_in_the_audit_log(
    app: Flask, device: Device, session: Session
):
    log_in(app.test_client(), device.but(flags=PRESENT))
    assert all(row.about == {} for row in session.scalars(select(AuditEntry)))
