"""Files of an older version of the columns are read beside those of the present one."""

from dataclasses import replace

import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from counterparts.archive import columns
from counterparts.archive.queries.conditions import Where
from counterparts.archive.queries.match import match
from counterparts.archive.queries.positions import Positions
from counterparts.archive.queries.query import Archive
from counterparts.archive.queries.sql import ask
from counterparts.archive.storage import build
from counterparts.archive.storage.close import close
from counterparts.archive.storage.incoming import append
from tests.counterparts.archive.made import NEXT, NIGHT, alerts, rows


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A batch of the first version, which had no `star_score`, and one of the second."""
    (path,) = append(tmp_path, "old", alerts(5))
    table = pq.read_table(tmp_path / path)
    pq.write_table(table.drop_columns(["star_score"]), tmp_path / path)
    changed = tuple(
        replace(column, since=2) if column.name == "star_score" else column
        for column in columns.COLUMNS
    )
    monkeypatch.setattr(columns, "COLUMNS", changed)
    monkeypatch.setattr(columns, "SCHEMA_VERSION", 2)
    monkeypatch.setattr(build, "SCHEMA_VERSION", 2)
    append(tmp_path, "new", alerts(5, first=5, star_score=[0.5] * 5))
    return tmp_path


def test_what_a_file_is_too_old_for_is_empty(folder):
    assert [row["star_score"] for row in rows(folder)] == [None] * 5 + [0.5] * 5
    answer = ask(Archive(folder), "SELECT count(star_score) AS n, count(*) AS m FROM alerts")
    assert answer.table().to_pylist() == [{"n": 5, "m": 10}]


def test_a_condition_on_the_new_column_finds_what_has_it(folder):
    assert len(rows(folder, Where(expression="star_score > 0.4"))) == 5


def test_positions_are_matched_in_both(folder):
    table = alerts(10)
    coord = SkyCoord(table["ra"], table["dec"], unit=u.deg)
    found = match(Archive(folder), Positions.of(coord, 1.0), ("candid", "star_score"))
    assert sum(len(one) for one in found) == 10


def test_closing_brings_them_together(folder):
    before = rows(folder)
    assert close(folder, NIGHT).catalog.version == 2
    append(folder, "more", alerts(1, night=NEXT, first=30))
    assert rows(folder)[:10] == before
