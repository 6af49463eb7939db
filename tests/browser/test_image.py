"""A sky image lies where the sky is: tiles painted by another HEALPix, looked at in the canvas."""

import io
import re

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy_healpix import healpix_to_lonlat
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Site
from tests.browser.test_layers import changed
from tests.browser.test_sky import opened
from too_marshal.db.events import Event

__all__ = ["changed"]

pytestmark = pytest.mark.browser

SIZE = 128
SPOT = SkyCoord(104 * u.deg, 21.5 * u.deg)
"""North-east of the middle of the map, (102, 20)."""


def spread(value: np.ndarray) -> np.ndarray:
    """Bits of a number on every second place."""
    return sum(((value >> bit) & 1) << (2 * bit) for bit in range(16))


def painted(order: int, cell: int, size: int = SIZE, radius: float = 0.5) -> np.ndarray:
    """A tile as the standard has it: rows run from the southern corner to the eastern one."""
    row, column = np.mgrid[:size, :size]
    inner = size.bit_length() - 1
    index = (cell << (2 * inner)) + spread(row) + 2 * spread(column)
    lon, lat = healpix_to_lonlat(index, 1 << (order + inner), order="nested")
    is_spot = SkyCoord(lon, lat).separation(SPOT) < radius * u.deg
    return np.where(is_spot, 255, 40).astype(np.uint8)


def whole() -> np.ndarray:
    """All tiles of order 3, 27 in a row, with a spot that can be seen."""
    picture = np.zeros((29 * 16, 27 * 16), dtype=np.uint8)
    for cell in range(768):
        row, column = divmod(cell, 27)
        picture[row * 16 :, column * 16 :][:16, :16] = painted(3, cell, 16, 10.0)
    return picture


def jpeg(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).convert("RGB").save(file, "JPEG", quality=95)
    return file.getvalue()


def serve(route: Route) -> None:
    address = route.request.url
    if address.endswith(".json"):
        route.fulfill(json={"order": 5, "title": "Painted sky", "copyright": "nobody"})
        return
    found = re.search(r"/(\d+)/(\d+)\.jpg", address)
    picture = whole() if found is None else painted(int(found[1]), int(found[2]))
    route.fulfill(body=jpeg(picture), content_type="image/jpeg")


def offer(route: Route) -> None:
    answer = route.fetch()
    sky = answer.json()
    sky["layers"]["image"] = [{"id": "shown", "name": "shown"}]
    route.fulfill(response=answer, json=sky)


@pytest.fixture
def page(page: Page) -> Page:
    page.route("**/sky.json*", offer)
    page.route(re.compile(r"/sky-image"), serve)
    return page


def test_the_image_lies_where_the_sky_is(observer: Page, site: Site, changed: Event):
    page = opened(observer, site.address(f"/events/{changed.id}"))
    page.get_by_label("Sky image").select_option("shown")
    expect(page.locator("#sky-key")).to_contain_text("Painted sky, © nobody")
    # All of it is there, without a gap between tiles.
    page.wait_for_function(
        """() => { const c = document.querySelector("#sky .sky-image");
             if (!c) return false;
             const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
             return data.every((value, i) => i % 4 !== 3 || value === 255); }"""
    )
    # Where the spot is on the screen, by its centroid: degrees east and north of the middle.
    east, north = page.evaluate(
        """() => { const c = document.querySelector("#sky .sky-image");
             const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
             let [n, sx, sy] = [0, 0, 0];
             for (let i = 0; i < data.length; i += 4) if (data[i] > 150) {
               n += 1; sx += (i / 4) % c.width; sy += Math.floor(i / 4 / c.width); }
             const path = document.querySelector("#sky .contours .level-90").getBBox();
             const host = document.querySelector("#sky");
             const ratio = c.width / host.clientWidth;
             const middle = [path.x + path.width / 2, path.y + path.height / 2];
             const degree = path.height / 2 / 4;
             return [(middle[0] - sx / n / ratio) / degree, (middle[1] - sy / n / ratio) / degree];
           }"""
    )
    assert east == pytest.approx(2 * np.cos(np.radians(21.5)), abs=0.15)
    assert north == pytest.approx(1.5, abs=0.15)
    page.evaluate("document.documentElement.setAttribute('data-bs-theme', 'red')")
    page.wait_for_function(
        """() => { const c = document.querySelector("#sky .sky-image");
             const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
             return data.every((value, i) => i % 4 === 0 || i % 4 === 3 || value === 0); }"""
    )
    page.get_by_label("Sky image").select_option("")
    expect(page.locator("#sky .sky-image")).to_be_hidden()


def test_cells_are_where_healpix_has_them(observer: Page, site: Site, changed: Event):
    page = opened(observer, site.address(f"/events/{changed.id}"))
    page.get_by_label("Sky image").select_option("shown")
    expect(page.locator("#sky .sky-image")).to_be_attached()
    order = 3
    found = page.evaluate(
        """async (order) => {
             const known = performance.getEntriesByType("resource").map((item) => item.name);
             const address = known.find((name) => name.endsWith("/sky/image.js"));
             const { corner, position } = await import(address);
             return Array.from({ length: 12 * 4 ** order }, (_, cell) => {
               const { face, x, y, side } = corner(order, cell);
               return position(face, x + side / 2, y + side / 2); });
           }""",
        order,
    )
    lon, lat = healpix_to_lonlat(np.arange(12 << (2 * order)), 1 << order, order="nested")
    there = SkyCoord(*np.array(found).T, unit=u.deg)
    assert SkyCoord(lon, lat).separation(there).deg.max() < 1e-6


def test_the_whole_sky_is_one_small_picture(observer: Page, site: Site, changed: Event):
    page = opened(observer, site.address(f"/events/{changed.id}"))
    asked: list[str] = []
    page.on("request", lambda said: asked.append(said.url))
    page.get_by_role("button", name="All sky").click()
    page.get_by_label("Sky image").select_option("shown")
    page.wait_for_function(
        """() => { const c = document.querySelector("#sky .sky-image");
             if (!c) return false;
             const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
             let [n, sx, sy] = [0, 0, 0];
             for (let i = 0; i < data.length; i += 4) if (data[i] > 150 && data[i + 3] > 200) {
               n += 1; sx += (i / 4) % c.width; sy += Math.floor(i / 4 / c.width); }
             const box = document.querySelector("#sky .contours .level-90").getBBox();
             const away = [sx / n - box.x - box.width / 2, sy / n - box.y - box.height / 2];
             return n > 100 && Math.hypot(...away) < 6; }"""
    )
    tiles = [address for address in asked if "/sky-image/" in address]
    assert [address.rsplit("/", 1)[-1] for address in tiles] == ["whole.jpg"]
