"""Maps that notices link: fetched once they are there, and again when they have changed."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from tests.too_marshal import alerts
from tests.too_marshal.fetching.server import reply
from tests.too_marshal.workflows.events.test_associate import take
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization, LocalizationState, SkyMapFile
from too_marshal.deployment.settings import SettingInvalid, Settings
from too_marshal.fetching.fetcher import Limits
from too_marshal.workflows.localizations.fetch import (
    FETCH_AGAIN_DELAYS,
    GIVES_UP_AFTER,
    SLOTS,
    fetch,
    fetch_again,
    host_slot,
    open_fetcher,
    wait_after,
)
from too_marshal.workflows.localizations.localize import localize

PATH = "/map.fits.gz"


def neutrino(url: str, revision: int = 0, **values: object) -> bytes:
    """An IceCube alert that links a map and gives a circle until it is there."""
    return json.dumps(
        {
            "$schema": "https://gcn.nasa.gov/schema/main/gcn/notices/icecube/single_neutrino_alerts.schema.json",
            "alert_datetime": f"2026-11-22T0{revision + 3}:00:00Z",
            "alert_tense": "current",
            "alert_type": "update" if revision else "initial",
            "trigger_time": "2026-11-22T02:59:00Z",
            "id": ["142000_12345"],
            "event_name": ["IceCube-261122A"],
            "record_number": revision,
            "ra": 150.0,
            "dec": 40.0,
            "ra_dec_error": 1.0,
            "healpix_url": url,
            **values,
        }
    ).encode()


def localizations(session) -> dict[str, Localization]:
    query = select(Localization).order_by(Localization.id)
    rows = session.scalars(query.execution_options(populate_existing=True))
    return {row.variant: row for row in rows}


def scheduled(session, task: str) -> list[float]:
    """Seconds from now at which a task will run, in order."""
    rows = session.execute(
        text("SELECT extract(epoch FROM scheduled_at - now()) FROM procrastinate_jobs"
             " WHERE task_name = :task AND scheduled_at IS NOT NULL ORDER BY id"),
        {"task": task},
    )  # fmt: skip
    return [float(seconds) for (seconds,) in rows]


@pytest.fixture
def linked(session, server):
    """A notice whose map is not there yet; its circle has been drawn."""
    take(session, neutrino(server.url(PATH)))
    localize(session, localizations(session)["own"].id)
    return localizations(session)


@pytest.fixture
def fetcher(make_fetcher):
    return make_fetcher(limits=Limits(size=5_000_000, seconds=10.0, silence=5.0))


def test_the_circle_serves_until_the_map_has_come(session, linked, fetcher, server):
    event = session.scalars(select(Event)).one()
    assert linked["own"].state == LocalizationState.READY
    assert linked["fetched"].state == LocalizationState.PENDING
    assert event.current_localization_id == linked["own"].id

    fetch(session, fetcher, linked["fetched"].id)
    waiting = localizations(session)["fetched"]
    assert waiting.state == LocalizationState.PENDING
    assert "404" in waiting.reason
    assert waiting.attempts == 1
    assert waiting.next_attempt_at > now()

    server.pages[PATH] = reply(200, alerts.skymap_fits(sigma=3.0))
    fetch(session, fetcher, waiting.id)
    ready = localizations(session)["fetched"]
    session.refresh(event)
    assert ready.state == LocalizationState.READY, ready.reason
    assert event.current_localization_id == ready.id
    assert ready.sky_map.area_90 == pytest.approx(130, rel=0.05)
    asked = len(server.asked)
    fetch(session, fetcher, ready.id)
    assert len(server.asked) == asked, "what is done is done"


def test_waits_double_up_to_half_an_hour():
    waits = [wait_after(attempts).total_seconds() for attempts in range(1, 14)]
    assert waits[:5] == [5, 10, 20, 40, 80]
    assert waits[-1] == 1800
    assert max(waits) == 1800


def test_another_try_is_a_job_for_later(session, linked, fetcher):
    for _ in range(3):
        fetch(session, fetcher, linked["fetched"].id)
    first, second, third = scheduled(session, "fetch")
    assert 0 < first <= 5 < second <= 10 < third <= 20


def test_after_a_day_it_is_given_up_in_plain_sight(session, linked, fetcher):
    linked["fetched"].created_at = now() - GIVES_UP_AFTER - timedelta(seconds=1)
    session.commit()
    fetch(session, fetcher, linked["fetched"].id)
    given_up = localizations(session)["fetched"]
    assert given_up.state == LocalizationState.UNAVAILABLE
    assert "404" in given_up.reason
    assert "24 hours" in given_up.reason
    assert scheduled(session, "fetch") == []


def test_a_newer_notice_ends_the_tries(session, linked, fetcher, server):
    take(session, neutrino(server.url("/newer.fits"), revision=1))
    fetch(session, fetcher, linked["fetched"].id)
    row = session.get_one(Localization, linked["fetched"].id, populate_existing=True)
    assert row.state == LocalizationState.UNAVAILABLE
    assert row.reason == "a newer notice says where it is"
    assert server.asked == []


def test_a_retraction_ends_the_tries(session, linked, fetcher, server):
    take(session, neutrino("", revision=1, alert_type="retraction"))
    fetch(session, fetcher, linked["fetched"].id)
    assert localizations(session)["fetched"].reason == "the event was retracted"
    assert server.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        (reply(200, b"<html>sign in</html>"), "FITS"),
        (reply(302, Location="https://localhost/"), "not on the list"),
        (reply(200, Content_Length="99999999"), "more than"),
    ],
    ids=["a web page", "a redirect inside", "too large"],
)
def test_what_is_no_map_is_refused_and_the_circle_stays(session, linked, fetcher, server, answer):
    page, words = answer
    server.pages[PATH] = page
    fetch(session, fetcher, linked["fetched"].id)
    refused = localizations(session)["fetched"]
    assert refused.state == LocalizationState.REFUSED
    assert words in refused.reason
    event = session.scalars(select(Event)).one()
    assert event.current_localization_id == linked["own"].id
    assert scheduled(session, "fetch") == []


def test_an_address_off_the_list_is_never_asked(session, fetcher, server):
    take(session, neutrino("https://evil.example/map.fits"))
    localize(session, localizations(session)["own"].id)
    fetch(session, fetcher, localizations(session)["fetched"].id)
    assert "evil.example" in localizations(session)["fetched"].reason
    assert localizations(session)["fetched"].state == LocalizationState.REFUSED
    assert server.asked == []


def test_a_map_that_changes_is_a_new_version_and_both_are_kept(session, linked, fetcher, server):
    server.pages[PATH] = reply(200, alerts.skymap_fits(sigma=5.0))
    fetch(session, fetcher, linked["fetched"].id)
    assert scheduled(session, "fetch_again") == [
        pytest.approx(FETCH_AGAIN_DELAYS[0].total_seconds(), abs=30)
    ]
    fetch_again(session, fetcher, linked["fetched"].id, 0)
    assert set(localizations(session)) == {"own", "fetched"}, "the same content is no version"
    server.pages[PATH] = reply(200, alerts.skymap_fits(sigma=2.0))
    fetch_again(session, fetcher, linked["fetched"].id, 1)
    fetch_again(session, fetcher, linked["fetched"].id, 2)
    rows = localizations(session)
    assert set(rows) == {"own", "fetched", "fetched-2"}
    event = session.scalars(select(Event)).one()
    assert event.current_localization_id == rows["fetched-2"].id
    assert rows["fetched-2"].sky_map_sha256 != rows["fetched"].sky_map_sha256
    originals = session.scalars(select(SkyMapFile.original).where(SkyMapFile.original.is_not(None)))
    assert len(originals.all()) == 2
    looks = scheduled(session, "fetch_again")
    assert len(looks) == 4
    fetch_again(session, fetcher, linked["fetched"].id, len(FETCH_AGAIN_DELAYS) - 1)
    assert len(scheduled(session, "fetch_again")) == 4, "in the end nobody looks any more"


def test_nothing_is_fetched_where_the_settings_say_no(session, linked, server):
    fetch(session, None, linked["fetched"].id)
    row = localizations(session)["fetched"]
    assert row.state == LocalizationState.UNAVAILABLE
    assert "TOO_FETCH_MAPS" in row.reason
    assert server.asked == []


@pytest.mark.parametrize(
    ("values", "fetches"),
    [
        ({}, False),
        ({"kafka_client_id": "a"}, True),
        ({"kafka_client_id": "a", "rehearsal": True}, False),
        ({"kafka_client_id": "a", "fetch_maps": "no"}, False),
        ({"fetch_maps": "Yes"}, True),
    ],
)
def test_maps_are_fetched_where_live_notices_come_in(values, fetches):
    assert (open_fetcher(Settings(**values)) is not None) == fetches


def test_an_odd_word_in_the_settings_is_named():
    with pytest.raises(SettingInvalid, match="TOO_FETCH_MAPS"):
        open_fetcher(Settings(fetch_maps="perhaps"))


def test_a_host_is_asked_by_few_at_a_time(session, linked, fetcher, server):
    url = server.url(PATH)
    with host_slot(session, url) as first, host_slot(session, url) as second:
        assert (first, second) == (True, True)
        assert SLOTS == 2
        with host_slot(session, url) as third, host_slot(session, "https://x.example/") as other:
            assert (third, other) == (False, True)
        fetch(session, fetcher, linked["fetched"].id)
    row = localizations(session)["fetched"]
    assert server.asked == []
    assert row.attempts == 0, "waiting for a place is no try"
    with host_slot(session, url) as again:
        assert again
