"""What happens to an event while its page stands open, and when a robot is missing or silent."""

import re
from collections.abc import Iterator
from itertools import count

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.browser.conftest import Site
from tests.too_marshal.factories import (
    add_event,
    add_localization,
    add_plan,
    add_submission,
    circle_map,
)
from too_marshal.db.events import Event, record
from too_marshal.db.observing.queues import SubmissionState

pytestmark = pytest.mark.browser

_numbers = count(1)


@pytest.fixture(params=[(1280, 800), (390, 844)], ids=["desk", "telephone"])
def shown(
    request: pytest.FixtureRequest, approver: Page, site: Site, database: Session
) -> Iterator[tuple[Page, Event]]:
    """A page of a size, and an event with a map for it; nothing is asked of another host."""
    width, height = request.param
    approver.set_viewport_size({"width": width, "height": height})
    strangers: list[str] = []
    approver.on(
        "request",
        lambda asked: (
            None if asked.url.startswith((site.url, "data:")) else strangers.append(asked.url)
        ),
    )
    event = add_event(database, f"MS260303s{next(_numbers)}", is_test=True)
    add_localization(database, event)
    yield approver, event
    assert strangers == []
    assert approver.evaluate("document.documentElement.scrollWidth") <= width


def test_a_retraction_takes_the_plan_away_from_an_open_page(
    shown: tuple[Page, Event], site: Site, database: Session
):
    page, event = shown
    add_plan(database, event)
    page.goto(site.address(f"/events/{event.id}"))
    following = page.locator("[data-action=next]")
    expect(following).to_have_attribute("data-step", "submit")
    event.is_retracted = True
    event.kind = "retraction"
    record(database, "Event retracted", subject="event", event_id=event.id)
    database.commit()
    expect(page.get_by_role("alert").filter(has_text="RETRACTED")).to_be_visible()
    expect(following).to_have_attribute("data-step", "acknowledge")
    expect(page.get_by_role("button", name=re.compile("submit", re.IGNORECASE))).to_have_count(0)
    following.click()
    expect(page.locator("#messages")).to_contain_text("acknowledged")
    expect(following).to_have_attribute("data-step", "nothing")


def test_a_plan_on_an_older_map_is_planned_again_and_not_sent(
    shown: tuple[Page, Event], site: Site, database: Session
):
    page, event = shown
    add_plan(database, event)
    page.goto(site.address(f"/events/{event.id}"))
    following = page.locator("[data-action=next]")
    expect(following).to_have_attribute("data-step", "submit")
    newer = add_localization(database, event, circle_map(152.0, 31.0, 6.0))
    record(
        database, "Sky map ready", subject="localization", subject_id=newer.id, event_id=event.id
    )
    database.commit()
    expect(following).to_have_attribute("data-step", "again")
    expect(page.locator("#plans")).to_contain_text("made on an older map")
    following.click()
    expect(page.locator("h1")).to_contain_text("ZTF plan")


def test_what_has_no_robot_is_never_offered_to_one(
    shown: tuple[Page, Event], site: Site, database: Session
):
    page, event = shown
    plan = add_plan(database, event)
    plan.telescope = "DECam"
    database.commit()
    page.goto(site.address(f"/events/{event.id}"))
    following = page.locator("[data-action=next]")
    expect(following).to_have_count(1)
    expect(following).not_to_have_attribute("data-step", "submit")
    expect(following).not_to_contain_text("DECam")
    page.goto(site.address(f"/plans/{plan.id}"))
    expect(page.get_by_role("button", name=re.compile("Check and submit"))).to_have_count(0)


def test_of_two_telescopes_the_one_that_can_be_submitted_to_comes_first(
    shown: tuple[Page, Event], site: Site, database: Session
):
    page, event = shown
    other = add_plan(database, event)
    other.telescope = "DECam"
    other.statistics = {**other.statistics, "probability_all_filters": 0.99}
    database.commit()
    add_plan(database, event)
    page.goto(site.address(f"/events/{event.id}"))
    following = page.locator("[data-action=next]")
    expect(following).to_have_attribute("data-step", "submit")
    expect(following).to_contain_text("ZTF")
    expect(page.locator("#plans")).to_contain_text("DECam")


@pytest.mark.usefixtures("silent_robot")
def test_a_silent_robot_is_called_silent_where_its_queue_is_watched(
    shown: tuple[Page, Event], site: Site, database: Session
):
    page, event = shown
    add_submission(database, add_plan(database, event), SubmissionState.EXECUTING)
    page.goto(site.address(f"/events/{event.id}"))
    expect(page.locator("[data-action=next]")).to_have_attribute("data-step", "watch")
    expect(page.locator("#submissions")).to_contain_text("ZTF does not answer")
    page.goto(site.address("/queues"))
    expect(page.locator("main")).to_contain_text("stale")
