"""What telescope time would buy, in the form of a plan: from the button to the budget."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.browser.conftest import Site
from tests.too_marshal.factories import add_event, add_localization, circle_map
from too_marshal.db.observing.curves import AskedCurve
from too_marshal.workflows.planning.curve import work_out_asked_curve

pytestmark = pytest.mark.browser


def test_the_handle_sets_the_budget_of_the_form(observer: Page, site: Site, database: Session):
    # Never too low at Palomar for a whole night, whatever the season.
    event = add_event(database, "MS260105e", is_test=True)
    add_localization(database, event, circle_map(150.0, 80.0, 4.0))
    observer.goto(site.address(f"/events/{event.id}"))
    observer.locator("#new-plan > summary").click()
    observer.get_by_role("button", name="What would time buy?").click()
    expect(observer.locator("#asked-curve progress")).to_be_visible()
    row = database.scalars(select(AskedCurve)).one()
    work_out_asked_curve(database, row.id)
    handle = observer.get_by_role("slider", name="Telescope time")
    expect(handle).to_be_visible()
    handle.focus()
    handle.press("Home")
    handle.press("ArrowRight")
    seconds = row.curve["telescope_time"][1]
    expect(observer.locator("#plan-maximum_time")).to_have_value(f"{seconds / 60:.4g}")
    expect(observer.locator("#plan-minimum_gain")).to_have_value("")
    expect(observer.locator("#curve-sentence")).to_contain_text("in all filters")
    observer.get_by_role("button", name="Make the plan").click()
    expect(observer.locator("h1")).to_contain_text("ZTF plan")


def test_an_estimate_follows_what_is_typed(observer: Page, site: Site, database: Session):
    event = add_event(database, "MS260106f", is_test=True)
    add_localization(database, event, circle_map(150.0, 80.0, 4.0))
    observer.goto(site.address(f"/events/{event.id}"))
    observer.locator("#new-plan > summary").click()
    estimate = observer.locator("#plan-estimate")
    expect(estimate).to_contain_text("ZTF covers at least about")
    telescope = observer.get_by_label("Telescope", exact=True)
    telescope.focus()
    telescope.select_option("DECam")
    expect(observer.locator("#plan-exposure_time")).to_have_value("90")
    expect(telescope).to_be_focused()
    # Whatever the season: it lies north of all that DECam reaches.
    expect(estimate).to_contain_text("Nothing can be observed so")
