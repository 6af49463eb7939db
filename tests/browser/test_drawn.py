"""The event's page where no script runs."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy.orm import Session

from tests.browser.conftest import Site
from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.events import Event
from too_marshal.workflows.accounts.login import open_session
from too_marshal.workflows.exposures.draw import draw

pytestmark = pytest.mark.browser

ALT = re.compile("90 % in 507 deg², brightest at 01:03")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_map_is_a_picture_where_no_script_runs(
    browser: Browser, site: Site, database: Session, scheme: str
):
    localization = database.get_one(Event, site.event_id).current_localization_id
    draw(database, [], localization)
    context = browser.new_context(
        java_script_enabled=False, color_scheme=scheme, viewport={"width": 1280, "height": 1000}
    )
    value = open_session(database, database.get_one(Person, site.people[Role.OBSERVER]))
    context.add_cookies([{"name": "toom_session", "value": value, "url": site.url}])
    page = context.new_page()
    page.goto(site.address(f"/events/{site.event_id}"))
    pictures = page.locator(".drawn")
    expect(pictures).to_have_count(2)
    for picture in pictures.all():
        expect(picture).to_have_attribute(
            "alt", re.compile(r"90 % in 507 deg², brightest at 01:03")
        )
        assert picture.bounding_box()["width"] > 300
        assert picture.evaluate("it => it.complete && it.naturalWidth") == 800
    expect(page.locator("#sky")).to_be_hidden()
    for controls in page.locator(".sky-controls").all():
        expect(controls).to_be_hidden()
    context.close()
