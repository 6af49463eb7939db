"""Answers as files: each can be read again, and none holds a trap."""

import csv as standard_csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from counterparts.archive.queries.conditions import Where
from counterparts.archive.queries.formats import csv, json_array, json_lines, parquet
from counterparts.archive.queries.limits import Limits
from counterparts.archive.queries.query import Archive
from counterparts.archive.queries.sql import ask
from counterparts.archive.storage.incoming import append
from tests.counterparts.archive.made import alerts

COLUMNS = ("candid", "object_id", "dec", "magnitude", "is_positive", "real_bogus", "received_at")


@pytest.fixture
def archive(tmp_path):
    names = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", 'a"b', "a,b", "ü", "plain"]
    append(
        tmp_path,
        "a",
        alerts(10, object_id=names, dec=[-1.5] * 10, magnitude=pa.array([19.2] * 10, pa.float32()),
               real_bogus=pa.array([float("nan"), None, *[0.5] * 8], pa.float32())),
    )  # fmt: skip
    return Archive(tmp_path)


def answer(archive):
    return archive.query(Where(), COLUMNS)


def whole(chunks):
    return b"".join(chunks)


def by_candid(rows):
    return sorted(rows, key=lambda row: row["candid"])


def test_lines_of_json_are_the_rows(archive):
    rows = by_candid([json.loads(line) for line in whole(json_lines(answer(archive))).splitlines()])
    assert rows[0] == {
        "candid": "1000000",
        "object_id": "=1+1",
        "dec": -1.5,
        "magnitude": 19.2,
        "is_positive": rows[0]["is_positive"],
        "real_bogus": None,
        "received_at": "2026-11-29T03:00:00Z",
    }
    assert rows[1]["real_bogus"] is None
    assert len(rows) == 10


def test_an_array_of_json_holds_the_same(archive):
    lines = [json.loads(line) for line in whole(json_lines(answer(archive))).splitlines()]
    assert by_candid(json.loads(whole(json_array(answer(archive))))) == by_candid(lines)
    assert json.loads(whole(json_array(archive.query(Where(survey="none"), COLUMNS)))) == []


def test_in_a_table_no_text_is_a_formula_and_numbers_are_numbers(archive):
    text = whole(csv(answer(archive))).decode()
    rows = by_candid(standard_csv.DictReader(io.StringIO(text, newline="")))
    assert [row["object_id"] for row in rows] == [
        "'=1+1", "'+1", "'-1", "'@x", "'\tx", "'\rx", 'a"b', "a,b", "ü", "plain",
    ]  # fmt: skip
    assert {row["dec"] for row in rows} == {"-1.5"}
    assert {row["magnitude"] for row in rows} == {"19.2"}
    assert rows[1]["real_bogus"] == ""


def test_headings_are_no_formulas_either(archive):
    text = whole(csv(ask(archive, 'SELECT 1 AS "=x", 2 AS y'))).decode()
    assert text.splitlines()[0] == '"\'=x","y"'


def test_parquet_is_read_again(archive):
    table = pq.read_table(io.BytesIO(whole(parquet(answer(archive)))))
    assert table.column_names == list(COLUMNS)
    expected = answer(archive).table()
    assert table.sort_by("candid")["magnitude"].equals(expected.sort_by("candid")["magnitude"])
    assert len(pq.read_table(io.BytesIO(whole(parquet(archive.query(Where(survey="-"))))))) == 0


def test_what_sql_gives_can_be_written(archive):
    query = (
        "SELECT count(*) AS n, sum(n_detections) AS s, avg(dec) AS a, DATE '2026-11-28' AS d, "
        "INTERVAL 1 DAY AS i, NULL AS x, 1.50 AS e, true AS b FROM alerts"
    )
    row = json.loads(whole(json_lines(ask(archive, query))))
    assert (row["n"], row["a"], row["d"], row["x"], row["e"]) == (10, -1.5, "2026-11-28", None, 1.5)
    for form in (csv, parquet, json_array):
        assert whole(form(ask(archive, query)))


def test_a_file_comes_in_pieces(tmp_path):
    append(tmp_path, "a", alerts(3000))
    long = "SELECT a.candid, a.ra FROM alerts a, alerts b"
    for form in (json_lines, json_array, csv, parquet):
        pieces = form(ask(Archive(tmp_path), long, Limits(rows=200_000)))
        assert sum(len(piece) > 1000 for piece in pieces) > 2


def test_who_goes_away_ends_the_question(archive):
    asked = answer(archive)
    pieces = json_lines(asked)
    next(pieces)
    pieces.close()
    assert list(asked) == []
