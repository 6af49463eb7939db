"""From real notices of each stream to the page that says what it is and what to do."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.browser.conftest import Site
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization
from too_marshal.db.notices import ReceivedNotice
from too_marshal.workflows.intake.ingest import Message, ingest
from too_marshal.workflows.localizations.localize import localize

pytestmark = pytest.mark.browser

SIZES = {"desk": (1280, 800), "telephone": (390, 844)}

# What the notices themselves say: read in the files, not from a page.
STREAMS = {
    "gravitational waves": (
        ["lvk/kafka_json/MS230425l-preliminary.json", "lvk/kafka_json/MS230425l-initial.json"],
        "igwn.gwalert",
        "MS230425l",
        ["BNS", "false alarms", "Mpc"],
        ["Seen by"],
    ),
    "gravitational waves, taken back": (
        [
            "lvk/kafka_json/MS230425q-preliminary.json",
            "lvk/kafka_json/MS230425q-retraction.json",
        ],
        "igwn.gwalert",
        "MS230425q",
        ["the mission has withdrawn the event"],
        [],
    ),
    "Fermi GBM": (
        [
            f"fermi_gbm/trigger_720715295/GBM_{name}.xml"
            for name in (
                "Alert_2023-11-03T144130.25_720715295_1-958",
                "Flt_Pos_2023-11-03T144130.25_720715295_47-962",
                "Gnd_Pos_2023-11-03T144130.25_720715295_57-963",
                "Fin_Pos2023-11-03T144130.25_720715295_0-991",
            )
        ],
        None,
        "GRB candidate bn231103612",
        ["GRB 97.0 %", "90 % area", "→"],
        ["Long", "6.1 sigma", "5.17 deg", "68.0 % contained"],
    ),
    "IceCube": (
        ["icecube_amon/ICECUBE_BRONZE_Event2023-12-11T004731.79_25_138669_004054005_0.xml"],
        None,
        "IceCube-231211A",
        ["signalness 27.8 %", "false alarms 1 per 111 d"],
        ["106 TeV", "30.8 arcmin", "90.0 % contained; statistical only"],
    ),
    "Swift": (
        [
            "swift/trigger_1195887/BAT_GRB_Pos_1195887-050.xml",
            "swift/trigger_1195887/XRT_Pos_1195887-060.xml",
            "swift/trigger_1195887/UVOT_Pos_1195887-108.xml",
        ],
        None,
        "Swift trigger 1195887",
        ["position known to 0.36 arcsec (90.0 %)"],
        ["12.51 sigma", "19:20:45.2 +52:26:10"],
    ),
    "Einstein Probe": (
        ["gcn_json_schema_examples/einstein_probe__wxt__alert.example.json"],
        "gcn.notices.einstein_probe.wxt.alert",
        "EP-WXT 01708973486",
        ["position known to 1.2 arcmin"],
        ["08:00:00.0 +40:00:00", "Galactic latitude +29.6 deg"],
    ),
    "supernova": (
        ["sk_sn/Event_2023-05-31T232020.04_000001-918.xml"],
        None,
        "Super-Kamiokande of 2023-05-31 23:20",
        ["Test: Super-Kamiokande"],
        [],
    ),
}


def receive(database: Session, files: list[Path], topic: str | None) -> Event:
    """Take notices in as the stream does, and work out their maps as a worker does."""
    for path in files:
        received = ingest(database, Message(path.read_bytes(), "file", topic))
    row = database.get_one(ReceivedNotice, received.notice_id)
    for localization_id in database.scalars(
        select(Localization.id).where(Localization.event_id == row.event_id)
    ).all():
        localize(database, localization_id)
    database.rollback()
    assert row.event is not None
    return row.event


@pytest.mark.parametrize("stream", STREAMS)
def test_the_first_screen_says_what_was_seen_and_what_to_do(
    observer: Page, site: Site, database: Session, corpus: Path, stream: str
):
    names, topic, called, verdict, facts = STREAMS[stream]
    event = receive(database, [corpus / "notices" / name for name in names], topic)
    strangers: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((site.url, "data:", "blob:")):
            strangers.append(request.url)

    observer.on("request", note)
    for width, height in SIZES.values():
        observer.set_viewport_size({"width": width, "height": height})
        observer.goto(site.address(f"/events/{event.id}"))
        heading = observer.locator("h1")
        expect(heading).to_have_text(called)
        for words in verdict:
            expect(observer.locator("#facts")).to_contain_text(words)
        for words in facts:
            expect(observer.locator("#details")).to_contain_text(words)
        for box in observer.locator("#details dd").all():
            assert re.search(r"\w", box.inner_text()), "no box is empty"
        # What it is and what to do stand on the first screen, with nothing beside it.
        assert observer.locator("#facts").bounding_box()["y"] < height / 2
        following = observer.locator("[data-action=next]")
        expect(following).to_have_count(1)
        expect(following).to_be_in_viewport()
        assert observer.evaluate("document.documentElement.scrollWidth") <= width
        expect(observer.get_by_text("sky map is not ready")).to_have_count(0)
    assert strangers == []
