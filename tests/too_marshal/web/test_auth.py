import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import PASSWORD, add_person
from tests.too_marshal.web.conftest import Visitor
from too_marshal.app import create_app
from too_marshal.db.accounts.people import ApiToken, LoginAttempt, Role, Scope, WebSession
from too_marshal.db.base import now
from too_marshal.deployment.settings import Settings
from too_marshal.workflows.accounts import login, people, tokens

COOKIE = "toom_session"


def form_token(client: FlaskClient, address: str = "/login") -> str:
    page = client.get(address).get_data(as_text=True)
    return re.search(r'name="csrf_token" value="([^"]+)"', page)[1]


def log_in(client: FlaskClient, username: str = "anna", password: str = PASSWORD, **fields: str):
    return client.post("/login", data={"username": username, "password": password, **fields})


@pytest.fixture(autouse=True)
def anna(session: Session):
    return add_person(session, "anna", Role.OBSERVER)


@pytest.fixture
def guarded(app: Flask) -> Flask:
    """The application as it runs: forms need their token."""
    app.config["WTF_CSRF_ENABLED"] = True
    return app


def test_the_right_password_opens_a_session_that_the_database_keeps(
    app: Flask, session: Session, anna
):
    client = app.test_client()
    answer = log_in(client, next="/queues")
    assert (answer.status_code, answer.location) == (303, "/queues")
    cookie = client.get_cookie(COOKIE)
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    row = session.scalars(select(WebSession)).one()
    assert row.person_id == anna.id
    assert cookie.value not in row.sha256  # the row holds its hash
    assert len(cookie.value) >= 43  # 256 bits
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("username", "password"), [("anna", "wrong"), ("nobody", PASSWORD), ("anna\0", ""), ("", "")]
)
def test_a_wrong_name_and_a_wrong_password_look_the_same(app: Flask, username: str, password: str):
    answer = log_in(app.test_client(), username, password)
    assert answer.status_code == 401
    assert "The name or the password is wrong." in answer.get_data(as_text=True)


def test_a_closed_account_does_not_open(app: Flask, session: Session, anna):
    anna.is_active = False
    session.commit()
    assert log_in(app.test_client()).status_code == 401


def test_a_login_never_leads_off_the_site(app: Flask):
    assert log_in(app.test_client(), next="https://evil.example/").location == "/"


def test_after_five_failures_even_the_right_password_waits(app: Flask, session: Session):
    client = app.test_client()
    for _ in range(login.MAX_FAILURES_OF_NAME):
        assert log_in(client, password="wrong").status_code == 401
    answer = log_in(client)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"
    for attempt in session.scalars(select(LoginAttempt)):
        attempt.tried_at -= login.THROTTLE_WINDOW
    session.commit()
    assert log_in(client).status_code == 303


def test_old_failures_are_forgotten(app: Flask, session: Session):
    long_ago = now() - 2 * login.THROTTLE_WINDOW
    session.add(LoginAttempt(username="long gone", address="::1", tried_at=long_ago))
    session.commit()
    log_in(app.test_client(), password="wrong")
    assert session.scalars(select(LoginAttempt.username)).all() == ["anna"]


def test_an_address_that_tries_many_names_waits_too(app: Flask, session: Session):
    session.add_all(
        LoginAttempt(username=f"name{number}", address="127.0.0.1")
        for number in range(login.MAX_FAILURES_OF_ADDRESS)
    )
    session.commit()
    assert log_in(app.test_client()).status_code == 429


def test_a_login_gets_a_new_session_and_ends_the_old_one(app: Flask):
    client = app.test_client()
    log_in(client)
    first = client.get_cookie(COOKIE).value
    log_in(client)
    assert client.get_cookie(COOKIE).value != first
    thief = app.test_client()
    thief.set_cookie(COOKIE, first)
    assert thief.get("/").status_code == 303


def test_a_cookie_stolen_before_logout_is_worthless_after_it(app: Flask):
    client, thief = app.test_client(), app.test_client()
    log_in(client)
    thief.set_cookie(COOKIE, client.get_cookie(COOKIE).value)
    assert thief.get("/").status_code == 200
    client.post("/logout")
    assert client.get_cookie(COOKIE) is None
    assert thief.get("/").status_code == 303


@pytest.mark.parametrize(
    ("column", "age"),
    [("seen_at", login.SESSION_IDLE), ("created_at", login.SESSION_LIFE)],
)
def test_a_session_ends_when_idle_and_when_old(
    app: Flask, session: Session, column: str, age: timedelta
):
    client = app.test_client()
    log_in(client)
    row = session.scalars(select(WebSession)).one()
    setattr(row, column, now() - age + timedelta(minutes=2))
    session.commit()
    assert client.get("/").status_code == 200
    setattr(row, column, now() - age - timedelta(seconds=1))
    session.commit()
    assert client.get("/").status_code == 303


def test_a_change_of_role_ends_the_persons_sessions(app: Flask, session: Session, anna):
    client = app.test_client()
    log_in(client)
    people.set_role(session, anna, Role.VIEWER, is_active=True)
    assert client.get("/").status_code == 303


def test_a_form_without_its_token_is_refused(guarded: Flask):
    answer = log_in(guarded.test_client())
    assert answer.status_code == 400
    assert "Reload the page" in answer.get_data(as_text=True)


def test_the_form_token_of_before_the_login_does_not_work_after_it(guarded: Flask):
    client = guarded.test_client()
    token = form_token(client)
    assert log_in(client, csrf_token=token).status_code == 303
    data = {"csrf_token": token, "stopped": "yes"}
    assert client.post("/health/submission", data=data).status_code == 400
    data["csrf_token"] = form_token(client, "/health")
    assert client.post("/health/submission", data=data).status_code == 303


