"""A rule is tried before it holds, and an event found, as a person does it."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.browser.conftest import LogIn, Site
from too_marshal.db.accounts.people import Role
from too_marshal.db.events import EventName, normalized_name
from too_marshal.db.observing.plans import PlanRule, RuleTrial
from too_marshal.workflows.rules.backtest import try_rule

pytestmark = pytest.mark.browser


def test_a_trial_shows_how_far_it_is_and_then_its_answer(
    observer: Page, site: Site, database: Session
):
    observer.goto(site.address("/rules"))
    observer.get_by_role("link", name="New rule").click()
    observer.get_by_label("Name", exact=True).fill("Tell: all of LVK")
    observer.get_by_label("Streams").fill("lvk")
    observer.get_by_role("button", name="Try on the last 30 days").click()
    expect(observer.get_by_role("progressbar")).to_be_visible()
    number = database.scalars(select(RuleTrial.id).order_by(RuleTrial.id.desc())).first()
    # The site has no worker: this is what it would do.
    try_rule(database, number)
    expect(observer.get_by_role("heading", name="What would have changed")).to_be_visible()
    expect(observer.get_by_role("progressbar")).not_to_be_attached()
    assert database.scalars(select(PlanRule).where(PlanRule.name == "Tell: all of LVK")).all() == []


def test_a_wrong_field_is_named_and_what_was_typed_stays(
    page: Page, site: Site, log_in: LogIn, allowed_errors: list[str]
):
    allowed_errors.append("422")
    log_in(Role.ADMIN)
    page.goto(site.address("/rules/new"))
    page.get_by_label("Name", exact=True).fill("x")
    page.get_by_label("Streams").fill("ligo")
    page.get_by_role("button", name="Store").click()
    field = page.get_by_label("Streams")
    expect(field).to_have_value("ligo")
    expect(field).to_have_accessible_description(re.compile("Unknown: ligo. Known: agile"))


def test_an_event_is_found_from_any_page(observer: Page, site: Site, database: Session):
    name = "GRB 260103A"
    database.add(
        EventName(event_id=site.stage_id, name=name, normalized_name=normalized_name(name))
    )
    database.commit()
    observer.goto(site.address("/queues"))
    box = observer.get_by_role("searchbox")
    box.fill("grb260103a")
    box.press("Enter")
    expect(observer.get_by_role("heading", name="MS260103c", exact=True)).to_be_visible()
    box.fill("S999999zz")
    box.press("Enter")
    expect(observer.get_by_role("status").filter(has_text="No event is called so")).to_be_visible()
