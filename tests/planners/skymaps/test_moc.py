"""A MOC in each of its forms is the region that the library of the IVOA says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mocpy import MOC

from planners.geometry.ranges import Ranges
from planners.skymaps.checks import SkyMapInvalid
from planners.skymaps.circles import region_skymap
from planners.skymaps.moc import read_moc

CELLS = st.lists(
    st.integers(0, 12).flatmap(
        lambda order: st.tuples(st.just(order), st.integers(0, 12 * 4**order - 1))
    ),
    min_size=1,
    max_size=30,
)


def moc_of(cells: list[tuple[int, int]]) -> MOC:
    orders, numbers = np.array(cells).T
    return MOC.from_healpix_cells(
        ipix=numbers.astype(np.uint64), depth=orders.astype(np.uint8), max_depth=12
    )


@given(CELLS)
def test_text_and_json_give_the_cells_that_were_written(cells: list[tuple[int, int]]):
    moc = moc_of(cells)
    wanted = Ranges.empty()
    for order, number in cells:
        wanted = wanted.union(Ranges.of_cells(order, [number]))
    for form in ("ascii", "json"):
        region = read_moc(moc.to_string(format=form).encode())
        assert np.array_equal(region.lo, wanted.lo)
        assert np.array_equal(region.hi, wanted.hi)


def test_a_fits_file_gives_the_same_region(tmp_path: Path):
    moc = moc_of([(3, 5), (3, 6), (8, 700_000)])
    moc.save(tmp_path / "region.fits", format="fits")
    region = read_moc((tmp_path / "region.fits").read_bytes())
    assert region.area.to_value("deg2") == pytest.approx(moc.sky_fraction * 41252.96125)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"1/99", b"{", b'{"1": []}', b"SIMPLE  = no file", b"\xff", b"30/1"]
)
def test_what_is_no_moc_is_refused(content: bytes):
    with pytest.raises(SkyMapInvalid, match="MOC"):
        read_moc(content)


@given(CELLS, st.floats(0.05, 1))
def test_a_region_holds_the_stated_probability(cells: list[tuple[int, int]], containment: float):
    region = read_moc(moc_of(cells).to_string().encode())
    skymap = region_skymap(region, containment, {})
    held = skymap.probability_in(region)
    assert held == pytest.approx(1 if region.area.to_value("deg2") > 41252 else containment)


@pytest.mark.parametrize("containment", [0, 1.2])
def test_a_containment_that_is_none_is_refused(containment: float):
    with pytest.raises(SkyMapInvalid, match="containment"):
        region_skymap(Ranges.of_cells(1, [1]), containment, {})
