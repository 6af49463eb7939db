"""Killed at every step: nothing is lost, nothing is there twice, and it can be done again."""

import shutil
import subprocess
import sys

import pytest

from counterparts.archive.storage.close import close
from counterparts.archive.storage.compact import compact
from counterparts.archive.storage.incoming import append
from counterparts.archive.storage.live import live
from counterparts.archive.storage.sweep import sweep
from tests.conftest import ROOT
from tests.counterparts.archive.killed import act
from tests.counterparts.archive.made import NEXT, NIGHT, alerts, candids, rows


def near(n, **others):
    """All in one cell: each file more is some steps more to be killed at."""
    return alerts(n, ra=[10.0] * n, dec=[80.0 + number / 100 for number in range(n)], **others)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A closed night with batches that came late, and another closed night of the month."""
    folder = tmp_path_factory.mktemp("base")
    append(folder, "one", near(40))
    close(folder, NIGHT)
    append(folder, "next", near(20, night=NEXT, first=500))
    close(folder, NEXT)
    append(folder, "late", near(20, first=100))
    append(folder, "again", near(40))
    return folder


def copies(what, base, tmp_path):
    """Archives that something was done to, until it was killed: one for each of its steps."""
    out = tmp_path / what
    out.mkdir()
    subprocess.run(
        [sys.executable, "-m", "tests.counterparts.archive.killed", what, str(base), str(out)],
        check=True, cwd=ROOT,
    )  # fmt: skip
    return sorted(out.iterdir())


def test_a_batch_is_there_whole_or_not_at_all(base, tmp_path):
    folders = copies("append", base, tmp_path)
    before = len(candids(base))
    counts = [len(candids(folder)) for folder in folders]
    assert set(counts) == {before, before + 30}
    assert len(folders) >= 3
    for folder in folders:
        append(folder, "new", alerts(30, seed=9, first=900))
        assert len(candids(folder)) == before + 30


def test_killed_at_any_step_the_first_night_is_closed_by_who_comes_next(tmp_path):
    base = tmp_path / "base"
    append(base, "one", near(40))
    before = rows(base)
    folders = copies("close", base, tmp_path)
    assert len(folders) > 5
    for folder in folders:
        assert rows(folder) == before
        close(folder, NIGHT)
        assert rows(folder) == before


@pytest.mark.parametrize("what", ["close", "compact", "sweep"])
def test_killed_at_any_step_it_changes_no_answer_and_can_be_done_again(what, base, tmp_path):
    before = rows(base)
    folders = copies(what, base, tmp_path)
    assert len(folders) > 5
    for folder in folders:
        assert rows(folder) == before
        act(what, folder)
        assert rows(folder) == before
        # What was left behind by who was killed goes.
        close(folder, NIGHT)
        compact(folder, NIGHT[:7])
        sweep(folder, grace=0)
        (catalog,) = live(folder).manifest.catalogs
        assert [path.name for path in (folder / "catalogs").iterdir()] == [catalog.name]
        assert not list(folder.rglob(".unfinished*"))
        assert rows(folder) == before
        shutil.rmtree(folder)