def test_logging_out_takes_a_token_and_cannot_be_done_by_a_link(guarded: Flask):
    client = guarded.test_client()
    log_in(client, csrf_token=form_token(client))
    assert client.get("/logout").status_code == 405
    assert client.post("/logout").status_code == 400
    assert client.get("/").status_code == 200


def test_behind_https_the_cookies_are_bound_to_it(settings: Settings, engine: Engine):
    app = create_app(replace(settings, secure_cookies=True), engine)
    app.config["WTF_CSRF_ENABLED"] = False
    answer = app.test_client().post(
        "/login", data={"username": "anna", "password": PASSWORD}, base_url="https://localhost"
    )
    cookies = answer.headers.getlist("Set-Cookie")
    ours = next(cookie for cookie in cookies if cookie.startswith("__Host-toom_session="))
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(ours.split("; "))
    assert "Domain" not in ours
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


def test_the_flask_cookie_tells_nobody_who_one_is(app: Flask):
    client = app.test_client()
    log_in(client)
    client.delete_cookie(COOKIE)
    assert client.get("/").status_code == 303


def test_a_new_password_ends_every_session_and_the_old_password(app: Flask):
    client, other = app.test_client(), app.test_client()
    log_in(client)
    log_in(other)
    answer = client.post("/account/password", data={"current": "wrong", "new": "x" * 20})
    assert answer.status_code == 422
    answer = client.post("/account/password", data={"current": PASSWORD, "new": "short"})
    assert answer.status_code == 422
    assert "at least 10 characters" in answer.get_data(as_text=True)
    new = "another long password"
    assert client.post("/account/password", data={"current": PASSWORD, "new": new}).location
    assert other.get("/").status_code == 303
    assert log_in(client).status_code == 401
    assert log_in(client, password=new).status_code == 303


def test_a_lost_telephone_can_be_logged_out_from_elsewhere(app: Flask):
    client, lost = app.test_client(), app.test_client()
    log_in(client)
    log_in(lost)
    client.post("/account/sessions/end")
    assert lost.get("/").status_code == 303


def test_a_token_is_shown_once_and_kept_as_a_hash(observer: FlaskClient, session: Session):
    data = {
        "name": "night-watch", "role": str(int(Role.VIEWER)), "days": "30",
        "scope": ["read", "plans"],
    }  # fmt: skip
    page = observer.post("/account/tokens", data=data).get_data(as_text=True)
    value = re.search(r"toom_[\w-]{43}", page)[0]
    row = session.scalars(select(ApiToken)).one()
    assert value not in (row.sha256, row.name)
    assert (row.role, row.scopes) == (Role.VIEWER, ["read", "plans"])
    page = observer.get("/account").get_data(as_text=True)
    assert value not in page
    assert "night-watch" in page
    observer.post(f"/account/tokens/{row.id}/revoke")
    assert "night-watch" not in observer.get("/account").get_data(as_text=True)
    session.expire_all()
    assert tokens.person_of_token(session, value) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": "x", "role": "3", "days": "30", "scope": "read"}, "more than its owner"),
        ({"name": "", "role": "1", "days": "30"}, "1 to 80"),
        ({"name": "x", "role": "1", "days": "366"}, "within a year"),
        ({"name": "x", "role": "1", "days": "0"}, "within a year"),
        ({"name": "x", "role": "9", "days": "30"}, "no such role"),
        ({"name": "x", "role": "1", "days": "30"}, "for something"),
        ({"name": "x", "role": "1", "days": "30", "scope": "all"}, "for something"),
    ],
)
def test_a_token_stays_within_its_owners_rights_and_a_year(
    observer: FlaskClient, data: dict[str, str], words: str
):
    answer = observer.post("/account/tokens", data=data)
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)


def test_another_persons_token_cannot_be_revoked(visitor: Visitor, session: Session):
    owner = add_person(session, "owner", Role.VIEWER)
    token, _ = tokens.create_token(
        session, owner, "x", Role.VIEWER, now() + timedelta(days=1), scopes={Scope.READ}
    )
    assert visitor(Role.ADMIN).post(f"/account/tokens/{token.id}/revoke").status_code == 404


def test_the_session_key_is_made_once_and_kept_private(tmp_path: Path):
    settings = Settings(data_dir=tmp_path)
    assert settings.session_key() == settings.session_key()
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_what_happens_to_accounts_is_in_the_log(app: Flask, session: Session, anna, caplog):
    caplog.set_level("INFO", logger="too_marshal")
    client = app.test_client()
    log_in(client, password="wrong password")
    log_in(client, username="typed my password here")
    for _ in range(login.MAX_FAILURES_OF_NAME):
        log_in(client, password="wrong password")
    session.execute(delete(LoginAttempt))
    session.commit()
    log_in(client)
    token, value = tokens.create_token(
        session, anna, "script", Role.VIEWER, now() + timedelta(days=1), scopes={Scope.READ}
    )
    tokens.revoke_token(session, anna, token.id)
    people.set_password(session, anna, "another long one")
    people.set_role(session, anna, Role.VIEWER, is_active=False)
    lines = [(record.message, getattr(record, "person", None)) for record in caplog.records]
    for line in [
        ("Login failed", "anna"),
        ("Login failed", "nobody that we know"),
        ("Login refused after too many failures", None),
        ("Logged in", "anna"),
        ("Made an API token", "anna"),
        ("Ended an API token", "anna"),
        ("Changed a password", "anna"),
        ("Changed an account", "anna"),
    ]:
        assert line in lines
    said = " ".join(str(vars(record)) for record in caplog.records)
    for secret in (value, "wrong password", "typed my password here", "another long one"):
        assert secret not in said
