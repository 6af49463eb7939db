"""Whoever has to say again that it is they comes back to the button that they pressed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.browser.conftest import Site
from tests.too_marshal.factories import PASSWORD
from too_marshal.db.accounts.people import WebSession
from too_marshal.db.base import now
from too_marshal.db.observing.replacements import Replacement, ReplacementState

pytestmark = pytest.mark.browser


@pytest.fixture
def long_ago(approver: Page, database: Session) -> Iterator[None]:
    """The approver's login is of yesterday."""
    database.execute(update(WebSession).values(confirmed_at=now() - timedelta(hours=13)))
    database.commit()
    yield
    approver.close()


def say_who_it_is(page: Page) -> None:
    page.get_by_label("Password of approver").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The password is wrong.")
    page.get_by_label("Password of approver").fill(PASSWORD)
    page.keyboard.press("Enter")


@pytest.mark.usefixtures("long_ago")
def test_a_form_leads_back_to_the_part_of_the_page_that_it_stands_in(
    approver: Page, site: Site, database: Session, allowed_errors: list[str]
):
    allowed_errors.append("422")
    row = database.scalars(select(Replacement)).one()
    approver.goto(site.address(f"/events/{site.event_id}"))
    approver.get_by_role("button", name="Replace the queue…").click()
    approver.get_by_role("dialog").get_by_role("button", name="Replace", exact=True).click()
    approver.wait_for_url(re.compile("/confirm"))
    say_who_it_is(approver)
    approver.wait_for_url(site.address(f"/events/{site.event_id}#replacement-{row.id}-title"))
    expect(approver.get_by_text("press the button again")).to_be_visible()
    expect(approver.get_by_role("button", name="Replace the queue…")).to_be_in_viewport()
    database.refresh(row)
    assert row.state == ReplacementState.OFFERED, "nothing was done by it"


@pytest.mark.usefixtures("long_ago")
def test_what_htmx_sends_leads_there_and_back_as_well(
    approver: Page, site: Site, allowed_errors: list[str]
):
    allowed_errors.append("422")
    here = site.address(f"/plans/{site.plan_id}?x=1#sky")
    approver.goto(here)
    # No button of a page does so today; one that is added is led the same way.
    approver.evaluate(
        "address => window.htmx.ajax('POST', address, { source: document.body, swap: 'none' })",
        f"/plans/{site.plan_id}/submit",
    )
    approver.wait_for_url(re.compile("/confirm"))
    say_who_it_is(approver)
    approver.wait_for_url(here)
    expect(approver.get_by_text("press the button again")).to_be_visible()
