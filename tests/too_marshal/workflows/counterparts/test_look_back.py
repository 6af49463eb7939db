"""A map that comes after its alerts finds them, and ends as if it had come before."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from counterparts.archive.queries.conditions import Where
from counterparts.archive.queries.query import Archive
from tests.too_marshal.factories import add_localization, circle_map
from tests.too_marshal.workflows.counterparts.sky import DEC, RA, RADIUS, burst, seen
from tests.too_marshal.workflows.counterparts.test_take import levels, rows
from too_marshal.db.counterparts.alerts import AlertLevel, KeptAlert
from too_marshal.workflows.counterparts.archiving import archive, archive_folder
from too_marshal.workflows.counterparts.live_maps import LIVE_FOR, LiveMaps
from too_marshal.workflows.counterparts.look_back import look_back
from too_marshal.workflows.counterparts.take import Taken, take


def test_the_order_of_map_and_alerts_does_not_matter(session: Session, tmp_path: Path):
    event = burst(session)
    packets = [seen(event, days, ra=RA + step) for days in (0.1, 5) for step in (-4, 0, 3, 9)]
    early, late = seen(event, -0.1), seen(event, LIVE_FOR / timedelta(days=1) + 0.1)
    take(session, [*packets, early, late], LiveMaps(), tmp_path)
    told, kept = levels(session), [row.candid for row in rows(session)]
    assert len(kept) == 6
    session.execute(delete(AlertLevel))
    session.execute(delete(KeptAlert))
    session.commit()
    for _ in range(2):
        assert look_back(session, tmp_path, event.current_localization_id) == 6
        assert levels(session) == pytest.approx(told)
        assert [row.candid for row in rows(session)] == kept


def test_what_was_kept_whole_stays_so(session: Session, tmp_path: Path):
    event = burst(session)
    take(session, [seen(event)], LiveMaps(), tmp_path)
    add_localization(session, event, circle_map(RA + 1, DEC, RADIUS))
    assert look_back(session, tmp_path, event.current_localization_id) == 1
    (row,) = rows(session)
    assert row.packet_sha256 is not None
    assert len(levels(session)) == 2


def test_what_the_archive_alone_had_gets_its_packet_when_it_comes_again(
    session: Session, tmp_path: Path
):
    event = burst(session)
    packet = seen(event)
    archive(tmp_path, [packet.alert])
    assert look_back(session, tmp_path, event.current_localization_id) == 1
    assert [row.packet_sha256 for row in rows(session)] == [None]
    assert take(session, [packet], LiveMaps(), tmp_path) == Taken(1, 1, 0)
    session.expire_all()
    assert [row.packet_sha256 is None for row in rows(session)] == [False]


def test_thousands_are_stored_in_several_statements(session: Session, tmp_path: Path):
    event = burst(session)
    archive(tmp_path, [seen(event).alert for _ in range(4100)])
    assert look_back(session, tmp_path, event.current_localization_id) == 4100
    assert len(levels(session)) == 4100


def test_an_odd_member_costs_itself_and_not_the_batch(session: Session, tmp_path: Path):
    event = burst(session)
    odd = {"programid": 2.5, "ndethist": 3.0, "jdstarthist": "x", "sgscore1": float("nan")}
    archive(tmp_path, [seen(event).alert, seen(event, fields=odd).alert])
    names = ("program_id", "n_detections", "first_jd", "star_score")
    found = Archive(archive_folder(tmp_path)).query(Where(), names).table().to_pylist()
    assert {"program_id": None, "n_detections": 3, "first_jd": None, "star_score": None} in found
    assert len(found) == 2


def test_an_older_map_a_retracted_event_and_no_archive_are_passed_over(
    session: Session, tmp_path: Path
):
    event = burst(session)
    first = event.current_localization_id
    assert look_back(session, tmp_path, first) == 0
    take(session, [seen(event)], LiveMaps(), tmp_path)
    add_localization(session, event, circle_map(RA, DEC, RADIUS))
    assert look_back(session, tmp_path, first) == 0
    event.is_retracted = True
    session.commit()
    assert look_back(session, tmp_path, event.current_localization_id) == 0
    assert len(session.scalars(select(AlertLevel)).all()) == 1
