"""What lies in a live region is kept whole and once, in whatever order it comes."""

from __future__ import annotations

import hashlib
import random
from datetime import timedelta
from pathlib import Path

import pytest
from astropy.coordinates import SkyCoord
from astropy.time import Time
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_localization, circle_map
from tests.too_marshal.workflows.counterparts.sky import DEC, RA, RADIUS, burst, seen
from too_marshal.db.counterparts.alerts import AlertLevel, KeptAlert
from too_marshal.db.counterparts.candidates import CandidateStatus
from too_marshal.db.localizations import Localization
from too_marshal.workflows.counterparts.judge import judge
from too_marshal.workflows.counterparts.live_maps import (
    LIVE_FOR,
    LiveMaps,
    julian_date,
    time_of,
)
from too_marshal.workflows.counterparts.packet_files import packet_path
from too_marshal.workflows.counterparts.take import Taken, take
from too_marshal.workflows.localizations.localize import load_skymap


def rows(session: Session) -> list[KeptAlert]:
    return list(session.scalars(select(KeptAlert).order_by(KeptAlert.candid)))


def levels(session: Session) -> dict[tuple[str, int], float]:
    query = select(KeptAlert.candid, AlertLevel.localization_id, AlertLevel.level)
    query = query.join(KeptAlert, KeptAlert.id == AlertLevel.alert_id)
    return {(candid, place): level for candid, place, level in session.execute(query)}


def test_what_lies_in_the_region_is_kept_with_its_level_and_its_packet(
    session: Session, tmp_path: Path
):
    event = burst(session)
    inside, outside = seen(event), seen(event, ra=RA + 4 * RADIUS)
    assert take(session, [inside, outside], LiveMaps(), tmp_path) == Taken(2, 1, 1)
    (row,) = rows(session)
    assert (row.candid, row.object_id) == (inside.alert.candid, inside.alert.object_id)
    assert row.packet_sha256 == hashlib.sha256(inside.data).hexdigest()
    assert packet_path(tmp_path, row.packet_sha256).read_bytes() == inside.data
    assert abs(row.observed_at - event.event_time - timedelta(days=0.1)) < timedelta(seconds=1)
    place = session.get_one(Localization, event.current_localization_id)
    skymap = load_skymap(session, place)
    expected = float(skymap.credible_level_at(SkyCoord(RA, DEC, unit="deg")))
    assert levels(session) == {(row.candid, place.id): pytest.approx(expected, abs=1e-12)}


@pytest.mark.parametrize(
    ("days", "kept"), [(-0.01, 0), (0.01, 1), (LIVE_FOR.days - 0.01, 1), (LIVE_FOR.days + 0.01, 0)]
)
def test_only_what_was_seen_while_the_event_is_live(
    session: Session, tmp_path: Path, days: float, kept: int
):
    event = burst(session)
    assert take(session, [seen(event, days)], LiveMaps(), tmp_path).kept == kept


def test_of_a_retracted_event_nothing_more_is_kept(session: Session, tmp_path: Path):
    event = burst(session)
    event.is_retracted = True
    session.commit()
    assert take(session, [seen(event)], LiveMaps(), tmp_path) == Taken(1, 0, 0)


def test_in_whatever_order_and_however_often_they_come_the_end_is_the_same(
    session: Session, tmp_path: Path
):
    event, other = burst(session), burst(session, "S250101b", RA + RADIUS)
    packets = [seen(event, ra=RA + step) for step in (-3, 0, 1, 2, 3, 4, 8)]
    random.Random(1).shuffle(packets)
    maps = LiveMaps()
    first = take(session, packets[:4], maps, tmp_path)
    again = take(session, [*packets, packets[0], packets[0]], maps, tmp_path)
    assert first.new + again.new == len(rows(session)) == again.kept - 2
    told = levels(session)
    for batch in (packets[::-1], packets[2:5]):
        assert take(session, batch, LiveMaps(), tmp_path).new == 0
    assert levels(session) == told
    assert {place for _, place in told} == {
        event.current_localization_id, other.current_localization_id
    }  # fmt: skip


def test_a_new_map_has_levels_of_its_own(session: Session, tmp_path: Path):
    event = burst(session)
    packet = seen(event)
    take(session, [packet], LiveMaps(), tmp_path)
    before = event.current_localization_id
    add_localization(session, event, circle_map(RA + 1, DEC, RADIUS))
    take(session, [packet], LiveMaps(), tmp_path)
    assert {place for _, place in levels(session)} == {before, event.current_localization_id}
    assert len(rows(session)) == 1


def test_beside_a_candidate_it_is_kept_wherever_maps_are_by_then(session: Session, tmp_path: Path):
    event = burst(session)
    first = seen(event)
    take(session, [first], LiveMaps(), tmp_path)
    judge(
        session, event, "ZTF", first.alert.object_id, CandidateStatus.PENDING, reason="", seen=0,
        by="ann",
    )  # fmt: skip
    late = seen(event, days=40, ra=RA + 0.5 / 3600)
    near = seen(event, days=40, ra=RA + 9 / 3600)
    assert take(session, [late, near], LiveMaps(), tmp_path) == Taken(2, 1, 1)


def test_a_detection_without_a_number_is_told_apart_by_its_object_and_time(
    session: Session, tmp_path: Path
):
    event = burst(session)
    twice = [seen(event, days, candid=None, object_id="X1") for days in (0.1, 0.2)]
    alone = seen(event, object_id=None, candid="7")
    assert take(session, [*twice, *twice, alone], LiveMaps(), tmp_path).new == 3
    assert [row.object_id for row in rows(session)] == ["7", "X1", "X1"]


def test_nothing_is_nothing(session: Session, tmp_path: Path):
    assert take(session, [], LiveMaps(), tmp_path) == Taken(0, 0, 0)


def test_times_are_those_of_astropy():
    for text in ("2026-11-28T18:00:00", "2019-04-25T08:18:05", "1999-12-31T23:59:59"):
        there = Time(text, scale="utc")
        assert julian_date(time_of(there.jd)) == pytest.approx(there.jd, abs=1e-8)
        assert time_of(there.jd).isoformat()[:19] == text
