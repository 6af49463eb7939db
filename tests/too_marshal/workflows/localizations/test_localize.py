"""What a notice says itself of the position serves wherever its map does not."""

from __future__ import annotations

import base64
import json

import pytest
from sqlalchemy import select

from tests.too_marshal import alerts
from tests.too_marshal.fetching.server import reply
from tests.too_marshal.workflows.events.test_associate import take
from tests.too_marshal.workflows.localizations.test_fetch import PATH, localizations, neutrino
from too_marshal.db.events import Event
from too_marshal.db.localizations import LocalizationState
from too_marshal.fetching.fetcher import Limits
from too_marshal.workflows.localizations.fetch import fetch
from too_marshal.workflows.localizations.localize import localize

LIMITS = Limits(size=5_000_000, seconds=10.0, silence=5.0)


def current(session):
    session.expire_all()
    return session.scalars(select(Event)).one().current_localization


def test_a_box_with_its_first_corner_repeated_is_the_box(session, cases):
    take(session, (cases / "16_maxi_closed_ring.json").read_bytes())
    localize(session, localizations(session)["own"].id)
    box = current(session)
    assert box.state == LocalizationState.READY, box.reason
    # 0.33 deg by 2.57 deg: its corners, by hand.
    assert box.sky_map.area_90 == pytest.approx(0.87, rel=0.1)


def test_the_ellipse_serves_until_the_map_has_come(session, cases, make_fetcher, server):
    document = json.loads((cases / "18_ellipse_and_map_link.json").read_bytes())
    take(session, json.dumps(document | {"healpix_url": server.url(PATH)}).encode())
    localize(session, localizations(session)["own"].id)
    ellipse = current(session)
    assert ellipse.variant == "own"
    # pi * 0.8 * 0.5 deg2 hold 90 %.
    assert ellipse.sky_map.area_90 == pytest.approx(1.257, rel=0.03)
    assert (ellipse.sky_map.peak_ra, ellipse.sky_map.peak_dec) == pytest.approx(
        (345.82, 9.01), abs=0.05
    )
    server.pages[PATH] = reply(200, alerts.skymap_fits(sigma=3.0))
    fetch(session, make_fetcher(limits=LIMITS), localizations(session)["fetched"].id)
    assert current(session).variant == "fetched"


@pytest.mark.parametrize(
    "region",
    [
        {"ra_dec_error": 1.0},
        {"ra_dec_error": [1.0, 0.5, 20]},
        {"rectangular_error_corners": [[149, 39], [151, 39], [151, 41], [149, 41], [149, 39]]},
    ],
)
def test_the_region_serves_where_the_map_is_refused(session, make_fetcher, server, region):
    server.pages[PATH] = reply(200, b"this is no map")
    take(session, neutrino(server.url(PATH), **region))
    localize(session, localizations(session)["own"].id)
    fetch(session, make_fetcher(limits=LIMITS), localizations(session)["fetched"].id)
    assert localizations(session)["fetched"].state == LocalizationState.REFUSED
    assert current(session).variant == "own"


@pytest.mark.parametrize("content", [b"no FITS file", b"SIMPLE  =                    T"])
def test_the_region_serves_where_the_map_within_the_notice_is_no_map(session, content):
    fits = base64.b64encode(content).decode()
    take(session, neutrino("", healpix_file=fits, ra_dec_error=[1.0, 0.5, 20]))
    localize(session, localizations(session)["own"].id)
    own = current(session)
    assert own.state == LocalizationState.READY
    assert own.sky_map.area_90 == pytest.approx(1.571, rel=0.03)
    assert own.reason.startswith("Sky map refused: ")
    assert own.reason.endswith("the region that the notice states serves instead.")


def test_the_reason_says_what_the_notice_does_give(session):
    take(session, neutrino("https://example.org/map.fits", ra_dec_error=None))
    localize(session, localizations(session)["own"].id)
    assert localizations(session)["own"].reason == (
        "the notice gives no error of its position, only the address of a map"
    )
