"""Who changed what is kept with the change, and stays."""

from __future__ import annotations

import csv
import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.too_marshal.factories import PASSWORD, add_event, add_person
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.accounts.audit import AuditEntry
from too_marshal.db.accounts.people import Role


def entries(session: Session) -> list[tuple[str, str, str, int | None]]:
    """What was done by pages and tokens, logins of the fixtures left out."""
    rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    return [(row.actor, row.way, row.action, row.event_id) for row in rows if row.action != "login"]


def test_a_change_is_kept_with_who_asked_for_it(
    observer: FlaskClient, admin: FlaskClient, session: Session
):
    event = add_event(session)
    observer.post(f"/events/{event.id}/tags", data={"name": "golden"})
    page(observer, f"/events/{event.id}")
    assert entries(session) == [("observer", "page", "tags.add", event.id)]
    listed = page(admin, "/audit?actor=observer&action=tags")
    assert "tags add" in listed
    assert f"event {event.id}" in listed
    assert "Nothing like that was done." in page(admin, "/audit?actor=nobody")
    assert "tags add" in page(admin, f"/audit?event_id={event.id}")


def test_what_was_refused_is_not_kept(observer: FlaskClient, session: Session):
    event = add_event(session)
    observer.post(f"/events/{event.id}/tags", data={"name": "!"})
    observer.post(f"/events/{event.id}/links", data={"name": "nobody"})
    assert entries(session) == []


@pytest.mark.parametrize(
    ("address", "data", "words"),
    [
        ("/confirm", {"password": "wrong"}, "confirm failed"),
        ("/account/password", {"current": "wrong"}, "change of password failed"),
        (
            "/account/second-factor/remove",
            {"code": "0"},
            "removal of the second factor failed: wrong code",
        ),
    ],
)
def test_a_wrong_password_is_kept_as_a_failure_and_not_as_what_it_was_typed_for(
    observer: FlaskClient, session: Session, address: str, data: dict[str, str], words: str
):
    assert observer.post(address, data=data).status_code == 422
    assert entries(session) == [("observer", "page", words, None)]


def test_a_right_password_is_kept_as_what_it_was_typed_for(observer: FlaskClient, session: Session):
    observer.post("/confirm", data={"password": PASSWORD})
    observer.post("/account/password", data={"current": PASSWORD, "new": "a new long password"})
    assert [action for _, _, action, _ in entries(session)] == [
        "auth.confirm", "auth.change_password",
    ]  # fmt: skip


def test_logins_and_failed_logins_are_kept_and_no_password_is(app: Flask, session: Session):
    add_person(session, "anna", Role.VIEWER)
    client = app.test_client()
    client.post("/login", data={"username": "anna", "password": "a wrong password"})
    rows = session.scalars(select(AuditEntry)).all()
    assert [(row.actor, row.action) for row in rows] == [("anna", "login failed")]
    dumped = session.scalars(text("SELECT audit::text FROM audit")).all()
    assert "wrong password" not in "".join(dumped)


def test_a_log_out_is_kept(observer: FlaskClient, session: Session):
    observer.post("/logout")
    assert ("observer", "page", "logout", None) in entries(session)


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'eve'", "DELETE FROM audit"])
def test_the_database_changes_and_removes_no_line(
    observer: FlaskClient, session: Session, statement: str
):
    observer.post(f"/events/{add_event(session).id}/tags", data={"name": "golden"})
    before = entries(session)
    with pytest.raises(DBAPIError, match="neither changed nor removed"):
        session.execute(text(statement))
    session.rollback()
    assert entries(session) == before


def test_it_is_given_as_a_table_without_formulas(
    observer: FlaskClient, admin: FlaskClient, session: Session
):
    event = add_event(session)
    for number in range(3):
        observer.post(f"/events/{event.id}/tags", data={"name": f"t{number}"})
    session.add(AuditEntry(actor="=1+1", way="page", action="x"))
    session.commit()
    answer = admin.get("/audit.csv?actor=observer&action=tags")
    lines = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert [line["action"] for line in lines] == ["tags.add"] * 3
    whole = admin.get("/audit.csv").get_data(as_text=True)
    assert "'=1+1" in whole
