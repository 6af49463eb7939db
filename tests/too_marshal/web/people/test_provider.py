"""People log in at a real identity provider, by its own forms, over http."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from astropy import units as u
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import PASSWORD, add_person
from tests.too_marshal.hostile import OTHER_KEY, SECRET, Hostile, signed
from tests.too_marshal.provider import Browser, Provider
from tests.too_marshal.web.people.conftest import Browsers
from too_marshal.db.accounts.audit import AuditEntry
from too_marshal.db.accounts.identities import Identity
from too_marshal.db.accounts.people import Person, Role, WebSession
from too_marshal.db.base import now
from too_marshal.deployment.oauth import exchange
from too_marshal.http.access import LOGIN_LASTS
from too_marshal.workflows.accounts.people import set_password, set_role


@pytest.fixture(autouse=True)
def served(provider: Provider, by_provider, serve):
    return serve(by_provider(provider.issuer))


@pytest.fixture
def client(browsers: Browsers) -> Browser:
    return browsers()


def log_in(client: Browser, username: str, **more: str) -> requests.Response:
    return client.show(client.get("/login/provider", params=more), username)


def only(session: Session) -> Person:
    session.expire_all()
    return session.scalars(select(Person)).one()


def audited(session: Session) -> list[tuple[str, str]]:
    session.expire_all()
    return [(row.actor, row.action) for row in session.scalars(select(AuditEntry))]


def test_the_first_login_makes_an_account_with_the_role_of_the_groups(
    client: Browser, provider: Provider, session: Session
):
    provider.add("ann", "too-observers", number="17")
    page = client.get("/login?next=/queues")
    assert "The Institute" in page.text
    address = html.unescape(re.search(r'href="(/login/provider[^"]*)"', page.text)[1])
    page = client.show(client.get(address), "ann")
    assert (page.status_code, page.url) == (200, f"{client.site}/queues")
    ann = only(session)
    assert (ann.username, ann.full_name, ann.role) == ("ann", "Ann Person", Role.OBSERVER)
    assert not ann.has_password
    identity = session.scalars(select(Identity)).one()
    assert (identity.issuer, identity.subject) == (provider.issuer, "17")
    assert ("ann", "login by the provider") in audited(session)


def test_no_password_opens_an_account_without_one(
    client: Browser, browsers: Browsers, provider: Provider
):
    provider.add("ann", "too-observers")
    log_in(client, "ann")
    for password in ("", "!", PASSWORD):
        answer = browsers().post("/login", username="ann", password=password)
        assert answer.status_code == 401
    assert "Present password" not in client.get("/account").text
    assert client.post("/account/password", current="", new="x" * 20).status_code == 422


def test_who_has_none_of_the_groups_may_not_log_in(
    client: Browser, provider: Provider, session: Session
):
    provider.add("ann", "people-of-the-canteen")
    page = log_in(client, "ann")
    assert page.status_code == 403
    assert "ask an administrator" in page.text
    assert session.scalars(select(Person)).all() == []
    assert client.get("/account").url.startswith(f"{client.site}/login")


def test_others_may_have_a_role_of_their_own(
    client: Browser, provider: Provider, session: Session, by_provider, serve
):
    serve(by_provider(provider.issuer, oidc_other_role="viewer"))
    provider.add("ann")
    log_in(client, "ann")
    assert only(session).role == Role.VIEWER


def test_each_login_brings_the_role_up_to_date_and_ends_the_other_sessions(
    client: Browser, browsers: Browsers, provider: Provider, session: Session
):
    provider.add("ann", "too-admins")
    log_in(client, "ann")
    assert only(session).role == Role.ADMIN
    provider.move("ann", out_of="too-admins", into="too-observers")
    other = browsers()
    log_in(other, "ann")
    assert only(session).role == Role.OBSERVER
    assert other.get("/people").status_code == 403
    assert client.get("/queues").url.startswith(f"{client.site}/login"), "it had the old role"
    third = browsers()
    log_in(third, "ann")
    assert other.get("/queues").url == f"{client.site}/queues", "the same role ends nothing"
    provider.move("ann", out_of="too-observers")
    assert log_in(browsers(), "ann").status_code == 403


def test_a_closed_account_stays_closed(client: Browser, provider: Provider, session: Session):
    provider.add("ann", "too-observers")
    log_in(client, "ann")
    set_role(session, only(session), Role.OBSERVER, is_active=False)
    provider.move("ann", out_of="too-observers", into="too-admins")
    assert log_in(client, "ann").status_code == 403
    assert (only(session).is_active, only(session).role) == (False, Role.OBSERVER)


def test_a_name_opens_nobodys_account(client: Browser, provider: Provider, session: Session):
    local = add_person(session, "ann", Role.ADMIN)
    provider.add("ann", "too-observers", number="1")
    log_in(client, "ann")
    names = session.scalars(select(Person.username).order_by(Person.id)).all()
    assert names == ["ann", "ann-2"]
    identity = session.scalars(select(Identity)).one()
    assert identity.person_id != local.id
    assert "ann-2" in client.get("/account").text


def test_two_first_logins_of_one_person_at_once_make_one_account(
    browsers: Browsers, provider: Provider, session: Session
):
    provider.add("ann", "too-observers")
    answers = []
    for each in (browsers(), browsers()):
        page = each.get("/login/provider")
        back = each.show(page, "ann", stop_at=each.site)
        answers.append((each, back.headers["Location"]))
    together = threading.Barrier(2)

    def bring(browser: Browser, address: str) -> None:
        together.wait(10)
        browser.get(address)

    threads = [threading.Thread(target=bring, args=answer) for answer in answers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert session.scalar(select(func.count()).select_from(Person)) == 1
    for browser, _ in answers:
        assert browser.get("/queues").url == f"{browser.site}/queues"


def answer_of(client: Browser, provider: Provider, username: str = "ann") -> str:
    """Address with which the provider sends a browser back, not opened yet."""
    provider.add(username, "too-observers")
    back = client.show(client.get("/login/provider"), username, stop_at=client.site)
    return back.headers["Location"]


def test_an_answer_is_taken_once(client: Browser, provider: Provider):
    answer = answer_of(client, provider)
    cookies = dict(client.session.cookies)
    assert client.get(answer).status_code == 200
    client.post("/logout")
    again = client.get(answer)
    assert again.status_code == 400
    assert "begun in this browser" in again.text
    # Even with the cookie of before, the provider knows that the code was used.
    client.session.cookies.clear()
    thief = client.get(answer, headers={"Cookie": f"toom_form={cookies['toom_form']}"})
    assert thief.status_code == 403
    assert "begin again" in thief.text


def test_an_answer_for_another_browser_is_refused(
    client: Browser, browsers: Browsers, provider: Provider, session: Session
):
    answer = answer_of(client, provider)
    other = browsers()
    other.get("/login/provider")
    assert other.get(answer).status_code == 400
    assert session.scalars(select(Person)).all() == []


@pytest.mark.parametrize(
    ("old", "new"), [("state=", "state=x"), ("code=", "code=x"), ("iss=http", "iss=https")]
)
def test_an_answer_that_was_changed_is_refused(
    client: Browser, provider: Provider, session: Session, old: str, new: str
):
    answer = answer_of(client, provider)
    assert old in answer
    assert client.get(answer.replace(old, new)).status_code in {400, 403}
    assert session.scalars(select(Person)).all() == []


def test_an_answer_that_comes_too_late_is_refused(client: Browser, provider: Provider, monkeypatch):
    answer = answer_of(client, provider)
    monkeypatch.setattr("too_marshal.web.people.begun.LASTS", -1)
    assert client.get(answer).status_code == 400


def test_a_refusal_of_the_provider_is_said(client: Browser, provider: Provider):
    answer = answer_of(client, provider)
    state = re.search(r"state=([^&]+)", answer)[1]
    refused = f"/login/provider/answer?error=access_denied&state={state}&iss={provider.issuer}"
    page = client.get(refused)
    assert page.status_code == 403
    assert "access_denied" in page.text


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_a_login_leads_nowhere_else(client: Browser, provider: Provider, wanted: str):
    provider.add("ann", "too-observers")
    assert log_in(client, "ann", next=wanted).url == f"{client.site}/"


def test_new_keys_of_the_provider_are_looked_for(
    client: Browser, browsers: Browsers, provider: Provider
):
    provider.add("ann", "too-observers")
    assert log_in(client, "ann").status_code == 200
    provider.rotate()
    assert log_in(browsers(), "ann").url == f"{client.site}/"


def test_of_several_tabs_each_has_its_own_answer(client: Browser, provider: Provider):
    provider.add("ann", "too-observers")
    first = client.get("/login/provider", params={"next": "/queues"})
    client.get("/login/provider", params={"next": "/notices"})
    answer = client.show(first, "ann")
    # The provider remembers the address that was asked for last: either is one of this browser's.
    assert answer.url in {f"{client.site}/queues", f"{client.site}/notices"}


class TestLinking:
    """A local account, and an identity at the provider."""

    def link(self, client: Browser, provider: Provider, **form: str) -> requests.Response:
        client.post("/login", username="bea", password=PASSWORD)
        page = client.post("/account/identity", **{"password": PASSWORD, **form})
        if page.status_code != 200:
            return page
        address = html.unescape(re.search(r'content="0; url=([^"]+)"', page.text)[1])
        assert address.startswith(provider.issuer)
        return client.show(client.get(address), "beatrice")

    @pytest.fixture(autouse=True)
    def bea(self, session: Session, provider: Provider) -> Person:
        provider.add("beatrice", "too-observers", number="23")
        return add_person(session, "bea", Role.ADMIN)

    def test_a_linked_account_opens_by_either_way_and_keeps_its_role(
        self, client: Browser, browsers: Browsers, provider: Provider, session: Session
    ):
        page = self.link(client, provider)
        assert page.url == f"{client.site}/account"
        assert "Beatrice Person" in page.text
        other = browsers()
        log_in(other, "beatrice")
        assert "bea" in other.get("/account").text
        assert other.get("/people").status_code == 200, "the role is the administrator's"
        assert only(session).username == "bea"
        assert ("bea", "account linked to the provider") in audited(session)

    def test_whoever_only_sits_at_the_browser_links_nothing(
        self, client: Browser, provider: Provider, session: Session
    ):
        assert self.link(client, provider, password="wrong").status_code == 422
        assert session.scalars(select(Identity)).all() == []

    def test_an_identity_of_somebody_else_is_not_linked(
        self, client: Browser, browsers: Browsers, provider: Provider, session: Session
    ):
        log_in(browsers(), "beatrice")
        page = self.link(client, provider)
        assert page.status_code == 409
        assert "linked already" in page.text
        assert session.scalar(select(func.count()).select_from(Identity)) == 1

    def test_what_is_linked_can_be_parted_and_opens_nothing_then(
        self, client: Browser, browsers: Browsers, provider: Provider, session: Session
    ):
        self.link(client, provider)
        assert client.post("/account/identity/remove").status_code == 200
        assert session.scalars(select(Identity)).all() == []
        log_in(browsers(), "beatrice")
        assert session.scalar(select(func.count()).select_from(Person)) == 2

    def test_the_only_way_in_is_not_taken_away(self, client: Browser, session: Session):
        log_in(client, "beatrice")
        assert "Unlink" not in client.get("/account").text
        answer = client.post("/account/identity/remove")
        assert answer.status_code == 409
        assert "only way" in answer.text
        made = session.scalars(select(Person).where(Person.username == "beatrice")).one()
        set_password(session, made, "a password of an administrator's")
        log_in(client, "beatrice")
        assert client.post("/account/identity/remove").status_code == 200

    def test_another_person_who_logs_in_meanwhile_is_not_linked(
        self, client: Browser, session: Session
    ):
        add_person(session, "carl", Role.VIEWER)
        client.post("/login", username="bea", password=PASSWORD)
        page = client.post("/account/identity", password=PASSWORD)
        address = html.unescape(re.search(r'content="0; url=([^"]+)"', page.text)[1])
        back = client.show(client.get(address), "beatrice", stop_at=client.site)
        client.post("/login", username="carl", password=PASSWORD)
        assert client.get(back.headers["Location"]).status_code in {400, 409}
        assert session.scalars(select(Identity)).all() == []


class TestConfirming:
    """Half a day after the login, before anything leaves."""

    @pytest.fixture(autouse=True)
    def ann(self, client: Browser, provider: Provider, session: Session) -> None:
        provider.add("ann", "too-observers")
        provider.add("eve", "too-observers")
        log_in(client, "ann")
        for row in session.scalars(select(WebSession)):
            row.confirmed_at = now() - LOGIN_LASTS - timedelta(hours=1)
        session.commit()

    def is_confirmed(self, session: Session) -> bool:
        session.expire_all()
        rows = session.scalars(select(WebSession).order_by(WebSession.created_at)).all()
        return now() - rows[0].confirmed_at < timedelta(minutes=1)

    def test_the_provider_asks_who_one_is_and_the_way_back_leads_to_the_button(
        self, client: Browser, session: Session
    ):
        page = client.get("/confirm?next=/queues")
        assert "Is it you?" in page.text
        assert 'name="password"' not in page.text
        address = html.unescape(re.search(r'href="(/confirm/provider[^"]*)"', page.text)[1])
        page = client.get(address)
        assert "/auth/password" in page.url, "that it knows the browser is not enough"
        assert not self.is_confirmed(session)
        page = client.show(page, "ann")
        assert page.url == f"{client.site}/queues"
        assert "Nothing was sent so far" in page.text
        assert self.is_confirmed(session)
        assert ("ann", "confirmed by the provider") in audited(session)

    def test_another_person_confirms_nothing(self, client: Browser, session: Session):
        # Somebody else sits down, and is logged in at the provider.
        for cookie in list(client.session.cookies):
            if cookie.domain != "127.0.0.1":
                client.session.cookies.clear(cookie.domain)
        page = client.show(client.get("/confirm/provider"), "eve")
        assert page.status_code == 403
        assert "somebody else has answered" in page.text
        assert not self.is_confirmed(session)

    def test_an_answer_to_a_login_confirms_nothing(self, client: Browser, session: Session):
        """It is a login: the session is a new one, as old as what the provider has seen."""
        assert client.get("/login/provider").url == f"{client.site}/"
        rows = session.scalars(select(WebSession)).all()
        assert len(rows) == 1, "the one of before is over"


def test_a_login_is_as_fresh_as_what_the_provider_has_seen(
    client: Browser, provider: Provider, session: Session
):
    """A browser that the provider still knows says nothing of who sits at it."""
    provider.add("ann", "too-observers")
    log_in(client, "ann")
    first = session.scalars(select(WebSession)).one().confirmed_at
    client.post("/logout")
    assert client.get("/login/provider").url == f"{client.site}/", "nothing was asked"
    session.expire_all()
    second = session.scalars(select(WebSession)).one().confirmed_at
    assert abs(second - first) < timedelta(seconds=2)
    assert second <= session.scalars(select(WebSession)).one().created_at


class TestAnotherProvider:
    """One that does not do as it should, met by the pages."""

    @pytest.fixture
    def hostile(self) -> Iterator[Hostile]:
        with closing(Hostile()) as hostile:
            yield hostile

    @pytest.fixture(autouse=True)
    def served(self, hostile: Hostile, by_provider, serve):
        return serve(by_provider(hostile.issuer))

    def answer(self, client: Browser, hostile: Hostile, address: str = "/login/provider") -> str:
        """Address with which the hostile provider sends a browser back."""
        asked = client.get(address, allow_redirects=False).headers["Location"]
        given = {name: value[0] for name, value in parse_qs(urlsplit(asked).query).items()}
        hostile.nonce = given["nonce"]
        return f"{given['redirect_uri']}?code=a-code&state={given['state']}"

    def test_while_it_is_silent_the_password_still_opens(
        self, client: Browser, hostile: Hostile, session: Session, monkeypatch
    ):
        monkeypatch.setattr(exchange, "SILENCE", 0.3 * u.s)
        hostile.silent.add("/.well-known/openid-configuration")
        page = client.get("/login/provider?next=/queues")
        assert page.status_code == 503
        assert "The Institute does not answer" in page.text
        assert 'value="/queues"' in page.text
        add_person(session, "bea", Role.OBSERVER)
        answer = client.post("/login", username="bea", password=PASSWORD, next="/queues")
        assert answer.url == f"{client.site}/queues"

    def test_what_it_has_not_signed_opens_nothing(
        self, client: Browser, hostile: Hostile, session: Session
    ):
        hostile.claims = {"groups": ["too-admins"]}
        hostile.sign = lambda claims: signed(claims, OTHER_KEY)
        page = client.get(self.answer(client, hostile))
        assert page.status_code == 403
        assert session.scalars(select(Person)).all() == []
        assert ("nobody that we know", "the provider's answer was refused") in audited(session)

    def test_an_answer_that_was_refused_is_not_taken_later(
        self, client: Browser, hostile: Hostile, session: Session
    ):
        hostile.claims = {"groups": ["too-admins"], "aud": "another-client"}
        answer = self.answer(client, hostile)
        assert client.get(answer).status_code == 403
        hostile.claims = {"groups": ["too-admins"]}
        assert client.get(answer).status_code == 400
        assert session.scalars(select(Person)).all() == []

    def test_groups_may_be_told_beside_the_token(
        self, client: Browser, hostile: Hostile, session: Session
    ):
        hostile.userinfo = {"sub": "17", "groups": ["too-admins"], "preferred_username": "ann"}
        client.get(self.answer(client, hostile))
        assert (only(session).username, only(session).role) == ("ann", Role.ADMIN)

    def test_a_login_that_nobody_has_seen_is_not_fresh(
        self, client: Browser, hostile: Hostile, session: Session
    ):
        hostile.claims = {"groups": ["too-admins"]}
        client.get(self.answer(client, hostile))
        confirmed_at = session.scalars(select(WebSession)).one().confirmed_at
        assert now() - confirmed_at > LOGIN_LASTS

    @pytest.mark.parametrize("auth_time", [None, 1_000_000_000, "now"])
    def test_a_provider_that_has_not_asked_confirms_nothing(
        self, client: Browser, hostile: Hostile, session: Session, auth_time
    ):
        hostile.claims = {"groups": ["too-admins"]}
        client.get(self.answer(client, hostile))
        hostile.claims["auth_time"] = auth_time
        page = client.get(self.answer(client, hostile, "/confirm/provider"))
        assert page.status_code == 403
        session.expire_all()
        assert now() - session.scalars(select(WebSession)).one().confirmed_at > LOGIN_LASTS

    @pytest.mark.parametrize(
        ("wish", "username"),
        [("ann", "ann"), ("", "person"), ("Ännchen <x>", "nnchenx"), ("a" * 300, "a" * 70)],
    )
    def test_a_name_is_made_one_that_may_be(
        self, client: Browser, hostile: Hostile, session: Session, wish: str, username: str
    ):
        hostile.claims = {"groups": ["too-admins"], "preferred_username": wish, "name": "A\0" * 200}
        client.get(self.answer(client, hostile))
        assert only(session).username == username
        assert only(session).full_name == "A" * 120

    def test_nothing_secret_is_in_the_log(self, client: Browser, hostile: Hostile, caplog):
        caplog.set_level("DEBUG", logger="too_marshal")
        hostile.tokens = {"access_token": "access-me", "refresh_token": "refresh-me"}
        hostile.claims = {"groups": ["too-admins"]}
        client.get(self.answer(client, hostile))
        hostile.claims = {"aud": "another"}
        client.get(self.answer(client, hostile))
        said = " ".join(str(vars(record)) for record in caplog.records)
        assert "Logged in by the provider" in said
        for secret in ("access-me", "refresh-me", "a-code", SECRET, hostile.nonce):
            assert secret not in said
