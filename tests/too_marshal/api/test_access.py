import json
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.api.conftest import Caller
from tests.too_marshal.factories import add_event, add_person
from too_marshal.api.operations import OPERATIONS
from too_marshal.db.accounts.people import Role, Scope
from too_marshal.db.base import now
from too_marshal.workflows.accounts.login import open_session
from too_marshal.workflows.accounts.tokens import create_token, revoke_token


def token_of(session: Session, role: Role, of: Role | None = None, name: str = "x"):
    person = add_person(session, name, of or role)
    return create_token(session, person, "test", role, now() + timedelta(days=1), scopes=set(Scope))


def get(app: Flask, value: str, scheme: str = "Bearer") -> int:
    client = app.test_client()
    headers = {"Authorization": f"{scheme} {value}"}
    return client.get("/api/v1/events", headers=headers).status_code


def test_a_token_opens_and_other_words_do_not(app: Flask, session: Session):
    _, value = token_of(session, Role.VIEWER)
    assert get(app, value) == 200
    assert get(app, value, "bearer") == 200
    assert get(app, value[:-1]) == 401
    assert get(app, value.removeprefix("toom_")) == 401
    assert get(app, value, "Basic") == 401
    assert app.test_client().get(f"/api/v1/events?token={value}").status_code == 401


def test_a_token_ends_when_it_expires_is_revoked_or_its_owner_leaves(app: Flask, session: Session):
    token, value = token_of(session, Role.VIEWER)
    token.expires_at = now()
    session.commit()
    assert get(app, value) == 401
    token.expires_at = now() + timedelta(days=1)
    token.person.is_active = False
    session.commit()
    assert get(app, value) == 401
    token.person.is_active = True
    session.commit()
    assert get(app, value) == 200
    revoke_token(session, token.person, token.id)
    assert get(app, value) == 401


def test_a_token_may_do_what_it_says_and_never_more_than_its_owner(app: Flask, session: Session):
    token, value = token_of(session, Role.VIEWER, of=Role.ADMIN)
    headers = {"Authorization": f"Bearer {value}"}
    client = app.test_client()
    assert client.post("/api/v1/notices", data=b"x", headers=headers).status_code == 403
    token.role = Role.ADMIN
    token.person.role = Role.VIEWER
    session.commit()
    assert client.post("/api/v1/notices", data=b"x", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("scopes", "reads", "scrapes", "sends"),
    [
        ({Scope.READ}, 200, 403, 403),
        ({Scope.METRICS}, 403, 200, 403),
        ({Scope.NOTICES}, 403, 403, 200),
        ({Scope.READ, Scope.NOTICES}, 200, 403, 200),
        (set(Scope) - {Scope.NOTICES}, 200, 200, 403),
    ],
)
def test_a_token_is_for_its_scopes_and_nothing_else(  # noqa: PLR0917
    app: Flask, session: Session, scopes: set[Scope], reads: int, scrapes: int, sends: int
):
    person = add_person(session, "x", Role.ADMIN)
    until = now() + timedelta(days=1)
    _, value = create_token(session, person, "test", Role.ADMIN, until, scopes=scopes)
    client, headers = app.test_client(), {"Authorization": f"Bearer {value}"}
    assert client.get("/api/v1/events", headers=headers).status_code == reads
    assert client.get("/api/v1/metrics", headers=headers).status_code == scrapes
    answer = client.post("/api/v1/notices", data=b"x", headers=headers)
    assert answer.status_code == sends
    if sends == 403:
        assert "scope notices" in answer.json["detail"]


def test_every_operation_that_changes_something_says_a_scope_of_its_own():
    for each in OPERATIONS:
        assert (each.scope in {Scope.READ, Scope.METRICS}) == (each.method == "get") or (
            each.name == "get_trial"
        ), each.path


def test_its_use_is_noted(app: Flask, session: Session):
    token, value = token_of(session, Role.VIEWER)
    get(app, value)
    session.refresh(token)
    assert now() - token.used_at < timedelta(minutes=1)


def test_a_browsers_login_reads_and_changes_nothing(app: Flask, session: Session):
    client = app.test_client()
    client.set_cookie("toom_session", open_session(session, add_person(session, "x", Role.ADMIN)))
    assert client.get("/api/v1/events").status_code == 200
    assert client.post("/api/v1/notices", data=b"x").status_code == 401


def test_beside_a_token_a_browsers_login_does_not_count(app: Flask, session: Session):
    client = app.test_client()
    client.set_cookie("toom_session", open_session(session, add_person(session, "x", Role.ADMIN)))
    headers = {"Authorization": "Bearer toom_wrong"}
    assert client.get("/api/v1/events", headers=headers).status_code == 401


def test_a_token_opens_no_page(caller: Caller):
    assert caller(Role.ADMIN).get("/people").status_code == 303


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/events/x", "/api/v2/events", "/api/"])
def test_an_unknown_address_is_a_problem_not_a_page(program: FlaskClient, path: str):
    answer = program.get(path)
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert json.loads(answer.data) == {
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing at this address.",
    }


def test_a_wrong_method_names_the_right_ones(program: FlaskClient):
    answer = program.delete("/api/v1/events")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_who_is_not_known_is_told_how_to_become_known(app: Flask):
    assert app.test_client().get("/api/v1/events").headers["WWW-Authenticate"] == "Bearer"


def test_the_list_has_pages(program: FlaskClient, session: Session):
    for number in range(5):
        add_event(session, f"S{number}", is_test=number == 2)
    names, before = [], None
    while True:
        query = "" if before is None else f"&before={before}"
        body = program.get(f"/api/v1/events?limit=2{query}").get_json()
        names += [item["name"] for item in body["items"]]
        before = body["next_before"]
        if before is None:
            break
    assert names == ["S4", "S3", "S1", "S0"]
    body = program.get("/api/v1/events?tests=true").get_json()
    assert [item["name"] for item in body["items"]] == ["S4", "S3", "S2", "S1", "S0"]
