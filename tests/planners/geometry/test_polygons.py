from __future__ import annotations

import healpy
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from planners.geometry.polygons import circumradius, inward_normals, unit_vectors
from planners.geometry.ranges import Ranges
from tests.planners.oracles import polygon_ranges
from tests.strategies import angles, positions

SHAPES = {
    "a square on the equator": ([10, 17, 17, 10], [-3, -3, 4, 4]),
    "across the meridian of zero": ([355, 5, 5, 355], [20, 20, 30, 30]),
    "around the north pole": ([0, 90, 180, 270], [80, 82, 84, 86]),
    "a sliver": ([100, 160, 130], [10, 40, 26]),
    "wide": ([0.1, 80, 80, 0.1], [-60, -60, 60, 60]),
    "small": ([50, 50.02, 50.02, 50], [-45, -45, -44.99, -44.99]),
}


def polygon(name: str) -> SkyCoord:
    ra, dec = SHAPES[name]
    return SkyCoord(ra * u.deg, dec * u.deg)


def spherical_excess(corners: np.ndarray) -> float:
    """Area of a spherical polygon by Girard's theorem, sr."""
    total = 0.0
    n = len(corners)
    for i in range(n):
        a, b, c = corners[i - 1], corners[i], corners[(i + 1) % n]
        to_a, to_c = np.cross(b, a), np.cross(b, c)
        total += np.arctan2(np.linalg.norm(np.cross(to_a, to_c)), to_a @ to_c)
    return total - (n - 2) * np.pi


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("sense", [1, -1])
def test_cells_are_healpys(name, sense):
    order = 15 if name == "small" else 8
    vertices = polygon(name)[::sense]
    expected = healpy.query_polygon(1 << order, unit_vectors(vertices), inclusive=False, nest=True)
    assert np.array_equal(polygon_ranges(vertices, order).cells(order), np.sort(expected))


@pytest.mark.parametrize("name", SHAPES)
def test_area_is_girards(name):
    exact = spherical_excess(unit_vectors(polygon(name))) * u.sr
    assert u.isclose(
        polygon_ranges(polygon(name), 20 if name == "small" else 13).area, exact, rtol=2e-3
    )


def test_many_polygons_are_their_union():
    one, two = polygon("a square on the equator"), polygon("across the meridian of zero")
    both = SkyCoord(np.stack([one.ra, two.ra]), np.stack([one.dec, two.dec]))
    expected = polygon_ranges(one, 7).union(polygon_ranges(two, 7))
    result = polygon_ranges(both, 7)
    assert np.array_equal(result.lo, expected.lo)
    assert np.array_equal(result.hi, expected.hi)


@pytest.mark.parametrize(
    ("ra", "dec", "fault"),
    [
        ([0, 10, 5, 10], [0, 0, 5, 10], "not convex"),
        ([0, 10, 10, 0], [0, 10, 0, 10], "not convex"),
        ([0, 10, 10], [0, 0, 0], "coincide"),
        ([0, 10, 20], [0, 0, 0], "not convex"),
        ([0, 90, 180, 270], [0, 0, 0, 0], "hemisphere"),
    ],
)
def test_what_is_no_convex_polygon_is_refused(ra, dec, fault):
    with pytest.raises(ValueError, match=fault):
        polygon_ranges(SkyCoord(ra * u.deg, dec * u.deg), 5)


@settings(max_examples=40)
@given(positions(), angles(0.001, 40), st.integers(3, 8))
def test_a_finer_order_only_moves_the_boundary(center, radius, n):
    turns = np.arange(n) * 360 / n * u.deg
    vertices = center.directional_offset_by(turns, radius * u.deg)
    order = max(2, int(np.log2(58.6 / radius)) + 3)
    coarse, fine = polygon_ranges(vertices, order), polygon_ranges(vertices, order + 3)
    moved = coarse.union(fine).difference(coarse.intersection(fine)).area
    length = n * 2 * radius * np.sin(np.pi / n) * u.deg
    assert moved <= length * 2 * circumradius(order) * u.rad
    corners = inward_normals(unit_vectors(vertices))
    assert corners.shape == (n, 3)


def test_no_cell_reaches_beyond_its_circumradius():
    for order in range(7):
        nside = 1 << order
        cell = np.arange(12 * nside**2)
        center = np.stack(healpy.pix2vec(nside, cell, nest=True), axis=-1)
        corner = healpy.boundaries(nside, cell, step=4, nest=True)
        farthest = np.arccos(np.einsum("ki,kij->kj", center, corner).min())
        assert farthest <= circumradius(order)


def test_an_empty_answer_is_a_region():
    tiny = SkyCoord([50, 50.0001, 50.0001] * u.deg, [0, 0, 0.0001] * u.deg)
    assert isinstance(polygon_ranges(tiny, 4), Ranges)
    assert polygon_ranges(tiny, 4).area == 0 * u.deg**2
