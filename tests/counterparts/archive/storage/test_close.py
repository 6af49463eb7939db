"""Closing a night: its batches become one catalog, and no answer changes."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterparts.archive.errors import ArchiveBusy, FileFault
from counterparts.archive.storage import manifest
from counterparts.archive.storage.close import close, waiting_nights
from counterparts.archive.storage.compact import compact
from counterparts.archive.storage.durable import sole_writer
from counterparts.archive.storage.incoming import append
from counterparts.archive.storage.live import live
from tests.counterparts.archive.made import NEXT, NIGHT, alerts, candids, rows


def test_closing_changes_no_answer(tmp_path):
    for number in range(3):
        append(tmp_path, f"b{number}", alerts(30, first=number * 20))
    before = rows(tmp_path)
    closed = close(tmp_path, NIGHT)
    assert closed.batches == 3
    assert closed.catalog.rows == len(before)
    assert rows(tmp_path) == before


def test_closing_again_does_nothing(tmp_path):
    append(tmp_path, "one", alerts(30))
    catalog = close(tmp_path, NIGHT).catalog
    again = close(tmp_path, NIGHT)
    assert (again.catalog, again.batches) == (catalog, 0)


def test_a_night_of_which_there_is_nothing_is_closed_to_nothing(tmp_path):
    assert close(tmp_path, NIGHT).catalog is None


def test_late_batches_join_at_the_next_close(tmp_path):
    append(tmp_path, "one", alerts(30))
    close(tmp_path, NIGHT)
    append(tmp_path, "late", alerts(40))
    assert waiting_nights(tmp_path) == (NIGHT,)
    assert close(tmp_path, NIGHT).catalog.rows == 40
    assert len(live(tmp_path).manifest.catalogs) == 1
    assert waiting_nights(tmp_path) == ()


def test_a_batch_that_is_written_again_after_the_close_changes_nothing(tmp_path):
    append(tmp_path, "one", alerts(30))
    close(tmp_path, NIGHT)
    before = rows(tmp_path)
    assert append(tmp_path, "one", alerts(30)) == ()
    assert rows(tmp_path) == before
    append(tmp_path, "other-offsets", alerts(30, packet_sha256=["a" * 64] * 30))
    assert rows(tmp_path) == before
    close(tmp_path, NIGHT)
    assert rows(tmp_path) == before


def test_what_comes_after_the_compaction_becomes_a_night_of_its_own(tmp_path):
    append(tmp_path, "one", alerts(30))
    close(tmp_path, NIGHT)
    compact(tmp_path, NIGHT[:7])
    append(tmp_path, "late", alerts(40))
    before = rows(tmp_path)
    # Ten of the forty are new; the month has the others.
    assert close(tmp_path, NIGHT).catalog.rows == 10
    assert rows(tmp_path) == before
    append(tmp_path, "again", alerts(30))
    close(tmp_path, NIGHT)
    assert rows(tmp_path) == before
    assert compact(tmp_path, NIGHT[:7]).rows == 40
    assert rows(tmp_path) == before


def test_when_the_month_has_all_of_it_no_catalog_is_made(tmp_path):
    append(tmp_path, "one", alerts(30))
    close(tmp_path, NIGHT)
    compact(tmp_path, NIGHT[:7])
    append(tmp_path, "again", alerts(30))
    assert close(tmp_path, NIGHT).catalog is None
    assert waiting_nights(tmp_path) == ()
    assert len(candids(tmp_path)) == 30


@given(order=st.permutations(range(4)), closed_after=st.integers(0, 4))
@settings(max_examples=8)
def test_the_order_of_batches_does_not_matter(tmp_path_factory, order, closed_after):
    given = [
        alerts(12, seed=5, first=number * 8, dec=([-90.0, 90.0] * 18)[number * 8 :][:12])
        for number in range(4)
    ]
    expected, folder = (tmp_path_factory.mktemp("a") for _ in range(2))
    for number in range(4):
        append(expected, f"b{number}", given[number])
    for place, number in enumerate(order):
        append(folder, f"b{number}", given[number])
        if place + 1 == closed_after:
            close(folder, NIGHT)
    assert candids(folder) == candids(expected)
    close(expected, NIGHT)
    close(folder, NIGHT)
    assert candids(folder) == candids(expected)


def test_only_one_closes_at_a_time(tmp_path):
    append(tmp_path, "one", alerts(3))
    with sole_writer(tmp_path), pytest.raises(ArchiveBusy, match="another process"):
        close(tmp_path, NIGHT)
    assert close(tmp_path, NIGHT).batches == 1


def test_a_batch_that_cannot_be_read_is_named_and_stays(tmp_path):
    append(tmp_path, "good", alerts(3))
    bad = tmp_path / "incoming" / NIGHT / "bad.parquet"
    bad.write_bytes(b"PAR1 is not enough")
    closed = close(tmp_path, NIGHT)
    assert closed.catalog.rows == 3
    assert "bad.parquet is no Parquet file" in closed.faults[0]
    assert bad.exists()


def test_a_catalog_with_a_damaged_file_is_not_made_into_another(tmp_path):
    append(tmp_path, "one", alerts(30))
    catalog = close(tmp_path, NIGHT).catalog
    (tmp_path / catalog.parts[0].path).unlink()
    append(tmp_path, "late", alerts(40))
    with pytest.raises(FileFault, match="is missing"):
        close(tmp_path, NIGHT)
    assert live(tmp_path).manifest.catalogs == (catalog,)


def test_who_asks_meanwhile_sees_the_night_before_or_after(tmp_path):
    append(tmp_path, "first", alerts(10))
    written, seen = [10], []
    over = threading.Event()

    def write():
        for number in range(1, 16):
            append(tmp_path, f"b{number}", alerts(10, first=number * 10))
            written.append(10 * (number + 1))
            close(tmp_path, NIGHT)
            if number % 4 == 0:
                compact(tmp_path, NIGHT[:7])
        over.set()

    thread = threading.Thread(target=write)
    thread.start()
    while not over.is_set():
        before = written[-1]
        found = candids(tmp_path)
        assert len(found) == len(set(found))
        # The one batch that was being written may be there.
        assert before <= len(found) <= written[-1] + 10
        seen.append(len(found))
    thread.join()
    assert len(candids(tmp_path)) == 160
    assert len(set(seen)) > 1


def test_other_nights_are_left_alone(tmp_path):
    append(tmp_path, "one", alerts(3))
    append(tmp_path, "two", alerts(3, night=NEXT, first=3))
    close(tmp_path, NIGHT)
    assert waiting_nights(tmp_path) == (NEXT,)


def test_who_asks_just_before_the_first_night_is_closed_finds_no_list_lost(tmp_path, monkeypatch):
    append(tmp_path, "one", alerts(3))
    look = manifest.catalog_folders

    def look_after_the_close(folder):
        monkeypatch.undo()
        close(folder, NIGHT)
        return look(folder)

    monkeypatch.setattr(manifest, "catalog_folders", look_after_the_close)
    assert len(candids(tmp_path)) == 3
