"""Draws every page for docs/pages.md: `make pictures`. No test: it is for the eye."""

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.browser.conftest import LogIn, Site
from tests.browser.test_looks import ADDRESSES, choose, visit
from too_marshal.db.accounts.people import Role

FOLDER = Path("docs/images/pages")
THEMES = ("dark", "light", "red")
DESK, TELEPHONE = (1280, 800), (390, 844)
GAP = 12


@pytest.mark.parametrize("name", ADDRESSES)
def test_draw(page: Page, site: Site, log_in: LogIn, allowed_errors: list[str], name: str):
    allowed_errors.append("404")
    if name != "login":
        log_in(Role.ADMIN)
    page.emulate_media(reduced_motion="reduce")
    desks, telephones = (
        [look(page, site, name, theme, size) for theme in THEMES] for size in (DESK, TELEPHONE)
    )
    # What a desk's screen shows takes half its size; a telephone's page is drawn to its end.
    desks = [view.resize((DESK[0] // 2, DESK[1] // 2), Image.Resampling.LANCZOS) for view in desks]
    sheet = stacked([beside(desks), beside(telephones)])
    FOLDER.mkdir(parents=True, exist_ok=True)
    sheet.save(FOLDER / f"{name.replace(' ', '_')}.webp", quality=60, method=6)


def look(page: Page, site: Site, name: str, theme: str, size: tuple[int, int]) -> Image.Image:
    """A page in one theme: on a desk its first screen, on a telephone five at the most."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    visit(page, site, name)
    choose(page, theme)
    page.evaluate("() => new Promise(requestAnimationFrame)")
    view = Image.open(io.BytesIO(page.screenshot(full_page=size == TELEPHONE))).convert("RGB")
    return view.crop((0, 0, view.width, min(view.height, 5 * size[1])))


def beside(views: list[Image.Image]) -> Image.Image:
    """Views in a row."""
    width = sum(view.width for view in views) + GAP * (len(views) - 1)
    row = Image.new("RGB", (width, max(view.height for view in views)), "white")
    left = 0
    for view in views:
        row.paste(view, (left, 0))
        left += view.width + GAP
    return row


def stacked(rows: list[Image.Image]) -> Image.Image:
    """Rows under each other."""
    sheet = Image.new(
        "RGB",
        (max(row.width for row in rows), sum(row.height for row in rows) + GAP * (len(rows) - 1)),
        "white",
    )
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height + GAP
    return sheet
