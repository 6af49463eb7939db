"""A person connects their GCN account by GCN's log-in, over http, and circulars go out as it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
import requests
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import PASSWORD, add_circular, add_event, add_person
from tests.too_marshal.provider import Browser
from tests.too_marshal.web.people.conftest import Browsers
from tests.too_marshal.workflows.circulars.gcn import GCN
from tests.too_marshal.workflows.circulars.gcn_login import CLIENT, REFRESH, SECRET, Account
from too_marshal.db.accounts.audit import AuditEntry
from too_marshal.db.accounts.grants import GcnGrant
from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.base import now
from too_marshal.db.circulars import CircularDraft, CircularSending
from too_marshal.deployment.circulars.ways import circular_ways_of
from too_marshal.deployment.settings import Settings
from too_marshal.workflows.circulars.send import send


@pytest.fixture
def gcn() -> Iterator[GCN]:
    with closing(GCN()) as gcn:
        yield gcn


@pytest.fixture
def with_gcn(settings: Settings, gcn: GCN, site: str, serve) -> Settings:
    made = replace(
        settings,
        public_url=site,
        circulars_issuer=gcn.url,
        circulars_client_id=CLIENT,
        circulars_client_secret=SECRET,
        circulars_refresh_token=REFRESH,
        circulars_api_url=f"{gcn.url}/api/circulars",
    )
    serve(made)
    return made


@pytest.fixture
def ann(session: Session) -> Person:
    return add_person(session, "ann", Role.APPROVER)


@pytest.fixture
def client(browsers: Browsers, ann: Person, with_gcn: Settings) -> Browser:  # noqa: ARG001 - served
    client = browsers()
    client.post("/login", username=ann.username, password=PASSWORD)
    return client


def way_of(client: Browser) -> str:
    """Address at GCN to which the button leads."""
    page = client.post("/account/gcn")
    return html.unescape(re.search(r'content="0; url=([^"]+)"', page.text)[1])


def connect(client: Browser) -> requests.Response:
    return client.get(way_of(client))


def grant(session: Session) -> GcnGrant | None:
    session.expire_all()
    return session.scalars(select(GcnGrant)).one_or_none()


def test_an_account_is_connected_shown_and_given_up(
    client: Browser, gcn: GCN, session: Session, ann: Person
):
    assert "Connect your GCN account" in client.get("/account").text
    page = connect(client)
    assert page.url == f"{client.site}/account"
    assert "as <bdi>ann@observatory.example</bdi> since" in page.text
    kept = grant(session)
    assert (kept.person_id, kept.subject) == (ann.id, "a-1")
    actions = session.scalars(select(AuditEntry.action)).all()
    assert "GCN account connected" in actions
    page = client.post("/account/gcn/disconnect")
    assert "GCN has ended it too" in page.text
    assert "Connect your GCN account" in page.text
    assert grant(session) is None
    assert set(gcn.login.refresh_tokens) == {REFRESH}


def test_who_came_by_another_service_is_led_to_the_one_that_gcn_knows(
    client: Browser, gcn: GCN, session: Session
):
    gcn.login.account = Account("a-1", "ann@observatory.example", existing="Google")
    assert connect(client).url == f"{client.site}/account"
    assert gcn.login.services == ["", "Google"]
    assert grant(session).subject == "a-1"


def test_but_only_once(client: Browser, gcn: GCN, session: Session, monkeypatch):
    gcn.login.account = Account("a-1", "ann@observatory.example", existing="Google")
    original = gcn.login._let

    def always(given):
        return original({name: each for name, each in given.items() if name != "identity_provider"})

    monkeypatch.setattr(gcn.login, "_let", always)
    page = connect(client)
    assert page.status_code == 403
    assert "Google" in page.text
    assert grant(session) is None


def test_an_account_that_is_no_submitters_is_refused(client: Browser, gcn: GCN, session: Session):
    gcn.login.account = Account("a-2", "eve@elsewhere.example", is_submitter=False)
    page = connect(client)
    assert page.status_code == 409
    assert "not among GCN&#39;s submitters" in page.text
    assert grant(session) is None


def test_who_says_no_at_gcn_connects_nothing(client: Browser, gcn: GCN, session: Session):
    gcn.login.refuses = True
    page = connect(client)
    assert page.status_code == 403
    assert "access_denied" in page.text
    assert grant(session) is None


def test_an_answer_is_taken_once_and_by_who_asked(
    client: Browser, browsers: Browsers, session: Session
):
    first = client.follow(client.get(way_of(client), allow_redirects=False), client.site)
    answer = first.headers["Location"]
    add_person(session, "eve", Role.APPROVER)
    other = browsers()
    other.post("/login", username="eve", password=PASSWORD)
    way_of(other)
    assert other.get(answer).status_code == 400
    assert client.get(answer.replace("state=", "state=x")).status_code == 400
    assert grant(session) is None
    assert client.get(answer).status_code == 200
    assert client.get(answer).status_code == 400
    assert grant(session) is not None


def test_a_login_that_does_not_answer_is_said(client: Browser, gcn: GCN, session: Session):
    address = way_of(client)
    gcn.login.faults = [503]
    page = client.get(address)
    assert page.status_code == 503
    assert "try again later" in page.text
    assert grant(session) is None


@pytest.mark.usefixtures("with_gcn")
def test_only_who_may_send_circulars_connects(browsers: Browsers, session: Session):
    add_person(session, "vic", Role.VIEWER)
    client = browsers()
    client.post("/login", username="vic", password=PASSWORD)
    assert "GCN account" not in client.get("/account").text
    assert client.post("/account/gcn").status_code == 403


@pytest.mark.usefixtures("ann")
def test_where_none_can_be_connected_none_is_offered(browsers: Browsers, settings: Settings, serve):
    serve(settings)
    client = browsers()
    client.post("/login", username="ann", password=PASSWORD)
    assert "GCN account" not in client.get("/account").text
    for address in ("/account/gcn", "/account/gcn/disconnect"):
        assert client.post(address).status_code == 404


class TestSending:
    """From the button to GCN."""

    @pytest.fixture
    def draft(self, session: Session) -> CircularDraft:
        row = add_circular(session, add_event(session))
        row.approved_by, row.approved_at, row.approved_sha256 = "ann", now(), row.sha256
        session.commit()
        return row

    def form(self, client: Browser, draft: CircularDraft) -> dict[str, str]:
        """The form of the button, as it stands on the page."""
        page = client.get(f"/circulars/{draft.id}").text
        forms = [each for each in re.findall(r"<form.*?</form>", page, re.DOTALL) if "API" in each]
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', forms[0])
        return {name: value for name, value in found if name != "csrf_token"}

    def test_the_page_says_whose_account_signs_and_it_does(
        self, client: Browser, gcn: GCN, session: Session, draft: CircularDraft, with_gcn: Settings
    ):
        address = f"/circulars/{draft.id}"
        assert "signed by the account of this deployment" in client.get(address).text
        before = self.form(client, draft)
        connect(client)
        assert "signed by <bdi>ann@observatory.example</bdi>" in client.get(address).text
        refused = client.post(f"{address}/send", **before)
        assert refused.status_code == 409
        assert "read the page again" in refused.text
        assert client.post(f"{address}/send", **self.form(client, draft)).status_code == 200
        waiting = session.scalars(select(CircularSending)).one()
        send(session, circular_ways_of(with_gcn), waiting.id)
        assert gcn.signers == ["a-1"]

    def test_a_connection_that_gcn_has_ended_is_told(
        self, client: Browser, gcn: GCN, session: Session, draft: CircularDraft, with_gcn: Settings
    ):
        connect(client)
        client.post(f"/circulars/{draft.id}/send", **self.form(client, draft))
        gcn.login.end("a-1")
        waiting = session.scalars(select(CircularSending)).one()
        send(session, circular_ways_of(with_gcn), waiting.id)
        assert gcn.stored == []
        page = client.get(f"/circulars/{draft.id}").text
        assert "GCN has ended the connection" in page
        assert "nothing was sent" in page
        account = client.get("/account").text
        assert "GCN has ended the connection with" in account
        assert "Connect your GCN account" in account

    def test_without_any_account_the_page_says_what_to_do(
        self, client: Browser, draft: CircularDraft, with_gcn: Settings, serve
    ):
        serve(replace(with_gcn, circulars_refresh_token=""))
        page = client.get(f"/circulars/{draft.id}").text
        assert "Send by GCN" not in page
        assert "connected your GCN account" in page
