"""What goes, and that it is said before it goes."""

import pytest

from counterparts.archive.storage.close import close
from counterparts.archive.storage.compact import compact
from counterparts.archive.storage.incoming import append
from counterparts.archive.storage.live import live
from counterparts.archive.storage.retention import Retention, remove, to_remove
from counterparts.archive.storage.sweep import sweep
from tests.counterparts.archive.made import alerts, candids

NIGHTS = ("2026-10-30", "2026-11-01", "2026-11-20")


@pytest.fixture
def folder(tmp_path):
    for number, night in enumerate(NIGHTS):
        append(tmp_path, night, alerts(10, night=night, first=number * 10))
        close(tmp_path, night)
    return tmp_path


def periods(folder, retention, present="2026-11-21"):
    return [one.period for one in to_remove(live(folder).manifest, retention, present)]


def test_nothing_goes_where_nothing_is_said(folder):
    assert periods(folder, Retention()) == []


def test_what_is_too_old_goes(folder):
    assert periods(folder, Retention(days=20)) == [NIGHTS[0]]
    assert periods(folder, Retention(days=19)) == list(NIGHTS[:2])


def test_what_is_too_much_goes_the_oldest_first_and_the_latest_stays(folder):
    size = sum(one.size for one in live(folder).manifest.catalogs)
    assert periods(folder, Retention(size=size)) == []
    assert periods(folder, Retention(size=size - 1)) == [NIGHTS[0]]
    assert periods(folder, Retention(size=0)) == list(NIGHTS[:2])


def test_a_month_goes_with_its_last_night(folder):
    compact(folder, "2026-11")
    assert periods(folder, Retention(days=1)) == [NIGHTS[0]]
    assert periods(folder, Retention(days=0)) == [NIGHTS[0], "2026-11"]


def test_what_was_said_is_removed_and_nothing_else(folder):
    said = to_remove(live(folder).manifest, Retention(days=19), "2026-11-21")
    assert "older than 19 nights" in said[0].reason
    assert [one.rows for one in said] == [10, 10]
    assert len(candids(folder)) == 30
    assert remove(folder, said) == said
    assert candids(folder) == [str(1_000_020 + number) for number in range(10)]
    assert remove(folder, said) == ()


def test_what_was_compacted_meanwhile_is_left_alone(folder):
    said = to_remove(live(folder).manifest, Retention(days=19), "2026-11-21")
    compact(folder, "2026-11")
    assert [one.period for one in remove(folder, said)] == [NIGHTS[0]]
    assert len(candids(folder)) == 20


def test_files_go_when_nobody_can_still_read_them(folder):
    now = live(folder).manifest.leftovers[0].since
    remove(folder, to_remove(live(folder).manifest, Retention(days=20), "2026-11-21"), now=now)
    (old,) = (folder / "catalogs").glob(f"{NIGHTS[0]}.*")
    sweep(folder, grace=3600, now=now + 3599)
    assert old.exists()
    assert f"catalogs/{old.name}" in sweep(folder, grace=3600, now=now + 3600)
    assert not old.exists()
    assert old.name not in str(live(folder).manifest.leftovers)
    assert len(candids(folder)) == 20


def test_nothing_outside_of_the_archive_is_swept(folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "kept").write_text("kept")
    place = folder / "manifest.json"
    path = f"catalogs/../../{outside.name}/kept"
    place.write_text(
        place.read_text().replace('"leftovers":[', f'"leftovers":[{{"path":"{path}","since":0}},')
    )
    (folder / "catalogs" / "link").symlink_to(outside)
    sweep(folder, grace=0)
    assert (outside / "kept").exists()
