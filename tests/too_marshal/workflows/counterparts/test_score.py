"""Scores by braai: of what has its three images, once, and whatever else is broken."""

from __future__ import annotations

import gzip
import io
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from counterparts.packets.alert import Alert
from counterparts.packets.read import read_packets
from counterparts.real_bogus import scores
from tests.counterparts.packets.samples import avro, packet
from tests.too_marshal.workflows.counterparts.sky import DEC, RA, burst
from too_marshal.db.counterparts.alerts import KeptAlert
from too_marshal.db.events import Event
from too_marshal.workflows.counterparts import score as module
from too_marshal.workflows.counterparts.live_maps import LiveMaps, julian_date
from too_marshal.workflows.counterparts.objects import objects_of
from too_marshal.workflows.counterparts.packet_files import packet_path
from too_marshal.workflows.counterparts.score import score_alerts
from too_marshal.workflows.counterparts.take import Packet, take

CUTOUTS = ("cutoutScience", "cutoutTemplate", "cutoutDifference")
_numbers = count(5000)


def stamp(seed: int, side: int = 63) -> dict[str, object]:
    """A cutout as ZTF sends it: a star on noise."""
    y, x = np.mgrid[:side, :side] - side // 2
    noise = np.random.default_rng(seed).normal(0, 5, (side, side))
    image = (noise + 500 * np.exp(-(x**2 + y**2) / 4)).astype(np.float32)
    file = io.BytesIO()
    fits.PrimaryHDU(image).writeto(file)
    return {"fileName": "stamp.fits.gz", "stampData": gzip.compress(file.getvalue())}


def sent(event: Event, side: int = 63, names: tuple[str, ...] = CUTOUTS) -> Packet:
    """A packet with some images."""
    number = next(_numbers)
    place = {"ra": RA, "dec": DEC, "jd": julian_date(event.event_time) + 0.1, "candid": number}
    members = packet(place, candid=number, objectId=f"ZTF25{number}")
    images = {name: stamp(number + i, side) for i, name in enumerate(names)}
    schema = {
        "type": "record", "name": "alert", "namespace": "ztf",
        "fields": [
            {"name": "schemavsn", "type": "string"},
            {"name": "objectId", "type": "string"},
            {"name": "candid", "type": "long"},
            {"name": "candidate", "type": {"type": "record", "name": "candidate", "fields": [
                {"name": name, "type": {str: "string", float: "double", int: "long"}[type(value)]}
                for name, value in members["candidate"].items()
            ]}},
            *(
                {"name": name, "type": ["null", {"type": "record", "name": name, "fields": [
                    {"name": "fileName", "type": "string"},
                    {"name": "stampData", "type": "bytes"},
                ]}], "default": None}
                for name in CUTOUTS
            ),
        ],
    }  # fmt: skip
    data = avro({**members, **dict.fromkeys(CUTOUTS), **images}, written_by=schema)
    (alert,) = read_packets(data)
    assert isinstance(alert, Alert), alert
    return Packet(alert, data)


def braai_of(session: Session) -> dict[str, float | None]:
    session.expire_all()
    return {row.candid: row.braai for row in session.scalars(select(KeptAlert))}


def test_what_is_kept_is_scored_as_the_network_does(session: Session, tmp_path: Path):
    event = burst(session)
    sources = [sent(event) for _ in range(3)]
    take(session, sources, LiveMaps(), tmp_path)
    session.commit()
    assert set(braai_of(session).values()) == {None}
    assert score_alerts(session, tmp_path) == 3
    images = [
        [module.read_cutout(each.alert.cutouts[name]) for name in module._CUTOUTS]
        for each in sources
    ]
    expected = dict(
        zip([each.alert.candid for each in sources], scores(images, "d6_m9"), strict=True)
    )
    assert braai_of(session) == pytest.approx(expected)
    assert score_alerts(session, tmp_path) == 0
    (first, *_) = objects_of(session, event)
    assert first.real_bogus == 0.875  # its survey's own stays beside
    assert first.braai == pytest.approx(expected[sources[0].alert.candid])
    assert first.is_calibrated


def test_what_cannot_be_scored_is_tried_once_and_costs_nobody_else(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "AT_ONCE", 2)
    event = burst(session)
    good, large, lacking, lost = (
        sent(event), sent(event, side=80), sent(event, names=CUTOUTS[:2]), sent(event),
    )  # fmt: skip
    other = sent(event)
    take(session, [large, lacking, lost, good, other], LiveMaps(), tmp_path)
    session.commit()
    sha256 = session.scalar(
        select(KeptAlert.packet_sha256).where(KeptAlert.candid == lost.alert.candid)
    )
    packet_path(tmp_path, sha256).unlink()
    assert score_alerts(session, tmp_path) == 2
    found = braai_of(session)
    assert {candid for candid, score in found.items() if score is not None} == {
        good.alert.candid, other.alert.candid,
    }  # fmt: skip
    assert score_alerts(session, tmp_path) == 0


def test_a_job_scores_some_and_asks_for_the_rest(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "AT_ONCE", 1)
    monkeypatch.setattr(module, "BATCHES", 2)
    event = burst(session)
    take(session, [sent(event) for _ in range(3)], LiveMaps(), tmp_path)
    session.execute(text("DELETE FROM procrastinate_jobs"))
    session.commit()
    waiting = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'score_alerts'")
    assert score_alerts(session, tmp_path) == 2
    assert session.scalar(waiting) == 1
    session.execute(text("DELETE FROM procrastinate_jobs"))
    assert score_alerts(session, tmp_path) == 1
    assert session.scalar(waiting) == 0


def test_scoring_is_asked_for_with_what_is_kept(session: Session, tmp_path: Path):
    event = burst(session)
    waiting = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'score_alerts'")
    take(session, [sent(event), sent(event)], LiveMaps(), tmp_path)
    take(session, [sent(event)], LiveMaps(), tmp_path)
    assert session.scalar(waiting) == 1
