"""A poisoned archive: each fault is named, and hides nothing else."""

import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from counterparts.archive.errors import FileFault, ManifestFault
from counterparts.archive.queries.conditions import Where
from counterparts.archive.queries.query import Archive
from counterparts.archive.queries.sql import ask
from counterparts.archive.storage.close import close
from counterparts.archive.storage.compact import compact
from counterparts.archive.storage.incoming import append
from counterparts.archive.storage.live import live
from counterparts.archive.storage.manifest import write_manifest
from counterparts.archive.storage.rebuild import rebuilt_manifest
from tests.counterparts.archive.made import NEXT, NIGHT, alerts, candids


@pytest.fixture
def folder(tmp_path):
    """Two nights of ten alerts around the pole, in one file each."""
    for night, first in ((NIGHT, 0), (NEXT, 10)):
        place = {"ra": [10.0] * 10, "dec": [80.0 + number / 10 for number in range(10)]}
        append(tmp_path, night, alerts(10, night=night, first=first, **place))
        close(tmp_path, night)
    return tmp_path


def part(folder, night=NIGHT):
    (catalog,) = (one for one in live(folder).manifest.catalogs if one.period == night)
    return folder / catalog.parts[0].path


def found(folder):
    answer = Archive(folder).query(Where())
    return len(answer.table()), " ".join(answer.faults)


@pytest.mark.parametrize(
    ("poison", "said"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_bytes(b"no Parquet"), "is no Parquet file"),
        (lambda path: path.write_bytes(b""), "is no Parquet file"),
        (lambda path: path.write_bytes(path.read_bytes()[:-20]), "is no Parquet file"),
        (lambda path: pq.write_table(pa.table({"a": [1]}), path), "has not the columns"),
        (lambda path: (path.unlink(), path.mkdir()), "is no file"),
        (lambda path: (path.unlink(), path.symlink_to("/etc/passwd")), "leads out of its folder"),
        (lambda path: pq.write_table(pq.read_table(path).slice(1), path), "not the file that was"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_hides_no_other_night(folder, poison, said):
    poison(part(folder))
    count, faults = found(folder)
    assert count == 10
    assert said in faults
    assert NIGHT in faults
    assert str(folder) not in faults
    answer = ask(Archive(folder), "SELECT count(*) AS n FROM alerts")
    assert answer.table()["n"].to_pylist() == [10]
    assert said in answer.faults[0]


def test_a_folder_that_is_a_link_is_not_followed(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "moved"
    dataset = part(folder).parents[2]
    shutil.move(dataset, elsewhere)
    dataset.symlink_to(elsewhere)
    assert found(folder)[0] == 10


def test_damage_within_a_file_is_said_when_it_is_met(folder):
    path = part(folder)
    content = bytearray(path.read_bytes())
    content[4:2000] = b"\xff" * 1996
    path.write_bytes(content)
    with pytest.raises(FileFault, match="damaged") as fault:
        found(folder)
    assert str(folder) not in str(fault.value)


def test_a_poisoned_batch_hides_no_other(folder):
    append(folder, "good", alerts(3, first=50))
    incoming = folder / "incoming" / NIGHT
    (incoming / "link.parquet").symlink_to("/etc/passwd")
    (incoming / "text.parquet").write_text("no")
    (incoming / ".unfinished-x.parquet").write_text("no")
    (folder / "incoming" / "no-night").mkdir()
    count, faults = found(folder)
    assert count == 23
    assert "link.parquet leads out" in faults
    assert "text.parquet is no Parquet" in faults


@pytest.mark.parametrize("text", ["", "{", "[]", '{"catalogs": [{"name": 1}]}'])
def test_a_list_that_cannot_be_read_is_said_to_be(folder, text):
    (folder / "manifest.json").write_text(text)
    with pytest.raises(ManifestFault, match="cannot be read"):
        found(folder)


def test_a_lost_list_is_no_empty_archive_and_can_be_made_anew(folder):
    append(folder, "late", alerts(10, ra=[10.0] * 10, dec=[81.0] * 10, first=30))
    close(folder, NIGHT)
    compact(folder, NIGHT[:7])
    append(folder, "waits", alerts(5, first=70))
    before = candids(folder)
    manifest = live(folder).manifest
    (folder / "manifest.json").unlink()
    with pytest.raises(ManifestFault, match="missing"):
        found(folder)
    made, unreadable = rebuilt_manifest(folder, now=0.0)
    assert unreadable == ()
    assert made.catalogs == manifest.catalogs
    write_manifest(folder, made)
    assert candids(folder) == before


def test_a_catalog_without_an_entry_is_named_when_the_list_is_made_anew(folder):
    (part(folder).parents[3] / "entry.json").write_text("{}")
    made, unreadable = rebuilt_manifest(folder, now=0.0)
    assert [one.period for one in made.catalogs] == [NEXT]
    assert unreadable[0].startswith(NIGHT)


def test_an_empty_folder_is_an_empty_archive(tmp_path):
    assert found(tmp_path / "nothing") == (0, "")
    assert ask(Archive(tmp_path), "SELECT count(*) AS n FROM alerts").table()["n"][0].as_py() == 0
