from __future__ import annotations

import healpy
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from planners.geometry.ranges import (
    HIGHEST_ORDER,
    SKY_END,
    Ranges,
    consecutive,
    expand,
    hpx29,
    merged,
    overlaps,
    sorted_unique,
)
from tests.strategies import divisions, positions, regions

ORDER = 3
ALL = set(range(12 << (2 * ORDER)))


def as_set(region: Ranges) -> set[int]:
    """Cells of order 3 in a region that is made of whole ones."""
    shift = 2 * (HIGHEST_ORDER - ORDER)
    cells = set()
    for lo, hi in zip(region.lo.tolist(), region.hi.tolist(), strict=True):
        assert lo % (1 << shift) == hi % (1 << shift) == 0
        cells.update(range(lo >> shift, hi >> shift))
    return cells


def assert_canonical(region: Ranges) -> None:
    assert np.all(region.lo < region.hi)
    assert np.all(region.hi[:-1] < region.lo[1:])


@given(regions(), regions())
def test_operations_are_those_of_sets(a, b):
    for result, expected in (
        (a.union(b), as_set(a) | as_set(b)),
        (a.intersection(b), as_set(a) & as_set(b)),
        (a.difference(b), as_set(a) - as_set(b)),
        (a.complement(), ALL - as_set(a)),
    ):
        assert_canonical(result)
        assert as_set(result) == expected


@given(regions(), regions())
def test_area_is_additive(a, b):
    both = a.union(b).area + a.intersection(b).area
    assert u.isclose(a.area + b.area, both, atol=1e-9 * u.deg**2)


@given(regions(), st.lists(positions(), min_size=1, max_size=5))
def test_contains_agrees_with_the_cell_of_a_position(region, points):
    inside = as_set(region)
    for point in points:
        cell = healpy.ang2pix(1 << ORDER, point.ra.deg, point.dec.deg, nest=True, lonlat=True)
        assert region.contains(hpx29(point)) == (int(cell) in inside)


@given(positions())
def test_index_is_healpys(point):
    nside = 1 << HIGHEST_ORDER
    expected = healpy.ang2pix(nside, point.ra.deg, point.dec.deg, nest=True, lonlat=True)
    # The last bits hang on the rounding of a cosine: they are 0.4 milliarcseconds.
    ours = healpy.pix2vec(nside, int(hpx29(point)), nest=True)
    theirs = healpy.pix2vec(nside, int(expected), nest=True)
    assert np.linalg.norm(np.subtract(ours, theirs)) < 1e-7


def test_index_takes_any_frame_and_shape():
    points = SkyCoord([[10, 200], [30, 40]] * u.deg, [[-5, 5], [80, -80]] * u.deg)
    assert hpx29(points).shape == (2, 2)
    assert np.array_equal(hpx29(points.galactic) >> 20, hpx29(points) >> 20)


def test_contains_keeps_the_shape_and_knows_nowhere():
    index = np.arange(6).reshape(2, 3)
    assert not Ranges.empty().contains(index).any()
    assert Ranges.of([2], [4]).contains(index).tolist() == [
        [False, False, True],
        [True, False, False],
    ]


def test_the_sky_is_the_sky():
    assert u.isclose(Ranges.sky().area, 4 * np.pi * u.sr)
    assert len(Ranges.sky().complement()) == 0
    assert Ranges.empty().complement().hi.tolist() == [SKY_END]
    assert Ranges.empty().area == 0 * u.deg**2


@given(divisions(), regions())
def test_overlaps_are_every_common_piece(division, region):
    lo, hi = division
    piece_lo, piece_hi, index, other = overlaps(lo, hi, region.lo, region.hi)
    assert np.all(piece_lo < piece_hi)
    assert np.all((piece_lo >= lo[index]) & (piece_hi <= hi[index]))
    assert np.all((piece_lo >= region.lo[other]) & (piece_hi <= region.hi[other]))
    # The division is the whole sky, so the pieces make up the region.
    restored = Ranges.of(piece_lo, piece_hi)
    assert np.array_equal(restored.lo, region.lo)
    assert np.array_equal(restored.hi, region.hi)


@given(regions())
def test_cells_of_a_region_make_it_again(region):
    restored = Ranges.of_cells(ORDER, region.cells(ORDER))
    assert np.array_equal(restored.lo, region.lo)
    assert np.array_equal(restored.hi, region.hi)


def test_a_cell_coarser_than_the_region_belongs_where_it_begins():
    whole = 1 << (2 * HIGHEST_ORDER)
    assert Ranges.of([0], [5]).cells(0).tolist() == [0]
    assert Ranges.of([5], [whole]).cells(0).tolist() == []
    assert Ranges.of([5], [whole + 1]).cells(0).tolist() == [1]


@given(st.lists(st.integers(0, 5), max_size=8))
def test_expand_counts(count):
    owner, rank = expand(np.array(count, dtype=np.int64))
    expected = [(i, j) for i, n in enumerate(count) for j in range(n)]
    assert list(zip(owner.tolist(), rank.tolist(), strict=True)) == expected


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1)), max_size=20))
def test_consecutive_cells_are_runs(entries):
    cell = np.cumsum([step % 3 for step, _ in entries], dtype=np.int64)
    label = np.array([value for _, value in entries], dtype=np.int16)
    runs = [(i, i) for i in range(len(cell))]
    i = 1
    while i < len(runs):
        (first, before), (after, last) = runs[i - 1], runs[i]
        if cell[after] == cell[before] + 1 and label[after] == label[before]:
            runs[i - 1 : i + 1] = [(first, last)]
        else:
            i += 1
    bounds = consecutive(cell, label)
    assert list(zip(*(positions.tolist() for positions in bounds), strict=True)) == runs


@given(st.lists(st.integers(-3, 3), max_size=12))
def test_sorted_unique(values):
    assert sorted_unique(np.array(values, dtype=np.int64)).tolist() == sorted(set(values))


@pytest.mark.parametrize("hi", [[5, 3], [0, 2]])
def test_empty_ranges_vanish(hi):
    lo, hi = merged(np.array([5, 2]), np.array(hi))
    assert np.all(lo < hi)


@given(regions(), regions(), regions())
def test_union_of_many(a, b, c):
    assert as_set(a.union(b, c)) == as_set(a) | as_set(b) | as_set(c)
