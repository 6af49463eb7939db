"""Compacting a month changes no answer."""

from hypothesis import given, settings
from hypothesis import strategies as st

from counterparts.archive.queries.conditions import Where
from counterparts.archive.queries.cones import Cone
from counterparts.archive.storage.close import close
from counterparts.archive.storage.compact import compact, months_to_compact
from counterparts.archive.storage.incoming import append
from counterparts.archive.storage.live import live
from tests.counterparts.archive.made import NEXT, NIGHT, alerts, candids, rows


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 9))
@settings(max_examples=10)
def test_no_answer_changes(tmp_path_factory, first, second, max_rows):
    folder = tmp_path_factory.mktemp("a")
    append(folder, "one", alerts(first))
    append(folder, "two", alerts(second, night=NEXT, first=100))
    close(folder, NIGHT)
    close(folder, NEXT)
    append(folder, "late", alerts(10, first=20))
    wide = Where(cone=Cone(180.0, 0.0, 3600 * 80.0))
    before, near = rows(folder), candids(folder, wide)
    compact(folder, NIGHT[:7], max_rows)
    assert rows(folder) == before
    assert candids(folder, wide) == near


def test_a_month_is_made_of_its_nights_and_of_itself(tmp_path):
    append(tmp_path, "one", alerts(5))
    close(tmp_path, NIGHT)
    first = compact(tmp_path, NIGHT[:7])
    assert compact(tmp_path, NIGHT[:7]) == first
    append(tmp_path, "two", alerts(5, night=NEXT, first=5))
    close(tmp_path, NEXT)
    second = compact(tmp_path, NIGHT[:7])
    assert second.nights == (NIGHT, NEXT)
    assert live(tmp_path).manifest.catalogs == (second,)


def test_of_a_month_without_nights_nothing_is_made(tmp_path):
    assert compact(tmp_path, "2026-11") is None


def test_months_that_are_over_are_to_be_compacted(tmp_path):
    append(tmp_path, "one", alerts(5))
    append(tmp_path, "two", alerts(5, night="2026-12-01", first=5))
    close(tmp_path, NIGHT)
    close(tmp_path, "2026-12-01")
    manifest = live(tmp_path).manifest
    assert months_to_compact(manifest, "2026-11-30") == ()
    assert months_to_compact(manifest, "2026-12-02") == ("2026-11",)
