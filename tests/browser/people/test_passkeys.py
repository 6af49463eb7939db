"""Passkeys by keyboard, with the device that chromium simulates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import CDPSession, Page, expect
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from tests.browser.conftest import Site
from tests.browser.test_looks import faults_in_themes
from tests.too_marshal.factories import add_person
from too_marshal.db.accounts.passkeys import Passkey
from too_marshal.db.accounts.people import Person, Role, WebSession
from too_marshal.db.base import now
from too_marshal.workflows.accounts.login import open_session

pytestmark = pytest.mark.browser

DESK, TELEPHONE = (1280, 800), (390, 844)


@pytest.fixture
def by_name(site: Site) -> str:
    """The site by a name: by a number it has no passkeys."""
    return site.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def pat(database: Session) -> Iterator[Person]:
    """Somebody whose passkeys are in nobody's way."""
    yield add_person(database, "pat", Role.APPROVER)
    database.rollback()
    database.execute(delete(Person).where(Person.username == "pat"))
    database.commit()


@pytest.fixture
def inside(page: Page, database: Session, pat: Person, by_name: str) -> Page:
    """Pat's page, just logged in."""
    value = open_session(database, pat)
    page.context.add_cookies([{"name": "toom_session", "value": value, "url": by_name}])
    page.emulate_media(reduced_motion="reduce")
    return page


class Telephone:
    """A device that is built into the machine, and looks who holds it."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = self._session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._id = {"authenticatorId": made["authenticatorId"]}

    def knows_who_holds_it(self, *, it: bool) -> None:
        self._session.send("WebAuthn.setUserVerified", {**self._id, "isUserVerified": it})

    def credentials(self) -> list[dict]:
        return self._session.send("WebAuthn.getCredentials", self._id)["credentials"]


@pytest.fixture
def telephone(inside: Page) -> Telephone:
    return Telephone(inside)


def press(page: Page, name: str) -> None:
    """Go to a button as somebody without a mouse does, and press it."""
    button = page.get_by_role("button", name=name, exact=True)
    expect(button).to_be_visible()
    for _ in range(60):
        if button.evaluate("it => it === document.activeElement"):
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way leads to {name!r}")


def offer_by_the_button_alone(page: Page) -> None:
    """Nobody chooses in the field of the name here, and the simulated device would at once."""
    page.add_init_script("delete PublicKeyCredential.isConditionalMediationAvailable")


def add(page: Page, by_name: str, name: str = "my telephone") -> None:
    page.goto(f"{by_name}/account/passkeys")
    page.get_by_label("What you call it").focus()
    page.keyboard.type(name)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("size", [DESK, TELEPHONE], ids=["desk", "telephone"])
def test_a_passkey_is_added_logs_in_confirms_and_is_removed(
    inside: Page, telephone: Telephone, database: Session, by_name: str, size: tuple[int, int]
):
    page = inside
    page.set_viewport_size({"width": size[0], "height": size[1]})
    offer_by_the_button_alone(page)
    add(page, by_name)
    expect(page.get_by_text("“my telephone” logs you in from now on.")).to_be_visible()
    expect(page.locator(".rows strong")).to_have_text("my telephone")
    assert faults_in_themes(page) == {}
    assert fits(page)
    (credential,) = telephone.credentials()
    assert credential["rpId"] == "localhost"
    assert credential["isResidentCredential"]

    page.goto(f"{by_name}/account")
    press(page, "Log out here")
    page.wait_for_url(f"{by_name}/login")
    assert faults_in_themes(page) == {}
    assert fits(page)
    page.goto(f"{by_name}/login?next=/queues")
    press(page, "Log in with a passkey")
    page.wait_for_url(f"{by_name}/queues")

    long_ago(database)
    page.goto(f"{by_name}/account/passkeys")
    press(page, "Remove my telephone")
    page.wait_for_url(f"{by_name}/confirm?next=/account/passkeys")
    assert faults_in_themes(page) == {}
    assert fits(page)
    press(page, "Use a passkey")
    page.wait_for_url(f"{by_name}/account/passkeys")
    press(page, "Remove my telephone")
    expect(page.get_by_text("None yet.")).to_be_visible()
    assert database.scalars(select(Passkey)).all() == []


def long_ago(database: Session) -> None:
    database.execute(update(WebSession).values(confirmed_at=now() - timedelta(hours=13)))
    database.commit()


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_who_logged_in_long_ago_is_led_to_say_so_before_adding_one(
    inside: Page, telephone: Telephone, database: Session, by_name: str
):
    long_ago(database)
    add(inside, by_name)
    inside.wait_for_url(f"{by_name}/confirm?next=/account/passkeys")
    assert telephone.credentials() == []
    # There is none yet that could be used.
    expect(inside.get_by_role("button", name="Use a passkey")).to_have_count(0)


@pytest.mark.usefixtures("telephone")
def test_the_way_back_leads_to_the_part_of_the_page_that_was_left(inside: Page, by_name: str):
    add(inside, by_name)
    expect(inside.locator(".rows strong")).to_have_text("my telephone")
    inside.goto(f"{by_name}/confirm?next=/queues#main")
    press(inside, "Use a passkey")
    inside.wait_for_url(f"{by_name}/queues#main")


@pytest.mark.usefixtures("telephone")
def test_the_field_of_the_name_offers_passkeys(inside: Page, by_name: str):
    add(inside, by_name)
    expect(inside.locator(".rows strong")).to_have_text("my telephone")
    inside.context.clear_cookies(name="toom_session")
    # Whoever would choose there is simulated as well.
    inside.goto(f"{by_name}/login?next=/queues")
    inside.wait_for_url(f"{by_name}/queues")


def test_what_goes_wrong_is_said_in_a_sentence(
    inside: Page, telephone: Telephone, by_name: str, allowed_errors: list[str]
):
    page, problem = inside, inside.locator("form[data-passkey] .problem")
    offer_by_the_button_alone(page)
    add(page, by_name, "one")
    expect(page.locator(".rows strong")).to_have_count(1)
    page.get_by_label("What you call it").fill("two")
    press(page, "Add a passkey")
    expect(problem).to_have_text("This device has a passkey of yours for this site already.")
    assert faults_in_themes(page) == {}
    # The button can be pressed again, and the name is still there.
    expect(page.get_by_label("What you call it")).to_have_value("two")
    expect(page.get_by_role("button", name="Add a passkey")).to_be_enabled()
    page.context.clear_cookies(name="toom_session")
    page.goto(f"{by_name}/login")
    telephone.knows_who_holds_it(it=False)
    press(page, "Log in with a passkey")
    expect(problem).to_contain_text("Nothing was chosen, or it took too long.")
    assert faults_in_themes(page) == {}
    page.route("**/login/passkey/options", lambda route: route.fulfill(status=500, body="no"))
    allowed_errors.append("500")
    press(page, "Log in with a passkey")
    expect(problem).to_contain_text("The service did not answer as it should.")


WITHOUT_JSON = """
  for (const name of ["parseCreationOptionsFromJSON", "parseRequestOptionsFromJSON"])
    delete PublicKeyCredential[name];
  delete PublicKeyCredential.prototype.toJSON;
