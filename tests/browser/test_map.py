"""The sky map: what it draws, and how it is moved and read."""

import re

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from tests.browser.conftest import Site
from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.events import Event
from too_marshal.db.observing.plans import Plan
from too_marshal.workflows.accounts.login import open_session

pytestmark = pytest.mark.browser


@pytest.fixture
def sky(observer: Page, site: Site) -> Page:
    observer.goto(site.address(f"/events/{site.event_id}"))
    expect(observer.locator("#sky[data-ready]")).to_be_attached()
    observer.locator("#sky").scroll_into_view_if_needed()
    return observer


def position(page: Page, x: float, y: float) -> SkyCoord:
    """Where the map says that a point of it is (fractions of its width and height)."""
    box = page.locator("#sky").bounding_box()
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    said = page.locator("#sky .position")
    expect(said).to_contain_text("°")
    text = said.text_content()
    sexagesimal = SkyCoord(text.split("  ")[0], unit=(u.hourangle, u.deg))
    ra, dec = re.search(r"\(([\d.]+)°, (-?[\d.]+)°\)", text).groups()
    decimal = SkyCoord(float(ra), float(dec), unit=u.deg)
    # Both are rounded to what a pixel of the whole globe tells.
    assert sexagesimal.separation(decimal) < 10 * u.arcmin
    return decimal


def test_east_is_left_and_north_is_up(sky: Page):
    center = position(sky, 0.5, 0.5)
    left, top = position(sky, 0.4, 0.5), position(sky, 0.5, 0.4)
    assert 70 * u.deg < center.position_angle(left) < 110 * u.deg
    north = center.position_angle(top).wrap_at(180 * u.deg)
    assert -5 * u.deg < north < 5 * u.deg


def test_the_legend_says_what_the_event_page_and_the_database_say(
    sky: Page, site: Site, database: Session
):
    file = database.get_one(Event, site.event_id).current_localization.sky_map
    legend = sky.locator("#sky-legend")
    expect(legend).to_contain_text(f"90 %: {file.area_90:.0f} deg²")
    expect(sky.locator("#facts")).to_contain_text(f"{file.area_90:.0f} deg²")
    expect(legend).to_contain_text(f"plan {site.executing_plan_id} queued: 24 fields")
    expect(legend).to_contain_text("ZTF executed: 15 fields")
    expect(legend).to_contain_text(re.compile(r"as of \d\d:\d\d:\d\d UTC"))


def test_contours_and_tiles_are_drawn_and_tiles_have_names(
    sky: Page, site: Site, database: Session
):
    expect(sky.locator("#sky .contour.level-50")).to_have_attribute("d", re.compile("^M"))
    expect(sky.locator("#sky .contour.level-90")).to_have_attribute("d", re.compile("^M"))
    plan = database.get_one(Plan, site.executing_plan_id)
    first, last = plan.exposures[0], plan.exposures[23]
    expect(
        sky.get_by_role("button", name=re.compile(rf"^Field {first.field_id}, .*executed 1 of 2"))
    ).to_be_visible()
    expect(
        sky.get_by_role(
            "button", name=re.compile(rf"^Field {last.field_id}, .* %, g and r, queued")
        )
    ).to_be_visible()
    # The canvas under them is not empty.
    assert sky.evaluate(
        """() => { const canvas = document.querySelector("#sky canvas");
             return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
               .data.some((value) => value > 0); }"""
    )


def test_planned_and_executed_differ_by_more_than_color(sky: Page):
    look = "item => { const s = getComputedStyle(item); return [s.fill, s.strokeWidth]; }"
    queued = sky.locator("#sky .plans .tile").first.evaluate(look)
    executed = sky.locator("#sky .executed .tile").first.evaluate(look)
    assert "hatch" in executed[0]
    assert "hatch" not in queued[0]
    assert queued[1] != executed[1]


def test_another_plan_is_laid_beside_the_first_and_taken_away(sky: Page, site: Site):
    legend = sky.locator("#sky-legend")
    box = sky.get_by_label(f"Plan {site.plan_id} on the map")
    expect(sky.get_by_label(f"Plan {site.executing_plan_id} on the map")).to_be_checked()
    box.check()
    expect(legend).to_contain_text(f"plan {site.plan_id} planned: 10 fields")
    expect(sky.locator("#sky .plans .plan-0")).to_have_count(24)
    expect(sky.locator("#sky .plans .plan-1")).to_have_count(10)
    box.uncheck()
    expect(sky.locator("#sky .plans .tile")).to_have_count(24)


