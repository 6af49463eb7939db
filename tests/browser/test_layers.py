"""Layers of the sky map, asked for one by one: what changed, others' pointings, galaxies."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.browser.conftest import Site
from tests.browser.test_sky import opened
from tests.too_marshal.factories import add_event, add_localization, add_object, circle_map
from too_marshal.db.base import now
from too_marshal.db.counterparts.candidates import CandidateStatus
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization
from too_marshal.db.observing.archives import OthersPointings
from too_marshal.workflows.counterparts.judge import judge
from too_marshal.workflows.localizations.difference import work_out_difference
from too_marshal.workflows.planning.galaxies import bring_galaxies
from too_marshal.workflows.planning.rank_galaxies import rank_galaxies

pytestmark = pytest.mark.browser


@pytest.fixture
def changed(database: Session) -> Event:
    """An event with two maps, of which the second is narrower."""
    event = database.query(Event).filter_by(name="CHANGED").one_or_none()
    if event is None:
        event = add_event(database, "CHANGED")
        add_localization(database, event, circle_map(100.0, 20.0, 9.0))
        add_localization(database, event, circle_map(102.0, 20.0, 4.0))
    return event


def test_what_changed_is_shown_with_two_signs_and_its_numbers(
    observer: Page, site: Site, database: Session, changed: Event
):
    asked: list[str] = []
    observer.on("request", lambda said: asked.append(said.url))
    page = opened(observer, site.address(f"/events/{changed.id}"))
    choice = page.get_by_label("Changed since")
    expect(choice).to_be_visible()
    assert not any("difference" in url or "layers.js" in url for url in asked)
    choice.select_option(index=1)
    told = page.locator("#sky-told")
    expect(told).to_have_text("Being worked out …")
    old, new = (
        row.id
        for row in database.query(Localization)
        .filter_by(event_id=changed.id)
        .order_by(Localization.id)
    )
    work_out_difference(database, old, new)
    expect(told).to_contain_text(re.compile(rf"90 %: 254 deg² on map {old}, 5\d.* now: 8\d % sm"))
    expect(told).to_contain_text(re.compile(r"57 % of the probability moved\. .* 91 % lies in"))
    gained = page.get_by_role("img", name=f"Where the map has more probability than map {old}")
    lost = page.get_by_role("img", name=f"Where the map has less probability than map {old}")
    for region in (gained, lost):
        expect(region).to_have_attribute("d", re.compile("^M"))
    key = page.locator("#sky-key")
    expect(key).to_contain_text(f"more than on map {old}")
    expect(key).to_contain_text(f"less than on map {old}")
    for theme in ("dark", "light", "red"):
        page.evaluate("t => document.documentElement.setAttribute('data-bs-theme', t)", theme)
        style = "p => [getComputedStyle(p).fill, getComputedStyle(p).strokeDasharray]"
        one, other = gained.evaluate(style), lost.evaluate(style)
        assert "sign-more" in one[0]
        assert "sign-less" in other[0]
        assert one[1] != other[1]
    choice.select_option(index=0)
    expect(page.locator("#sky .changed")).to_have_count(0)
    expect(told).to_have_text("")
    expect(key).not_to_contain_text("more than")


def test_an_event_with_one_map_shows_no_such_control(observer: Page, site: Site):
    page = opened(observer, site.address(f"/events/{site.event_id}"))
    expect(page.get_by_label("Changed since")).to_be_hidden()


def test_a_layer_that_the_server_refuses_is_told(
    observer: Page, site: Site, changed: Event, allowed_errors: list[str]
):
    allowed_errors.append("404")
    page = opened(observer, site.address(f"/events/{changed.id}"))
    choice = page.get_by_label("Changed since")
    choice.evaluate("list => list.append(new Option('nowhere', '4711'))")
    choice.select_option("4711")
    expect(page.locator("#sky-told")).to_contain_text("cannot be shown: the server answers 404")


@pytest.fixture
def told(database: Session, changed: Event) -> Event:
    """The same event, of which others have told the Treasure Map."""
    if database.get(OthersPointings, changed.id) is None:
        states = (("completed", 9, 20.4), ("planned", 9, None), ("completed", 8, 19.0))
        pointings = [
            {
                "id": number, "instrument_id": camera, "instrument": f"Camera {camera}",
                "status": status, "ra": 101.0 + number, "dec": 20.0,
                "time": f"2026-01-01T03:0{number}:00Z", "band": "r", "depth": depth,
                "position_angle": 20.0,
            }
            for number, (status, camera, depth) in enumerate(states)
        ]  # fmt: skip
        square = [[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]]
        row = OthersPointings(
            event_id=changed.id, pointings=pointings, outlines={"9": square}, completed=2,
            planned=1, rejected=0, read_at=now(),
        )  # fmt: skip
        database.add(row)
        database.commit()
    return changed


def test_pointings_of_others_say_who_when_how_deep_and_as_of_when(
    observer: Page, site: Site, told: Event
):
    page = opened(observer, site.address(f"/events/{told.id}"))
    choice = page.get_by_label("Others' pointings")
    expect(choice.locator("option")).to_have_count(4)
    choice.select_option(index=1)
    tiles = page.locator("#sky .reported .tile")
    expect(tiles).to_have_count(3)
    expect(page.locator("#sky-told")).to_contain_text(
        re.compile(r"as the Treasure Map told them on \d+ \w+,? \d\d:\d\d UTC: 3 drawn\.")
    )
    key = page.locator("#sky-key")
    expect(key).to_contain_text("others, completed: 2 pointings of Camera")
    expect(key).to_contain_text("others, planned: 1 pointing of Camera 9")
    # One stop for the tabulator, arrows to the others; what has the focus says what it is.
    expect(page.locator("#sky .reported .tile[tabindex='0']")).to_have_count(1)
    tiles.first.focus()
    tip = page.locator("#sky .tip")
    expect(tip).to_contain_text("Camera 8, of others, completed")
    expect(tip).to_contain_text("footprint not known")
    page.keyboard.press("ArrowRight")
    expect(tip).to_contain_text(re.compile(r"Camera 9, of others, planned .* depth not told"))
    page.keyboard.press("ArrowRight")
    expect(tip).to_contain_text(re.compile(r"completed · 1 Jan,? 03:00 UTC, r, 20\.4 mag"))
    page.keyboard.press("Enter")
    expect(page.locator("#sky .tile.selected")).to_have_count(1)
    style = "p => [getComputedStyle(p).fill, getComputedStyle(p).strokeDasharray]"
    planned, done = (
        page.locator(f"#sky .reported .{name}").first.evaluate(style)
        for name in ("planned", "completed")
    )
    assert "crossed" in done[0]
    assert "crossed" not in planned[0]
    assert planned[1] != done[1]
    choice.select_option("planned")
    expect(tiles).to_have_count(1)
    choice.select_option(index=0)
    expect(tiles).to_have_count(0)


def test_where_nothing_was_told_there_is_no_such_control(observer: Page, site: Site):
    page = opened(observer, site.address(f"/events/{site.event_id}"))
    expect(page.get_by_label("Others' pointings")).to_be_hidden()


def test_galaxies_have_names_and_are_reached_by_keyboard(
    observer: Page, site: Site, database: Session, changed: Event
):
    rows = "".join(f"NGC {n},{102 + n / 4},20,{40 + n}\n" for n in range(3))
    data = f"name,ra,dec,distance\n{rows}far away,300,-20,40\n".encode()
    table = bring_galaxies(database, changed, data=data, name="hosts.csv", by="observer")
    assert changed.current_localization_id is not None
    rank_galaxies(database, table.id, changed.current_localization_id)
    page = opened(observer, site.address(f"/events/{changed.id}"))
    page.get_by_label("Galaxies of").select_option("hosts.csv (4)")
    galaxies = page.locator("#sky .galaxy")
    expect(galaxies).to_have_count(3)
    expect(page.locator("#sky-told")).to_contain_text(
        re.compile(r"Of 4 galaxies of hosts\.csv 3 may be the host; 3 are drawn, .* First: NGC 0")
    )
    expect(page.locator("#sky-key")).to_contain_text("the 3 most probable galaxies of hosts.csv")
    first = page.get_by_role("button", name=re.compile(r"^NGC 0, number 1, \d+ % of the weight"))
    first.focus()
    expect(page.locator("#sky .tip")).to_contain_text("NGC 0 · number 1")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#sky .tip")).to_contain_text("NGC 1 · number 2")
    # A diamond, as large at every scale.
    size = "p => Math.round(p.getBBox().width)"
    before = first.evaluate(size)
    page.get_by_role("button", name="Zoom in").click()
    assert first.evaluate(size) == before == 14
    said = page.locator("#sky-hidden")
    for _ in range(60):
        if "galaxies are" in (said.text_content() or ""):
            break
        page.get_by_role("button", name="Zoom out").click(force=True)
        page.locator("#sky svg").focus()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
    expect(said).to_contain_text("galaxies are on the far side")


def test_long_choices_keep_within_a_phone(observer: Page, site: Site, told: Event):
    observer.set_viewport_size({"width": 390, "height": 844})
    page = opened(observer, site.address(f"/events/{told.id}"))
    page.get_by_label("Others' pointings").select_option(index=1)
    expect(page.locator("#sky-told")).to_contain_text("3 drawn")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_alerts_are_drawn_and_saved_ones_have_a_ring(
    observer: Page, site: Site, database: Session, changed: Event
):
    for number in range(3):
        add_object(database, changed, f"ZTF26bbb{number}", ra=102.0 + number / 2, dec=20.0)
    judge(
        database, changed, "ZTF", "ZTF26bbb1", CandidateStatus.PENDING, reason="", seen=0, by="ana"
    )
    page = opened(observer, site.address(f"/events/{changed.id}"))
    choice = page.get_by_label("Objects with alerts")
    choice.select_option("all but the rejected")
    expect(page.locator("#sky .object")).to_have_count(3)
    expect(page.locator("#sky-told")).to_contain_text("3 objects with alerts drawn.")
    saved = page.get_by_role("button", name=re.compile("^ZTF26bbb1, pending by ana, level"))
    open_ = page.get_by_role("button", name=re.compile("^ZTF26bbb0, not judged, level"))
    size = "p => Math.round(p.getBBox().width)"
    assert (saved.evaluate(size), open_.evaluate(size)) == (16, 10)
    saved.focus()
    expect(page.locator("#sky .tip")).to_contain_text("ZTF26bbb1 · pending by ana")
    choice.select_option("saved candidates")
    expect(page.locator("#sky .object")).to_have_count(1)
    expect(page.locator("#sky-key")).to_contain_text("1 object with alerts; saved ones in a ring")
    choice.select_option("")
    expect(page.locator("#sky .object")).to_have_count(0)
