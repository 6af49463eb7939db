"""Nights of the archive are closed once they are over, and months are joined; answers stay."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from counterparts.archive.queries.conditions import Where
from counterparts.archive.queries.query import Archive
from counterparts.archive.storage.close import waiting_nights
from counterparts.archive.storage.live import live
from tests.too_marshal.workflows.counterparts.sky import burst, seen
from too_marshal.db.base import now
from too_marshal.workflows.counterparts.archiving import archive, archive_folder
from too_marshal.workflows.counterparts.live_maps import julian_date
from too_marshal.workflows.counterparts.tidy import tidy_archive


def asked(folder: Path) -> set[str]:
    answer = Archive(folder).query(Where(), ("candid",))
    found = set(answer.table()["candid"].to_pylist())
    assert answer.faults == ()
    return found


def test_nights_that_are_over_are_closed_and_answers_stay(session: Session, tmp_path: Path):
    event, present = burst(session), julian_date(now())
    days = (0, -3, -4, -70, -71)
    told = [seen(event, jd=present + each).alert for each in days]
    for alert in told:
        archive(tmp_path, [alert])
    folder = archive_folder(tmp_path)
    before = asked(folder)
    assert len(before) == len(days)
    for _ in range(2):
        tidy_archive(session, tmp_path)
        assert asked(folder) == before
    periods = {catalog.period for catalog in live(folder).manifest.catalogs}
    month = f"{now() - timedelta(days=70.5):%Y-%m}"
    assert any(period.startswith(month[:4]) and len(period) == len(month) for period in periods)
    assert len(waiting_nights(folder)) == 1


def test_without_an_archive_nothing_is_made(session: Session, tmp_path: Path):
    tidy_archive(session, tmp_path)
    assert not archive_folder(tmp_path).exists()