def test_the_keyboard_alone_walks_the_tiles_and_chooses_one(sky: Page):
    tiles = sky.locator("#sky .plans .tile")
    sky.locator("#sky svg").focus()
    sky.keyboard.press("Tab")
    sky.keyboard.press("Tab")
    expect(tiles.first).to_be_focused()
    sky.keyboard.press("ArrowRight")
    expect(tiles.nth(1)).to_be_focused()
    expect(sky.locator("#sky .tip")).to_contain_text("Field")
    sky.keyboard.press("Enter")
    expect(tiles.nth(1)).to_have_attribute("aria-pressed", "true")
    sky.keyboard.press("Enter")
    expect(tiles.nth(1)).to_have_attribute("aria-pressed", "false")


def test_keys_and_buttons_move_and_zoom_the_map_and_bring_it_back(sky: Page):
    def path() -> str:
        return sky.locator("#sky .level-90").get_attribute("d")

    home = path()
    sky.locator("#sky svg").focus()
    for key in ("ArrowLeft", "+"):
        before = path()
        sky.keyboard.press(key)
        expect(sky.locator("#sky .level-90")).not_to_have_attribute("d", before)
    sky.get_by_role("button", name="Center").click()
    expect(sky.locator("#sky .level-90")).to_have_attribute("d", home)
    button = sky.get_by_role("button", name="All sky")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(sky.locator("#sky .level-90")).not_to_have_attribute("d", home)
    button.click()
    expect(sky.locator("#sky .level-90")).to_have_attribute("d", home)


@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_two_fingers_zoom_the_map(browser: Browser, site: Site, database: Session, factor: float):
    phone = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    value = open_session(database, database.get_one(Person, site.people[Role.VIEWER]))
    phone.add_cookies([{"name": "toom_session", "value": value, "url": site.url}])
    page = phone.new_page()
    page.goto(site.address(f"/events/{site.event_id}"))
    expect(page.locator("#sky[data-ready]")).to_be_attached()
    for _ in range(3):
        page.get_by_role("button", name="Zoom in").click()
    page.locator("#sky").scroll_into_view_if_needed()
    box = page.locator("#sky").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def height() -> float:
        return page.locator("#sky .level-50").evaluate("item => item.getBBox().height")

    before = height()
    wire = phone.new_cdp_session(page)

    def fingers(kind: str, apart: float) -> None:
        points = [{"x": x - apart / 2, "y": y, "id": 0}, {"x": x + apart / 2, "y": y, "id": 1}]
        points = [] if kind == "touchEnd" else points
        wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", 80)
    for step in range(1, 11):
        fingers("touchMove", 80 * factor ** (step / 10))
    fingers("touchEnd", 0)
    # The first move only says where the fingers are, so the last tenth is missing.
    assert height() / before == pytest.approx(factor**0.9, rel=0.25)
    phone.close()


def test_the_cursor_tells_the_credible_level(sky: Page, site: Site, database: Session):
    file = database.get_one(Event, site.event_id).current_localization.sky_map
    at = sky.evaluate(
        """([ra, dec]) => {
             const tile = document.querySelector("#sky .level-50").getBBox();
             return [tile.x + tile.width / 2, tile.y + tile.height / 2]; }""",
        [file.peak_ra, file.peak_dec],
    )
    box = sky.locator("#sky").bounding_box()
    sky.mouse.move(box["x"] + at[0], box["y"] + at[1])
    expect(sky.locator("#sky .position")).to_contain_text(re.compile(r"within [1-5]0 %"))
    sky.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.7 * box["height"])
    expect(sky.locator("#sky .position")).to_contain_text("outside 90 %")


def test_a_tile_and_its_rows_choose_one_another(observer: Page, site: Site, database: Session):
    observer.goto(site.address(f"/plans/{site.plan_id}"))
    expect(observer.locator("#sky[data-ready]")).to_be_attached()
    field = database.get_one(Plan, site.plan_id).exposures[3].field_id
    observer.locator(f"tr[data-field='{field}']").first.click()
    tile = observer.locator(f"#sky .plans .tile[data-field='{field}']")
    expect(tile).to_have_attribute("aria-pressed", "true")
    tile.focus()
    observer.keyboard.press("Enter")
    expect(tile).to_have_attribute("aria-pressed", "false")
    observer.keyboard.press("Enter")
    expect(observer.locator("tr.selected")).to_have_count(2)  # one a filter
