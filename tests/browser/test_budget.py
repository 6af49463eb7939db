"""What the event page costs: bytes over the wire, requests, and time."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Site, only_watched

pytestmark = pytest.mark.browser

MAX_BYTES = 150_000
MAX_REQUESTS = 22
"""Of which six are the modules of the sky map: they are files that people read, not a bundle."""
MAX_SECONDS = 3.0
"""Three times the budget of design.md: the machine has other work during the tests."""


@pytest.fixture(autouse=True)
def guard(context: BrowserContext) -> Iterator[None]:
    """Watch instead of abort: a browser whose requests are intercepted caches nothing."""
    with only_watched(context):
        yield


def test_the_event_page_keeps_its_budget(observer: Page, site: Site):
    wire = observer.context.new_cdp_session(observer)
    wire.send("Network.enable")
    sizes: dict[str, float] = {}
    asked: list[str] = []
    observer.on("request", lambda said: asked.append(said.url.removeprefix(site.url)))
    wire.on(
        "Network.loadingFinished",
        lambda said: sizes.update({said["requestId"]: said["encodedDataLength"]}),
    )
    observer.goto(site.address(f"/events/{site.event_id}"))
    expect(observer.locator("#sky[data-ready]")).to_be_attached()
    timing = observer.evaluate(
        """() => { const page = performance.getEntriesByType("navigation")[0];
             return { server: page.responseEnd - page.requestStart,
                      loaded: page.loadEventEnd - page.startTime }; }"""
    )
    print(f"event page: {sum(sizes.values()):.0f} bytes in {len(asked)} requests, {timing}")
    assert 20_000 < sum(sizes.values()) <= MAX_BYTES
    assert len(asked) <= MAX_REQUESTS
    assert timing["server"] / 1000 <= MAX_SECONDS


def test_the_second_visit_asks_for_no_asset_again(observer: Page, site: Site):
    observer.goto(site.address(f"/events/{site.event_id}"))
    expect(observer.locator("#sky[data-ready]")).to_be_attached()
    asked: list[str] = []
    observer.on("response", lambda answer: asked.append(answer.url))
    observer.goto(site.address(f"/events/{site.event_id}"))
    expect(observer.locator("#sky[data-ready]")).to_be_attached()
    transferred = observer.evaluate(
        """() => performance.getEntriesByType("resource")
             .filter((item) => item.name.includes("/static/"))
             .reduce((sum, item) => sum + item.transferSize, 0)"""
    )
    assert transferred == 0
