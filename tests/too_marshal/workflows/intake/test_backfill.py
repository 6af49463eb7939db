"""Catching up from the archives, served on loopback as GraceDB and GCN serve them."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from tests.too_marshal import alerts
from tests.too_marshal.fetching.server import reply
from tests.too_marshal.workflows import messages
from tests.too_marshal.workflows.events.test_associate import event_of, take
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization
from too_marshal.db.notices import ReceivedNotice
from too_marshal.fetching.fetcher import Limits
from too_marshal.workflows.intake.backfill import (
    Archives,
    ArchiveUnreadable,
    backfill_circulars,
    backfill_lvk,
)

SINCE = datetime(2026, 11, 20, tzinfo=UTC)
SMALL = alerts.skymap_fits(order=2)


@pytest.fixture
def fetch(make_fetcher):
    return make_fetcher(limits=Limits(size=5_000_000, seconds=10.0, silence=5.0)).fetch


@pytest.fixture
def archives(server) -> Archives:
    return Archives(server.url("").rstrip("/"), server.url("/circulars/archive.json.tar.gz"))


def serve_superevents(server, alerts_by_name: dict[str, dict[str, bytes]]) -> None:
    """GraceDB's listings: a page a superevent, its files by name, its VOEvents by link."""
    names = list(alerts_by_name)
    for number, name in enumerate(names):
        following = server.url(f"/next{number + 1}") if number + 1 < len(names) else None
        page = {"superevents": [{"superevent_id": name}], "links": {"next": following}}
        path = f"/next{number}" if number else "/api/superevents/"
        server.pages[path] = reply(200, json.dumps(page).encode())
        base = f"/api/superevents/{name}"
        files = alerts_by_name[name]
        listing = {file: server.url(f"{base}/files/{file}") for file in files}
        listing |= {"bayestar.multiorder.fits,0": "x", f"{name}-psd.json": "x"}
        server.pages[f"{base}/files/"] = reply(200, json.dumps(listing).encode())
        voevents = [
            {"N": 1, "links": {"file": server.url(f"{base}/files/{file}")}}
            for file in files
            if file.endswith(".xml")
        ]
        server.pages[f"{base}/voevents/"] = reply(200, json.dumps({"voevents": voevents}).encode())
        for file, content in files.items():
            server.pages[f"{base}/files/{file}"] = reply(200, content)


def test_alerts_of_an_outage_come_in_once(session, server, fetch, archives):
    early = alerts.lvk(skymap=SMALL)
    retraction = alerts.lvk(alert_type="RETRACTION", created="2026-11-22T04:00:00Z")
    old = alerts.lvk("S261101b", created="2026-11-01T00:00:00Z", skymap=SMALL)
    serve_superevents(
        server,
        {
            "S261122a": {
                "S261122a-preliminary.json,0": early,
                "S261122a-preliminary.json": early,
                "S261122a-retraction.json,0": retraction,
            },
            "S261101b": {"S261101b-initial.json,0": old},
        },
    )
    # The stream had brought the first alert, in other bytes, before it broke.
    take(session, json.dumps(json.loads(early), indent=1).encode())
    caught = backfill_lvk(session, fetch, SINCE, archives)
    assert (caught.new, caught.known, caught.unreadable) == (1, 1, 0)
    assert event_of(session, "lvk").is_retracted
    assert session.scalar(select(func.count(Localization.id))) == 1
    again = backfill_lvk(session, fetch, SINCE, archives)
    assert (again.new, again.known) == (0, 2)
    assert "/next1" in server.asked, "all pages were read"


def test_events_without_json_come_as_voevents(session, server, fetch, archives, corpus):
    path = corpus / "notices/lvk/voevent_real/S190412m-1-Preliminary.xml"
    serve_superevents(server, {"S190412m": {path.name: path.read_bytes()}})
    caught = backfill_lvk(session, fetch, datetime(2019, 4, 1, tzinfo=UTC), archives)
    assert caught.new == 1
    assert event_of(session, "lvk").key == "S190412m"


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (reply(503), "503"),
        (reply(200, b"<html>"), "no JSON"),
        (reply(200, b"[]"), "no JSON object"),
        (reply(200, b'{"superevents": [], "links": {"next": "https://evil.example/"}}'), "evil"),
    ],
)
def test_an_archive_that_does_not_answer_is_named(session, server, fetch, archives, page, words):  # noqa: PLR0917
    server.pages["/api/superevents/"] = page
    with pytest.raises(ArchiveUnreadable, match=words):
        backfill_lvk(session, fetch, SINCE, archives)


def archive_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        link = tarfile.TarInfo("archive.json/link.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return out.getvalue()


def test_circulars_of_an_outage_find_their_events(session, server, fetch, archives):
    millis = int(SINCE.timestamp() * 1000)
    new = messages.circular(41, "GRB 260509A: observations", createdOn=millis + 1)
    burst = messages.circular(
        40, "GRB 260509A: Fermi GBM", "(trigger 800000000 / 260509259)", createdOn=millis + 2
    )
    edited = messages.circular(7, "GRB 250101A: x", createdOn=1, version=2, editedOn=millis + 3)
    old = messages.circular(8, "GRB 250101A: y", createdOn=millis - 1)
    files = {"41": new, "40": burst, "7": edited, "8": old, "x": b"junk", "y": b"[1]"}
    content = archive_of({f"archive.json/{name}.json": body for name, body in files.items()})
    server.pages["/circulars/archive.json.tar.gz"] = reply(200, content)
    take(session, alerts.gbm())
    caught = backfill_circulars(session, fetch, SINCE, archives)
    assert (caught.new, caught.known) == (3, 0)
    burst_event = session.scalars(select(Event)).one()
    rows = session.scalars(
        select(ReceivedNotice).where(ReceivedNotice.event_id == burst_event.id)
    ).all()
    assert len(rows) == 3
    assert backfill_circulars(session, fetch, SINCE, archives).known == 3


@pytest.mark.parametrize(
    "content",
    [b"no archive", gzip.compress(b"no tar" * 1000)[:-9]],
    ids=["no archive", "truncated"],
)
def test_a_damaged_archive_is_named(session, server, fetch, archives, content):
    server.pages["/circulars/archive.json.tar.gz"] = reply(200, content)
    with pytest.raises(ArchiveUnreadable, match="damaged"):
        backfill_circulars(session, fetch, SINCE, archives)
