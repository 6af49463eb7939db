"""The page of one's passkeys, and what an administrator may do about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from tests.too_marshal.authenticator import PRESENT, Device
from tests.too_marshal.factories import add_person
from tests.too_marshal.web.event.test_page import page
from too_marshal.app import create_app
from too_marshal.db.accounts.audit import AuditEntry
from too_marshal.db.accounts.passkeys import Passkey
from too_marshal.db.accounts.people import Person, Role, WebSession
from too_marshal.db.base import now
from too_marshal.db.events import Activity
from too_marshal.deployment.settings import Settings
from too_marshal.workflows.accounts.login import open_session

PAGE = "/account/passkeys"


def add(client: FlaskClient, device: Device, name: str = "telephone"):
    """Add a passkey as the page's script does."""
    options = client.post(f"{PAGE}/options").get_data(as_text=True)
    return client.post(PAGE, data={"name": name, "credential": device.make(options)})


def actions(session: Session) -> list[tuple[str, str]]:
    rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    return [(row.actor, row.action) for row in rows]


def test_they_are_added_named_listed_and_removed(observer: FlaskClient, session: Session):
    assert "None yet." in page(observer, PAGE)
    assert add(observer, Device(), "the telephone").location == PAGE
    text = page(observer, PAGE)
    assert "“the telephone” logs you in from now on." in text
    assert "not used yet" in text
    row = session.scalars(select(Passkey)).one()
    assert observer.post(f"{PAGE}/{row.id}/remove").location == PAGE
    text = page(observer, PAGE)
    assert "None yet." in text
    assert "remove it there as well" in text
    assert observer.post(f"{PAGE}/{row.id}/remove").status_code == 404
    assert actions(session) == [("observer", "passkeys.add"), ("observer", "passkeys.remove")]


def test_what_was_refused_is_said_on_the_page_and_not_kept_as_done(
    observer: FlaskClient, session: Session
):
    answer = add(observer, Device(flags=PRESENT), "my laptop")
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert "This passkey is not taken here." in text
    assert 'value="my laptop"' in text
    assert session.scalars(select(Passkey)).all() == []
    assert actions(session) == []


@pytest.mark.parametrize("way", ["options", "add", "remove"])
def test_a_login_of_long_ago_must_be_said_again_first(
    observer: FlaskClient, session: Session, way: str
):
    add(observer, Device())
    row = session.scalars(select(Passkey)).one()
    session.scalars(select(WebSession)).one().confirmed_at = now() - timedelta(hours=13)
    session.commit()
    address = {"options": f"{PAGE}/options", "add": PAGE, "remove": f"{PAGE}/{row.id}/remove"}[way]
    answer = observer.post(address, headers={"Referer": f"http://localhost{PAGE}"})
    assert answer.location == f"/confirm?next={PAGE}"
    assert len(session.scalars(select(Passkey)).all()) == 1


def test_nobody_removes_anothers(observer: FlaskClient, admin: FlaskClient, session: Session):
    add(observer, Device())
    row = session.scalars(select(Passkey)).one()
    assert admin.post(f"{PAGE}/{row.id}/remove").status_code == 404
    assert len(session.scalars(select(Passkey)).all()) == 1


def test_an_administrator_removes_all_of_somebody_who_has_lost_them(
    observer: FlaskClient, admin: FlaskClient, session: Session
):
    person = session.scalars(select(Person).where(Person.username == "observer")).one()
    assert "passkey" not in page(admin, "/people")
    add(observer, Device())
    assert "Remove the passkey" in page(admin, "/people")
    add(observer, Device())
    assert "Remove all 2 passkeys" in page(admin, "/people")
    address = f"/people/{person.id}/passkeys/remove"
    assert observer.post(address).status_code == 403
    assert admin.post(address).location == "/people"
    assert "Passkeys of observer removed." in page(admin, "/people")
    assert session.scalars(select(Passkey)).all() == []
    assert observer.get("/").status_code == 303, "the session is over"
    texts = session.scalars(select(Activity.text)).all()
    assert "Passkeys of observer removed" in texts
    assert admin.post("/people/99999/passkeys/remove").status_code == 404


def test_by_a_number_a_sentence_says_why_and_where_instead(observer: FlaskClient):
    value = observer.get_cookie("toom_session").value
    observer.set_cookie("toom_session", value, domain="127.0.0.1")
    text = observer.get(PAGE, base_url="http://127.0.0.1:8000").get_data(as_text=True)
    assert "opened by a number, 127.0.0.1" in text
    assert 'href="http://localhost:8000/account/passkeys"' in text
    assert "data-passkey" not in text
    answer = observer.post(f"{PAGE}/options", base_url="http://127.0.0.1:8000")
    assert answer.status_code == 409


@pytest.fixture
def public(settings: Settings, engine: Engine) -> Flask:
    app = create_app(replace(settings, public_url="https://too.example/"), engine)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def test_the_name_that_the_deployment_says_is_the_one(public: Flask, session: Session):
    client = public.test_client()
    value = open_session(session, add_person(session, "anna", Role.VIEWER))
    for domain in ("localhost", "too.example"):
        client.set_cookie("toom_session", value, domain=domain)
    elsewhere = page(client, PAGE)
    assert "bound to the name too.example" in elsewhere
    assert 'href="https://too.example/account/passkeys"' in elsewhere
    # A server in front speaks http to the service, and hands on the name.
    options = client.post(f"{PAGE}/options", base_url="http://too.example").get_data(as_text=True)
    made = Device("https://too.example", "too.example").make(options)
    data = {"name": "telephone", "credential": made}
    assert client.post(PAGE, base_url="http://too.example", data=data).status_code == 303
    assert session.scalars(select(Passkey)).one().rp_id == "too.example"