"""


def test_a_browser_that_reads_no_json_of_this_kind_is_served(
    inside: Page, telephone: Telephone, by_name: str
):
    page = inside
    page.add_init_script(WITHOUT_JSON)
    offer_by_the_button_alone(page)
    add(page, by_name)
    expect(page.locator(".rows strong")).to_have_text("my telephone")
    assert len(telephone.credentials()) == 1
    page.get_by_label("What you call it").fill("two")
    press(page, "Add a passkey")
    expect(page.locator("form[data-passkey] .problem")).to_contain_text("already")
    page.context.clear_cookies(name="toom_session")
    page.goto(f"{by_name}/login?next=/queues")
    press(page, "Log in with a passkey")
    page.wait_for_url(f"{by_name}/queues")


def test_a_browser_that_knows_no_passkeys_says_so_and_offers_none(inside: Page, by_name: str):
    inside.add_init_script("delete window.PublicKeyCredential")
    inside.goto(f"{by_name}/account/passkeys")
    expect(inside.get_by_text("This browser knows no passkeys")).to_be_visible()
    expect(inside.get_by_role("button", name="Add a passkey")).to_be_hidden()
    inside.context.clear_cookies(name="toom_session")
    inside.goto(f"{by_name}/login")
    expect(inside.get_by_role("button", name="Log in", exact=True)).to_be_visible()
    expect(inside.get_by_role("button", name="Log in with a passkey")).to_be_hidden()


class TestWithoutScripts:
    @pytest.fixture
    def browser_context_args(self, browser_context_args: dict) -> dict:
        return {**browser_context_args, "java_script_enabled": False}

    def test_the_page_says_why_there_are_none(self, inside: Page, by_name: str):
        inside.goto(f"{by_name}/account/passkeys")
        expect(inside.get_by_text("does not run the scripts of this page")).to_be_visible()
        expect(inside.get_by_role("button", name="Add a passkey")).to_be_hidden()

    def test_by_a_number_it_leads_to_the_name(self, approver: Page, site: Site, by_name: str):
        approver.goto(site.address("/account/passkeys"))
        expect(approver.get_by_text("opened by a number, 127.0.0.1")).to_be_visible()
        approver.get_by_role("link", name=by_name).click()
        approver.wait_for_url(f"{by_name}/login?next=/account/passkeys")
