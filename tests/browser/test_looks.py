"""Every page in every theme: readable by machines, within the screen, and dark where it must be."""

import io

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import LogIn, Site
from too_marshal.db.accounts.people import Role

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
ADDRESSES = {
    "login": "/login",
    "events": "/?tests=yes&retracted=yes",
    "event": "/events/{event_id}",
    "retracted": "/events/2",
    "night": "/events/{event_id}/night/ZTF",
    "nights": "/events/{event_id}/night",
    "difference": "/events/{event_id}/difference",
    "timeline": "/events/{event_id}/timeline",
    "candidates": "/events/{event_id}/candidates",
    "galaxies": "/events/{event_id}/galaxies",
    "compare": "/events/{event_id}/compare?plan={plan_id}&plan={executing_plan_id}",
    "plan": "/plans/{plan_id}",
    "change by hand": "/plans/{plan_id}/change",
    "executing": "/plans/{executing_plan_id}",
    "queues": "/queues",
    "exposures": "/events/{event_id}/exposures",
    "coverage": "/events/{event_id}/coverage",
    "circular": "/circulars/{circular_id}",
    "circular edited": "/circulars/{circular_id}/edit",
    "new circular": "/events/{event_id}/circulars/new",
    "notices": "/notices",
    "notice": "/notices/{notice_id}",
    "health": "/health",
    "people": "/people",
    "programs": "/programs",
    "account": "/account",
    "second factor": "/account/second-factor",
    "passkeys": "/account/passkeys",
    "confirm": "/confirm",
    "alarms": "/account/alarms",
    "on call": "/on-call",
    "drills": "/drills",
    "latencies": "/latency",
    "enter an event": "/events/by-hand",
    "rules": "/rules",
    "rule": "/rules/1",
    "new rule": "/rules/new",
    "search": "/search?name=MS",
    "design": "/design",
    "filtered": "/?position=150 30&area=x",
    "not found": "/search?name=nobody",
    "error": "/nowhere",
}
WITH_MAP = {"event", "plan", "executing"}


def visit(page: Page, site: Site, name: str) -> None:
    page.goto(site.address(ADDRESSES[name].format(**vars(site))))
    if name in WITH_MAP:
        expect(page.locator("#sky[data-ready]")).to_be_attached()
        expect(page.locator("#sky-legend li").first).to_be_visible()


def choose(page: Page, theme: str) -> None:
    """As the page's own control does."""
    page.evaluate("theme => { document.documentElement.dataset.bsTheme = theme; }", theme)


AXE = Axe().axe_script
LOOK = """(options) => axe.run(document, options).then((found) => found.violations.map(
    ({id, nodes}) => ({id, nodes: nodes.map(({html, failureSummary}) => ({html, failureSummary}))})
))"""


def faults(page: Page, rules: list[str] = RULES) -> list[str]:
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE)
    found = page.evaluate(LOOK, {"runOnly": rules, "resultTypes": ["violations"]})
    return [
        f"{item['id']}: {node['html'][:150]} {node['failureSummary'][:300]}"
        for item in found
        for node in item["nodes"]
    ]


def test_a_machine_finds_no_fault_in_any_page_in_any_theme(
    page: Page, site: Site, log_in: LogIn, allowed_errors: list[str]
):
    allowed_errors.append("404")  # the error page is one of those looked at
    page.emulate_media(reduced_motion="reduce")  # colors change at once
    visit(page, site, "login")
    assert faults_in_themes(page) == {}
    log_in(Role.ADMIN)
    for name in ADDRESSES:
        if name != "login":
            visit(page, site, name)
            assert faults_in_themes(page) == {}, name


def faults_in_themes(page: Page) -> dict[str, list[str]]:
    """Faults of a page, by theme; a theme changes colors and nothing else."""
    found = {"dark": faults(page)}
    for theme in ("light", "red"):
        choose(page, theme)
        found[theme] = faults(page, ["color-contrast"])
    return {theme: faults for theme, faults in found.items() if faults}


@pytest.mark.parametrize("dialog", ["submit", "withdraw", "switch", "retract"])
def test_a_machine_finds_no_fault_in_a_dialog(approver: Page, site: Site, dialog: str):
    address = {"submit": "plan", "withdraw": "queues", "switch": "health", "retract": "event"}
    visit(approver, site, address[dialog])
    if dialog == "retract":
        approver.locator("#fold-rehearsal > summary").click()
    approver.locator(f"button[commandfor^={dialog}]").first.click()
    expect(approver.locator("dialog[open]")).to_be_visible()
    assert faults(approver) == []


def test_on_a_telephone_nothing_is_wider_than_the_screen(
    page: Page, site: Site, log_in: LogIn, allowed_errors: list[str]
):
    allowed_errors.append("404")
    page.set_viewport_size({"width": 390, "height": 844})
    log_in(Role.ADMIN)
    for name in ADDRESSES:
        visit(page, site, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name


def test_on_a_telephone_everything_to_touch_is_large_enough(page: Page, site: Site, log_in: LogIn):
    page.set_viewport_size({"width": 390, "height": 844})
    log_in(Role.APPROVER)
    for name in ("event", "plan", "queues", "health"):
        visit(page, site, name)
        small = page.evaluate(
            """() => [...document.querySelectorAll("button, select, summary, .top a:not(.tag)")]
                .filter((item) => item.checkVisibility())
                .filter((item) => item.getBoundingClientRect().height < 44)
                .map((item) => item.outerHTML)"""
        )
        assert small == [], name


@pytest.mark.parametrize("width", [1280, 390])
def test_the_facts_of_an_event_need_no_scrolling(approver: Page, site: Site, width: int):
    height = {1280: 800, 390: 844}[width]
    approver.set_viewport_size({"width": width, "height": height})
    visit(approver, site, "event")
    for part in ("#facts .verdict", "[data-action=next]", "#details dt:has-text('T0')"):
        box = approver.locator(part).bounding_box()
        assert box["y"] + box["height"] <= height, part


def test_the_theme_is_chosen_before_the_first_paint_and_kept(approver: Page, site: Site):
    visit(approver, site, "events")
    approver.get_by_label("Theme").select_option("red")
    expect(approver.locator("html")).to_have_attribute("data-bs-theme", "red")
    # A script that runs before any of the body exists sees the choice made.
    approver.add_init_script(
        """new MutationObserver((_, self) => {
             if (document.body) {
               window.themeAtBody = document.documentElement.dataset.bsTheme;
               self.disconnect();
             }
           }).observe(document, {childList: true, subtree: true});"""
    )
    visit(approver, site, "health")
    assert approver.evaluate("window.themeAtBody") == "red"


def test_the_red_theme_shows_no_blue(approver: Page, site: Site):
    approver.goto(site.address("/healthz"))
    approver.evaluate("localStorage.setItem('theme', 'red')")
    for name in ("event", "plan", "health"):
        visit(approver, site, name)
        picture = Image.open(io.BytesIO(approver.screenshot(full_page=True))).convert("RGB")
        pixels = np.asarray(picture, dtype=float)
        assert pixels[..., 2].mean() < 5, name
        assert np.quantile(pixels[..., 2], 0.999) < 150, name
        assert (pixels[..., 0] + 1 >= pixels[..., 2]).all(), name
