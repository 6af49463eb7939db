"""Live updates: what happens appears by itself, in every tab, and when the stream is down too."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect
from sqlalchemy.orm import Session

from tests.browser.conftest import Site
from tests.too_marshal.factories import add_plan
from too_marshal.db.base import now
from too_marshal.db.events import Event, record
from too_marshal.db.observing.plans import PlanState

pytestmark = pytest.mark.browser


def happen(database: Session, site: Site, text: str) -> None:
    record(database, text, subject="event", event_id=site.stage_id)
    database.commit()


def is_stream(request: Request) -> bool:
    return urlsplit(request.url).path == "/live"


def open_event(page: Page, site: Site) -> Page:
    page.goto(site.address(f"/events/{site.stage_id}"))
    expect(page.locator("#sky[data-ready]")).to_be_attached()
    return page


def test_what_happens_appears_without_a_reload(approver: Page, site: Site, database: Session):
    open_event(approver, site)
    approver.evaluate("window.same = true")
    happen(database, site, "The observatory closes its dome")
    expect(approver.locator("#timeline")).to_contain_text("closes its dome")
    assert approver.evaluate("window.same")


def test_what_is_being_done_is_not_disturbed(approver: Page, site: Site, database: Session):
    open_event(approver, site)
    approver.get_by_text("New plan").click()
    approver.get_by_label("Exposure time (s)").fill("12")
    approver.locator("#fold-rehearsal > summary").click()
    approver.locator("button[commandfor=retract]").click()
    approver.evaluate(
        """() => { const known = document.getElementById("refresh").dataset.known;
             new EventSource(`/live?after=${known}`).addEventListener("activity", (event) => {
               document.body.dataset.heard = JSON.parse(event.data).text; }); }"""
    )
    happen(database, site, "Something happens behind the dialog")
    # The row is told within a second; the page must have heard it before the dialog is closed.
    expect(approver.locator("body[data-heard*='behind the dialog']")).to_be_attached()
    dialog = approver.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    expect(approver.locator("#timeline")).to_contain_text("behind the dialog")
    expect(approver.get_by_label("Exposure time (s)")).to_have_value("12")


def test_a_plan_that_becomes_ready_shows_itself(approver: Page, site: Site, database: Session):
    event = database.get_one(Event, site.stage_id)
    plan = add_plan(database, event, state=PlanState.COMPUTING)
    approver.goto(site.address(f"/plans/{plan.id}"))
    expect(approver.get_by_role("progressbar")).to_be_visible()
    plan.state, plan.remark, plan.ready_at = PlanState.EMPTY, "Nothing rises tonight.", now()
    record(database, "Plan is empty", subject="plan", subject_id=plan.id, event_id=event.id)
    database.commit()
    expect(approver.locator("#standing")).to_contain_text("Nothing rises tonight.")
    expect(approver.get_by_role("progressbar")).to_have_count(0)


def test_eight_tabs_share_one_stream_and_all_hear(
    approver: Page, context: BrowserContext, site: Site, database: Session
):
    streams: list[str] = []
    context.on(
        "request",
        lambda request: streams.append(request.url) if is_stream(request) else None,
    )
    pages = [approver] + [context.new_page() for _ in range(7)]
    for page in pages:
        open_event(page, site)
    assert len(streams) == 1
    happen(database, site, "Heard in the last tab")
    pages[-1].bring_to_front()
    expect(pages[-1].locator("#timeline")).to_contain_text("Heard in the last tab")
    # The tab that listened goes; another takes its place.
    with context.expect_event("request", is_stream, timeout=10_000):
        pages[0].close()
    happen(database, site, "Heard after the first tab went")
    expect(pages[-1].locator("#timeline")).to_contain_text("after the first tab went")


def test_without_the_stream_the_page_says_so_and_asks_at_intervals(
    approver: Page, context: BrowserContext, site: Site, database: Session,
    allowed_errors: list[str],
):  # fmt: skip
    allowed_errors.append("ERR_FAILED")
    context.route(re.compile(r"/live(\?|$)"), lambda route: route.abort())
    approver.clock.install()
    open_event(approver, site)
    expect(approver.locator("#live-state")).to_be_visible()
    happen(database, site, "Found by asking")
    approver.clock.run_for(20_000)
    expect(approver.locator("#timeline")).to_contain_text("Found by asking")


def test_ages_grow_while_the_page_stands_open(approver: Page, site: Site):
    approver.clock.install()
    open_event(approver, site)
    age = approver.locator("#details [data-since]").first
    before = age.text_content()
    approver.clock.fast_forward("02:00:00")
    expect(age).not_to_have_text(before)
    expect(approver.locator("#stream")).to_have_class("tag tag-red")
