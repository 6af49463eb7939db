"""Hostile maps cost a child process and no more: each is refused by name, and we go on."""

from __future__ import annotations

import gzip
import os
import time

import numpy as np
import psutil
import pytest

from planners.skymaps.circles import circle_skymap
from planners.skymaps.files import read_skymap
from planners.skymaps.skymap import SkyMap, SkyMapInvalid
from tests.planners.fits_files import flat_file, multiorder_file
from tests.planners.skymaps.test_files import FAULTS
from tests.planners.skymaps.test_fits_tables import GOOD, zipped_zeros
from tests.too_marshal.alerts import skymap_fits
from too_marshal.workflows.localizations.map_reader import ReadingLimits, describe, read_map, warm


@pytest.fixture(scope="module")
def good() -> bytes:
    warm()
    content = skymap_fits(sigma=4.0)
    read_map(content)
    return content


def noise(side: int) -> bytes:
    """A flat map no two pixels of which agree: the most work that its size allows."""
    random = np.random.default_rng(3)
    return flat_file(random.dirichlet(np.ones(12 * side * side)).astype("f4"), per_row=1024)


def hostile_maps() -> dict[str, tuple[bytes, str]]:
    """Files that are damaged, that lie, or that grow; with what is said of each."""
    real = multiorder_file(4 + np.arange(12), np.full(12, 1 / (4 * np.pi)))
    packed = gzip.compress(real)
    faulty = dict(FAULTS)
    faulty |= {
        f"{name}, gzipped": (gzip.compress(data), words) for name, (data, words) in FAULTS.items()
    }
    faulty |= {
        "a bomb": (zipped_zeros(GOOD, 256 << 20), "missing ORDERING|follow the table"),
        "a bomb of a map": (zipped_zeros(real, 256 << 20), "follow the table"),
        "cut short": (real[:5000], "truncated|no binary table|ends"),
        "gzip cut short": (packed[: len(packed) // 2], "truncated|damaged"),
        "gzip with a wrong sum": (packed[:-8] + bytes(4) + packed[-4:], "damaged"),
        "gzip of gzip": (gzip.compress(packed), "not a FITS file"),
        "zeros": (bytes(1 << 20), "not a FITS file"),
        "noise": (os.urandom(1 << 20), "not a FITS file|damaged"),
    }
    return faulty


def family_memory() -> int:
    """Resident bytes of this process and of every child that it has left."""
    me = psutil.Process()
    total = 0
    for process in [me, *me.children(recursive=True)]:
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def test_hostile_maps_are_refused_by_name_and_leave_nothing_behind(good):
    maps = hostile_maps()
    assert len(maps) >= 40
    before, children = family_memory(), len(psutil.Process().children(recursive=True))
    began = time.monotonic()
    for name, (data, words) in maps.items():
        with pytest.raises(SkyMapInvalid, match=words):
            read_map(data)
        assert name
    seconds = (time.monotonic() - began) / len(maps)
    growth = family_memory() - before
    assert read_map(good).columns["area_90"] == pytest.approx(231, rel=0.03)
    assert len(psutil.Process().children(recursive=True)) == children
    assert growth < 64 << 20
    print(
        f"\n{len(maps)} hostile maps refused by name, {1000 * seconds:.0f} ms each;"
        f" memory {before / 2**20:.0f} MiB before, {growth / 2**20:+.1f} MiB after"
    )


def test_what_a_child_reads_is_what_we_would_have_read(good):
    facts = read_map(good)
    own = describe(read_skymap(good))
    assert facts.columns == own.columns
    assert facts.prepared == own.prepared
    assert SkyMap.from_bytes(facts.prepared).area(0.9).value == pytest.approx(
        facts.columns["area_90"]
    )


def test_too_much_memory_is_refused(good):
    assert good
    with pytest.raises(SkyMapInvalid, match=r"over 0.5 GiB of memory"):
        read_map(noise(512), ReadingLimits(memory=1 << 29))


def test_too_much_work_is_refused(good):
    assert good
    with pytest.raises(SkyMapInvalid, match="over 1 s of processor time"):
        read_map(noise(512), ReadingLimits(processor=1))


def test_too_long_is_refused(good):
    began = time.monotonic()
    with pytest.raises(SkyMapInvalid, match=r"over 0\.05 s"):
        read_map(noise(512), ReadingLimits(seconds=0.05))
    assert time.monotonic() - began < 200
    assert read_map(good)


def test_a_circle_needs_no_child():
    from astropy import units as u  # noqa: PLC0415

    facts = describe(circle_skymap(150 * u.deg, 40 * u.deg, 5 * u.deg, 0.9))
    assert facts.columns["area_90"] == pytest.approx(np.pi * 25, rel=0.03)
    assert facts.columns["distance_mean"] is None
