"""From the link in an alarm to an accepted queue, by keyboard, on a telephone, and offline."""

import re
from itertools import count

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy.orm import Session

from tests.browser.conftest import LogIn, Site
from tests.too_marshal.factories import PROGRAM, add_event, add_localization, add_plan
from too_marshal.db.accounts.people import Role
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.observing.preflights import Preflight
from too_marshal.db.observing.queues import Submission

pytestmark = pytest.mark.browser


_numbers = count(1)


@pytest.fixture
def event(database: Session) -> Event:
    event = add_event(database, f"MS260202q{next(_numbers)}", is_test=True)
    add_localization(database, event)
    return event


def answered(database: Session) -> None:
    """Answer the newest check as a worker would."""
    database.rollback()
    preflight = database.query(Preflight).order_by(Preflight.id.desc()).first()
    preflight.done_at, preflight.program = now(), PROGRAM
    preflight.findings = [{"level": "note", "words": "the name is free"}]
    database.commit()


def test_three_clicks_by_keyboard_from_the_alarm_to_the_approval(
    approver: Page, site: Site, database: Session, event: Event
):
    plan = add_plan(database, event)
    approver.goto(site.address(f"/events/{event.id}"))  # the link in the alarm is the first
    following = approver.locator("[data-action=next]")
    expect(following).to_have_count(1)
    approver.keyboard.press("n")
    expect(following).to_be_focused()
    approver.keyboard.press("Enter")
    expect(approver.locator("progress")).to_be_visible()
    top = approver.evaluate("window.scrollY")
    answered(database)
    dialog = approver.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    assert approver.evaluate("window.scrollY") == top, "the page does not jump after the check"
    approver.keyboard.press("Tab")
    approver.keyboard.press("Enter")
    expect(approver.locator("#messages")).to_contain_text("Approved")
    database.rollback()
    assert database.query(Submission).filter_by(plan_id=plan.id).count() == 1
    approver.goto(site.address(f"/events/{event.id}"))
    expect(following).to_have_attribute("data-step", "watch")


def test_the_question_comes_once(approver: Page, site: Site, database: Session, event: Event):
    add_plan(database, event)
    approver.goto(site.address(f"/events/{event.id}"))
    approver.locator("[data-action=next]").click()
    answered(database)
    expect(approver.get_by_role("dialog")).to_be_visible()
    approver.keyboard.press("Escape")
    approver.reload()
    expect(approver.locator("[data-action=next]")).to_have_text("Approve and submit…")
    expect(approver.get_by_role("dialog")).to_have_count(0)


def test_on_a_telephone_it_lies_within_reach_of_a_thumb(
    approver: Page, site: Site, database: Session, event: Event
):
    add_plan(database, event)
    approver.set_viewport_size({"width": 390, "height": 844})
    approver.goto(site.address(f"/events/{event.id}"))
    following = approver.locator("[data-action=next]")
    for _ in range(2):
        box = following.bounding_box()
        assert box["y"] > 700
        assert box["y"] + box["height"] <= 844
        assert box["height"] >= 44
        approver.mouse.wheel(0, 1500)
    assert approver.locator("header").bounding_box()["height"] <= 56
    expect(approver.get_by_role("link", name="Queues")).not_to_be_visible()
    approver.get_by_role("button", name="Menu").click()
    approver.get_by_role("link", name="Queues").click()
    expect(approver.get_by_role("heading", name="Queues", level=1)).to_be_visible()


# Whatever has gone wrong is told as well.
@pytest.mark.usefixtures("silent_robot")
@pytest.mark.parametrize(("width", "height", "screens"), [(1280, 800, 3), (390, 844, 5)])
def test_a_page_is_calm_before_anything_is_unfolded(
    approver: Page, site: Site, width: int, height: int, screens: int
):
    approver.set_viewport_size({"width": width, "height": height})
    approver.goto(site.address(f"/events/{site.event_id}"))
    expect(approver.locator("#sky[data-ready]")).to_be_attached()
    assert approver.evaluate("document.documentElement.scrollHeight") <= screens * height


def test_a_viewer_sees_the_step_and_is_offered_no_act(
    page: Page, site: Site, log_in: LogIn, database: Session, event: Event
):
    plan = add_plan(database, event)
    log_in(Role.VIEWER)
    page.goto(site.address(f"/events/{event.id}"))
    following = page.locator("[data-action=next]")
    expect(following).to_have_text(f"See ZTF plan {plan.id}")
    following.click()
    expect(page.get_by_role("heading", name=f"ZTF plan {plan.id}")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("submit"))).to_have_count(0)


def test_keys_are_listed_and_lead_from_row_to_row(approver: Page, site: Site):
    approver.goto(site.address("/"))
    approver.keyboard.press("?")
    keys = approver.get_by_role("dialog", name="Keys")
    expect(keys).to_be_visible()
    approver.keyboard.press("Enter")
    expect(keys).not_to_be_visible()
    approver.keyboard.press("j")
    expect(approver.locator("tbody tr").first.locator("a")).to_be_focused()
    approver.keyboard.press("j")
    expect(approver.locator("tbody tr").nth(1).locator("a")).to_be_focused()
    approver.keyboard.press("k")
    approver.keyboard.press("/")
    expect(approver.locator("#search")).to_be_focused()
    approver.keyboard.type("q?n")
    expect(approver.locator("#search")).to_have_value("q?n")
    expect(keys).not_to_be_visible()


def test_a_person_chooses_of_which_event_a_device_tells(
    context: BrowserContext, approver: Page, site: Site
):
    context.grant_permissions(["notifications"], origin=site.url)
    approver.goto(site.address(f"/events/{site.event_id}"))
    button = approver.locator("[data-notify]")
    expect(button).to_have_text("Notify me")
    button.click()
    expect(button).to_have_text("Notifies this device")
    assert approver.evaluate("localStorage.getItem('notify')") == f'["{site.event_id}"]'
    approver.reload()
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(button).to_have_text("Notify me")
