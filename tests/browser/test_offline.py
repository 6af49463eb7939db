"""What was seen is there without a network."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Site, only_watched

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def guard(context: BrowserContext) -> Iterator[None]:
    """Watch instead of abort: requests that the pages' own worker makes cannot be intercepted."""
    with only_watched(context):
        yield


@pytest.fixture
def browser_context_args(browser_context_args: dict) -> dict:
    """Here pages may keep what was seen."""
    return {**browser_context_args, "service_workers": "allow"}


def expect_kept(page: Page, *addresses: str) -> None:
    """Wait until these pages are kept, or none if none is named."""
    page.wait_for_function(
        """async (wanted) => {
             const cache = await caches.has("seen") && await caches.open("seen");
             const kept = cache ? (await cache.keys()).map((key) => new URL(key.url).pathname) : [];
             return wanted.length ? wanted.every((each) => kept.includes(each)) : !kept.length;
           }""",
        arg=list(addresses),
    )


def test_what_was_seen_is_there_without_a_network_and_says_so(
    context: BrowserContext, observer: Page, site: Site
):
    address = site.address(f"/events/{site.event_id}")
    observer.goto(address)
    observer.evaluate("navigator.serviceWorker.ready.then(() => null)")
    observer.reload()  # the first visit was before there was a worker
    expect(observer.locator("#sky[data-ready]")).to_be_attached()
    expect_kept(observer, f"/events/{site.event_id}", f"/events/{site.event_id}/sky.json")
    context.set_offline(True)
    observer.reload()
    expect(observer.get_by_role("alert").first).to_contain_text("Offline.")
    expect(observer.get_by_role("heading", level=1)).to_have_text("MS260101a")
    expect(observer.locator("#sky svg .contour").first).to_be_attached()
    context.set_offline(False)
    observer.reload()
    expect(observer.get_by_text("Offline.")).to_have_count(0)
    observer.get_by_role("button", name="Log out").click()
    expect(observer.get_by_role("button", name="Log in")).to_be_visible()
    expect_kept(observer)
