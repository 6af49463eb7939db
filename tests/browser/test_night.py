"""The night strip and the airmass chart, as a person has them before them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

WIDTHS = {1280: 800, 390: 844}


@pytest.mark.parametrize("width", WIDTHS)
def test_a_row_says_when_the_region_is_up_and_opens_its_chart(
    observer: Page, site: Site, width: int
):
    observer.set_viewport_size({"width": width, "height": WIDTHS[width]})
    observer.goto(site.address(f"/events/{site.event_id}"))
    row = observer.locator("#night > .nights > li")
    expect(row).to_have_count(1)
    # The sentence is what a screen reader is told of the picture.
    link = row.get_by_role("link", name=re.compile(r"ZTF.*Moon \d+ %.*Airmass chart", re.DOTALL))
    expect(link).to_be_visible()
    picture = row.locator("svg.night-strip")
    expect(picture).to_be_visible()
    box = picture.first.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    texts = row.locator("svg > text").evaluate_all(
        """items => items.map((item) => item.getBoundingClientRect())
            .map(({left, right, top, bottom}) => [left, right, top, bottom])"""
    )
    # No label lies on another, nor is one cut by the edge.
    for k, (left, right, top, bottom) in enumerate(texts):
        assert left >= -1
        assert right <= width + 1
        for other in texts[k + 1 :]:
            assert right <= other[0] or other[1] <= left or bottom <= other[2] or other[3] <= top
    link.click()
    chart = observer.get_by_role("img", name=re.compile("Airmass of the region from ZTF"))
    expect(chart).to_be_visible()
    assert observer.url.endswith(f"/events/{site.event_id}")
    expect(chart).to_be_in_viewport()
    expect(observer.locator("#night-chart")).to_contain_text("Dark from")
    assert observer.evaluate("document.documentElement.scrollWidth") <= width


def test_what_is_unfolded_stays_so_when_the_page_refreshes_itself(observer: Page, site: Site):
    observer.goto(site.address(f"/events/{site.event_id}"))
    fold = observer.locator("#night .later")
    fold.locator("summary").click()
    expect(fold.locator(".night")).to_be_visible()
    # What the answer brings anew is told by a mark that it does not have.
    observer.evaluate("document.querySelector('#night').dataset.marked = 'before'")
    observer.evaluate("window.htmx.trigger(document.getElementById('refresh'), 'marshal:refresh')")
    expect(observer.locator("#night")).not_to_have_attribute("data-marked", "before")
    expect(fold.locator(".night")).to_be_visible()


def test_without_scripts_the_chart_is_a_page(browser: Browser, site: Site, observer: Page):
    with browser.new_context(
        java_script_enabled=False, storage_state=observer.context.storage_state()
    ) as context:
        page = context.new_page()
        page.goto(site.address(f"/events/{site.event_id}"))
        page.locator("#night .night").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("ZTF")
        expect(page.get_by_role("img", name=re.compile("Airmass of the region"))).to_be_visible()


def test_the_night_is_reached_by_keyboard(observer: Page, site: Site):
    observer.goto(site.address(f"/events/{site.event_id}"))
    link = observer.locator("#night .night").first
    link.focus()
    expect(link).to_be_focused()
    observer.keyboard.press("Enter")
    expect(observer.locator("#night-chart svg.airmass")).to_be_visible()
