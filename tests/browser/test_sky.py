"""The sky at a time and at every scale: zoom, lines, horizon, far side, versions, copying."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.browser.conftest import Site
from tests.too_marshal.factories import add_event, add_localization, circle_map
from too_marshal.db.events import Event

pytestmark = pytest.mark.browser


def opened(page: Page, address: str) -> Page:
    page.goto(address)
    expect(page.locator("#sky[data-ready]")).to_be_attached()
    page.locator("#sky-more > summary").click()
    page.locator("#sky").scroll_into_view_if_needed()
    return page


@pytest.fixture
def sky(observer: Page, site: Site) -> Page:
    return opened(observer, site.address(f"/events/{site.event_id}"))


@pytest.fixture
def small(observer: Page, site: Site, database: Session) -> Page:
    """The page of a circle of 3 arcmin."""
    event = database.query(Event).filter_by(name="SMALL").one_or_none()
    if event is None:
        event = add_event(database, "SMALL")
        add_localization(database, event, circle_map(150.0, 30.0, 3 / 60))
    return opened(observer, site.address(f"/events/{event.id}"))


def move(page: Page, x: float, y: float) -> None:
    page.locator("#sky").scroll_into_view_if_needed()
    box = page.locator("#sky").bounding_box()
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])


def zoom_in(page: Page, times: int) -> None:
    for _ in range(times):
        page.get_by_role("button", name="Zoom in").click()


def test_a_circle_of_three_arcmin_is_no_dot(small: Page):
    share = small.evaluate(
        """() => document.querySelector("#sky .level-90").getBBox().width
             / document.querySelector("#sky").clientWidth"""
    )
    assert 1 / 3 < share < 1
    expect(small.locator(".scale-bar")).to_have_text(re.compile(r"^\d+ (arcmin|arcsec)$"))
    move(small, 0.5, 0.5)
    expect(small.locator("#sky .position")).to_have_text(
        re.compile(r"^(10:00:0|09:59:5)\d\.\d\d? .*\(\d+\.\d{4,5}°, \d+\.\d{4,5}°\)")
    )


def test_zoom_ends_at_an_arcminute_and_keeps_contours_and_names(small: Page):
    zoom_in(small, 30)
    expect(small.locator(".scale-bar")).to_have_text(re.compile(r"^\d+ arcsec$"))
    shown = small.locator(".scale-bar").bounding_box()["width"]
    arcsec = int(small.locator(".scale-bar").text_content().split()[0])
    assert 55 < arcsec / shown * small.locator("#sky").bounding_box()["width"] < 65
    names = small.locator("#sky .labels text:not([display=none])")
    expect(names.filter(has_text=re.compile(r"h\d\dm\d\d(\.\d)?s$")).first).to_be_attached()
    expect(names.filter(has_text="″").first).to_be_attached()
    # A center of the map that is inside its contour, far closer than the contour is.
    move(small, 0.5, 0.5)
    expect(small.locator("#sky .position")).to_contain_text("within")


def test_graticule_and_scale_of_the_whole_globe_are_in_degrees(sky: Page):
    for _ in range(8):
        sky.get_by_role("button", name="Zoom out").click()
    expect(sky.locator(".scale-bar")).to_have_text(re.compile(r"^\d+°$"))
    sky.get_by_role("button", name="All sky").click()
    expect(sky.locator(".scale-bar")).to_be_hidden()


def test_lines_and_bodies_have_names_and_go_away_together(sky: Page):
    sky.get_by_role("button", name="All sky").click()
    legend = sky.locator("#sky-key")
    expect(legend).to_contain_text("Galactic plane")
    expect(sky.get_by_role("img", name="Sun", exact=True)).to_be_visible()
    expect(sky.get_by_role("img", name=re.compile(r"^Moon, \d+ % illuminated"))).to_be_visible()
    dashes = {
        name: sky.locator(f"#sky path.{name}").evaluate("p => getComputedStyle(p).strokeDasharray")
        for name in ("galactic", "ecliptic")
    }
    assert len(set(dashes.values())) == 2
    button = sky.get_by_role("button", name="Lines")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(sky.locator("#sky .reference path")).to_have_count(0)
    expect(legend).not_to_contain_text("Galactic plane")


def test_a_telescope_has_a_horizon_and_its_night_is_played(sky: Page):
    expect(sky.locator("#sky-slider")).to_be_hidden()
    sky.get_by_label("Horizon of").select_option("ZTF")
    slider = sky.get_by_role("slider", name="Time")
    expect(sky.locator("#sky path.horizon")).to_be_attached()
    expect(sky.locator("#sky-key")).to_contain_text(re.compile("its airmass limit [12]"))
    expect(slider).to_have_attribute("aria-valuetext", re.compile("UTC, .* at ZTF"))
    slider.press("Home")
    first = sky.locator("#sky path.limit").get_attribute("d")
    later = sky.locator("#sky .tile.later")
    everything = sky.locator("#sky .tile").count()
    expect(later).to_have_count(everything)
    slider.press("End")
    expect(later).to_have_count(0)
    expect(sky.locator("#sky path.limit")).not_to_have_attribute("d", first or "")
    move(sky, 0.5, 0.5)
    expect(sky.locator("#sky .position")).to_contain_text(
        re.compile(r"(airmass [\d.]+|airmass above 10|below the horizon) at ZTF then")
    )
    end = slider.input_value()
    sky.get_by_role("button", name="Play").click()  # from the end it begins anew
    expect(slider).not_to_have_value(end)
    sky.get_by_role("button", name="Pause").click()
    expect(sky.get_by_role("button", name="Play")).to_be_visible()


def test_nothing_moves_by_itself(sky: Page):
    sky.get_by_label("Horizon of").select_option("ZTF")
    sky.get_by_role("button", name="Now").click()
    slider = sky.get_by_role("slider", name="Time")
    before = slider.input_value()
    sky.evaluate(
        """() => new Promise((done) => {
             let frames = 0;
             const next = () => (++frames > 30 ? done() : requestAnimationFrame(next));
             next(); })"""
    )
    expect(slider).to_have_value(before)


def test_the_far_side_is_told(sky: Page):
    said = sky.locator("#sky-hidden")
    sky.locator("#sky svg").focus()
    for _ in range(40):
        sky.keyboard.press("ArrowRight")
        if re.search(r"\d+ % of the 90 % region and \d+ tiles? are", said.text_content() or ""):
            break
    expect(said).to_contain_text(re.compile(r"and \d+ tiles? are on the far side: All sky shows"))
    sky.get_by_role("button", name="All sky").click()
    expect(said).to_have_text("")


def test_the_key_shows_the_shades(sky: Page):
    shades = sky.locator("#sky-key .key-shade i")
    expect(shades).to_have_count(9)
    widths = shades.evaluate_all("items => items.map((item) => item.offsetWidth)")
    assert widths == sorted(widths)
    assert len(set(widths)) == 9


def test_another_version_lies_beside_the_current_map(observer: Page, site: Site, database: Session):
    event = add_event(database, "VERSIONS")
    add_localization(database, event, circle_map(100.0, 20.0, 9.0))
    add_localization(database, event, circle_map(102.0, 20.0, 4.0))
    page = opened(observer, site.address(f"/events/{event.id}"))
    choice = page.get_by_label("Beside it")
    expect(page.locator("#sky .version")).to_have_count(0)
    choice.select_option(index=1)
    expect(page.locator("#sky .version")).to_have_count(2)
    expect(page.locator("#sky-key")).to_contain_text(re.compile(r"map \d+ of .*90 %: \d+"))
    dash = "p => getComputedStyle(p).strokeDasharray"
    ours = page.locator("#sky .contours .level-90").evaluate(dash)
    assert page.locator("#sky .version.level-90").evaluate(dash) != ours
    choice.select_option(index=0)
    expect(page.locator("#sky .version")).to_have_count(0)


def test_the_last_clicked_position_is_copied(sky: Page):
    sky.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(sky.locator("#sky-clicked")).to_be_hidden()
    move(sky, 0.5, 0.5)
    sky.mouse.down()
    sky.mouse.up()
    said = sky.locator("#sky-position").text_content() or ""
    assert re.match(r"\d\d:\d\d(:[\d.]+)? [+-]\d\d:\d\d(:\d\d)? \([\d.]+°, -?[\d.]+°\)", said)
    sky.get_by_role("button", name="Copy position").click()
    expect(sky.locator("#sky-copied")).to_have_text("Copied.")
    assert sky.evaluate("navigator.clipboard.readText()") == said


def test_one_row_is_marked_at_a_time_and_a_tile_marks_its_rows(observer: Page, site: Site):
    page = opened(observer, site.address(f"/plans/{site.plan_id}"))
    fields = page.locator("tr[data-field]").evaluate_all(
        "rows => [...new Set(rows.map((row) => row.dataset.field))]"
    )
    marked = "rows => [...new Set(rows.map((row) => row.dataset.field))]"
    for field in fields[:2]:
        page.locator(f"tr[data-field='{field}']").first.click()
        assert page.locator("tr.selected").evaluate_all(marked) == [field]
    tile = page.locator(f"#sky .plans .tile[data-field='{fields[2]}']")
    tile.focus()
    page.keyboard.press("Enter")
    assert page.locator("tr.selected").evaluate_all(marked) == [fields[2]]
    expect(page.locator("#sky .plans .tile.selected")).to_have_count(1)
