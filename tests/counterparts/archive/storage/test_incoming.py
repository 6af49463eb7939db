"""Batches: whole or not there, and the same however often they are written."""

import pyarrow as pa
import pytest

from counterparts.archive.errors import BatchRefused
from counterparts.archive.storage.incoming import append, batches
from tests.counterparts.archive.made import NEXT, NIGHT, alerts, candids, rows


def test_a_batch_is_found_as_soon_as_it_is_written(tmp_path):
    assert append(tmp_path, "ztf-0-0-19", alerts(20)) == (f"incoming/{NIGHT}/ztf-0-0-19.parquet",)
    assert candids(tmp_path) == [str(1_000_000 + number) for number in range(20)]


def test_what_was_written_is_read_again(tmp_path):
    append(tmp_path, "one", alerts(20))
    for row, given in zip(rows(tmp_path), alerts(20).to_pylist(), strict=True):
        assert {name: row[name] for name in given} == given


def test_a_batch_that_is_written_twice_changes_nothing(tmp_path):
    append(tmp_path, "one", alerts(20))
    before = rows(tmp_path)
    assert append(tmp_path, "one", alerts(20)) == ()
    assert rows(tmp_path) == before


def test_a_batch_of_two_nights_has_a_file_in_each(tmp_path):
    both = pa.concat_tables([alerts(5), alerts(5, night=NEXT, first=5)])
    assert len(append(tmp_path, "both", both)) == 2
    assert list(batches(tmp_path)) == [NIGHT, NEXT]


def test_nights_begin_at_the_noon_of_the_observatory(tmp_path):
    morning = alerts(1, jd=[2461374.2])
    append(tmp_path, "palomar", morning, longitude=-116.86)
    assert list(batches(tmp_path)) == [NIGHT]


def test_an_alert_in_two_batches_is_given_once(tmp_path):
    append(tmp_path, "one", alerts(20))
    append(tmp_path, "two", alerts(20))
    assert len(candids(tmp_path)) == 20


def test_of_two_copies_that_whose_packet_is_kept_is_given(tmp_path):
    append(tmp_path, "a", alerts(1))
    append(tmp_path, "b", alerts(1, packet_sha256=["f" * 64]))
    append(tmp_path, "c", alerts(1))
    assert [row["packet_sha256"] for row in rows(tmp_path)] == ["f" * 64]


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "a b", "x" * 200, "n\0"])
def test_names_that_are_none_are_refused(tmp_path, name):
    with pytest.raises(BatchRefused, match="cannot name a batch"):
        append(tmp_path, name, alerts(1))


def test_an_empty_batch_leaves_nothing(tmp_path):
    assert append(tmp_path, "none", alerts(0)) == ()
    assert batches(tmp_path) == {}
