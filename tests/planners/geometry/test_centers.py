"""Centers of cells and of ranges of cells."""

import astropy_healpix
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from planners.geometry.centers import largest_cells, middle_of, range_centers
from planners.geometry.directions import sky_coord
from planners.geometry.ranges import HIGHEST_ORDER, SKY_END, Ranges, hpx29
from tests.strategies import regions

CELLS = st.integers(0, HIGHEST_ORDER).flatmap(
    lambda order: st.tuples(st.just(order), st.integers(0, (12 << (2 * order)) - 1))
)


def range_of(order, cell):
    shift = 2 * (HIGHEST_ORDER - order)
    return np.array([cell << shift]), np.array([(cell + 1) << shift])


@given(CELLS)
def test_the_center_of_any_cell_is_astropy_healpix_s(cell):
    order, index = cell
    expected = astropy_healpix.healpix_to_xyz(index, 1 << order, order="nested")
    for center in (range_centers(*range_of(order, index))[0], middle_of(*range_of(order, index))):
        assert_allclose(center, expected, atol=1e-15)


@given(st.lists(st.integers(0, SKY_END), min_size=2, max_size=12, unique=True).map(sorted))
def test_ranges_are_made_up_of_their_cells(edges):
    pairs = edges[: len(edges) // 2 * 2]
    lo, hi = np.array(pairs[::2]), np.array(pairs[1::2])
    order, cell, owner = largest_cells(lo, hi)
    shift = 2 * (HIGHEST_ORDER - order)
    first, end = cell << shift, (cell + 1) << shift
    assert np.all((lo[owner] <= first) & (end <= hi[owner]))
    assert (end - first).sum() == (hi - lo).sum()
    united = Ranges.of(first, end)
    assert (united.lo.tolist(), united.hi.tolist()) == (
        Ranges.of(lo, hi).lo.tolist(), Ranges.of(lo, hi).hi.tolist(),
    )  # fmt: skip


@given(regions(4))
def test_the_middle_of_any_region_lies_within(region):
    if len(region):
        assert region.contains(hpx29(sky_coord(middle_of(region.lo, region.hi))))
