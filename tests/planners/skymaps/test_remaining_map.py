from __future__ import annotations

import gzip
import io

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from ligo.skymap import moc
from ligo.skymap.io.fits import read_sky_map

from planners import Ranges, SkyMap, SkyMapInvalid, circle_skymap, read_skymap
from planners.geometry.ranges import HIGHEST_ORDER, SKY_END
from planners.skymaps.remaining_map import (
    cells_of,
    multiorder_file,
    remaining,
    write_multiorder,
)
from tests.planners.fits_files import patched
from tests.strategies import skymaps

SKYMAP = circle_skymap(150 * u.deg, 20 * u.deg, 5 * u.deg, containment=0.9)


@settings(max_examples=25)
@given(
    st.lists(st.integers(0, SKY_END), min_size=2, max_size=40, unique=True).filter(
        lambda edges: len(edges) % 2 == 0
    )
)
def test_cells_fill_their_ranges_and_nothing_else(edges):
    lo, hi = np.array(sorted(edges), dtype=np.int64).reshape(-1, 2).T
    owner, order, cell = cells_of(lo, hi)
    shift = 2 * (HIGHEST_ORDER - order)
    first, end = cell << shift, (cell + 1) << shift
    assert np.all((first >= lo[owner]) & (end <= hi[owner]))
    filled = np.zeros(len(lo), dtype=np.int64)
    np.add.at(filled, owner, end - first)
    assert filled.tolist() == (hi - lo).tolist()
    joined = Ranges.of(first, end)
    assert len(joined) == len(Ranges.of(lo, hi))
    # No four that could be one.
    parent = np.stack([order - 1, cell >> 2, owner])[:, order > 0]
    _, count = np.unique(parent, axis=1, return_counts=True)
    assert count.size == 0 or count.max() < 4


@settings(max_examples=8)
@given(skymaps(), st.integers(0, 11))
def test_both_readers_find_what_is_left_and_no_more(tmp_path_factory, skymap, base):
    observed = Ranges.of_cells(0, [base]).union(skymap.region(0.3))
    left = remaining(skymap, observed)
    covered = skymap.probability_in(observed)
    if 1 - covered < 1e-6:
        return
    path = tmp_path_factory.mktemp("left") / "left.fits.gz"
    write_multiorder(left, path, "of a test")
    table = read_sky_map(path, moc=True)
    order, _ = moc.uniq2nest(table["UNIQ"])
    area = 4 * np.pi / 12 / 4.0**order
    assert area.sum() == pytest.approx(4 * np.pi)
    assert float(np.sum(table["PROBDENSITY"] * area)) == pytest.approx(1 - covered, abs=1e-6)
    ours = read_skymap(path)
    assert ours.metadata["probability_sum"] == pytest.approx(1 - covered, abs=1e-6)
    assert ours.probability_in(observed) == 0
    assert ours.probability_in(Ranges.sky()) == pytest.approx(1)


def test_the_header_says_what_the_file_is():
    left = remaining(SKYMAP, SKYMAP.region(0.5))
    data = multiorder_file(left, "What is left of a test")
    header = fits.getheader(io.BytesIO(gzip.decompress(data)), 1)
    assert header["ORDERING"] == "NUNIQ"
    assert header["COORDSYS"] == "C"
    assert header["TUNIT2"] == "sr-1"
    assert header["PROBSUM"] == pytest.approx(float(left.probability.sum()))
    assert "not scaled" in header.comments["PROBSUM"]
    assert header["COMMENT"][0] == "What is left of a test"
    assert multiorder_file(left, "What is left of a test") == data


def test_distances_stay_as_they_are():
    n = len(SKYMAP.lo)
    distance = (np.full(n, 100.0), np.full(n, 20.0), np.full(n, 1e-4))
    far = SkyMap.normalized((SKYMAP.lo, SKYMAP.hi), SKYMAP.density, distance)
    reread = read_skymap(multiorder_file(remaining(far, far.region(0.2)), "of a test"))
    assert set(reread.distmu) == {100.0}
    assert set(reread.distsigma) == {20.0}


def test_a_sum_that_is_not_the_stated_one_is_refused(tmp_path):
    path = tmp_path / "left.fits"
    write_multiorder(remaining(SKYMAP, SKYMAP.region(0.5)), path, "of a test")
    with pytest.raises(SkyMapInvalid, match=r"not 0\.9"):
        read_skymap(patched(path.read_bytes(), "PROBSUM", "PROBSUM =                  0.9"))
    with pytest.raises(SkyMapInvalid, match="not 1"):
        read_skymap(patched(path.read_bytes(), "PROBSUM", "PROBSUM =                  1.0"))
