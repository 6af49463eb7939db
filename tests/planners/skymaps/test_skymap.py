from __future__ import annotations

import json
from itertools import pairwise

import astropy_healpix
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from planners.geometry.ranges import CELL_AREA, HIGHEST_ORDER, SKY_END, Ranges, hpx29
from planners.skymaps.files import read_skymap
from planners.skymaps.skymap import SkyMap, SkyMapInvalid
from tests.planners.oracles import ligo_areas, ligo_skymap, ligo_table
from tests.strategies import positions, regions, skymaps

ORDER = 5
"""Deepest cells of the strategies."""


def raster(skymap: SkyMap) -> np.ndarray:
    """Probability of each pixel of order 5, by painting one range after another."""
    shift = 2 * (HIGHEST_ORDER - ORDER)
    pixels = np.zeros(12 << (2 * ORDER))
    for lo, hi, density in zip(skymap.lo >> shift, skymap.hi >> shift, skymap.density, strict=True):
        pixels[lo:hi] = density * CELL_AREA * 2.0**shift
    return pixels


def pixels_of(region: Ranges) -> np.ndarray:
    return region.cells(ORDER)


@given(skymaps())
def test_a_map_sums_to_one(skymap):
    assert skymap.probability.sum() == pytest.approx(1)
    assert np.all(skymap.density > 0)
    assert skymap.cumulative([0, SKY_END]) == pytest.approx([0, 1])


@given(skymaps())
def test_rasterizing_at_the_finest_order_paints_every_range(skymap):
    assert_allclose(skymap.rasterize(ORDER), raster(skymap), atol=1e-15)


@given(skymaps(), st.integers(0, 7))
def test_rasters_of_any_order_hold_the_same(skymap, order):
    coarse = skymap.rasterize(order)
    assert coarse.shape == (12 << (2 * order),)
    finest = skymap.rasterize(7)
    assert_allclose(coarse, finest.reshape(len(coarse), -1).sum(axis=1), atol=1e-15)


@given(skymaps(), st.lists(st.integers(0, SKY_END), min_size=2, max_size=20))
def test_the_cumulative_never_falls(skymap, index):
    index.sort()
    assert np.all(np.diff(skymap.cumulative(index)) >= -1e-15)


@given(skymaps(), regions(ORDER))
def test_probability_of_a_region_is_that_of_its_pixels(skymap, region):
    expected = raster(skymap)[pixels_of(region)].sum()
    assert skymap.probability_in(region) == pytest.approx(expected, abs=1e-12)


@given(skymaps(), regions(ORDER), regions(ORDER))
def test_probability_is_additive(skymap, a, b):
    both = skymap.probability_in(a.union(b)) + skymap.probability_in(a.intersection(b))
    assert skymap.probability_in(a) + skymap.probability_in(b) == pytest.approx(both, abs=1e-12)


@given(skymaps(), st.lists(regions(ORDER, most=4), min_size=1, max_size=4))
def test_many_regions_at_once(skymap, several):
    lo = np.concatenate([region.lo for region in several])
    hi = np.concatenate([region.hi for region in several])
    owner = np.repeat(np.arange(len(several)), [len(region) for region in several])
    expected = [skymap.probability_in(region) for region in several]
    result = skymap.probability_in_each(lo, hi, owner, len(several))
    assert result == pytest.approx(expected, abs=1e-12)


@given(skymaps(), st.floats(0.001, 0.999))
def test_a_credible_region_is_the_smallest_that_holds_its_level(skymap, level):
    region = skymap.region(level)
    held = skymap.probability_in(region)
    assert held >= level - 1e-8
    assert u.isclose(skymap.area(level), region.area)
    # Without the least dense of what is inside, it would hold too little.
    inside = np.isin(np.arange(12 << (2 * ORDER)), pixels_of(region))
    pixels = raster(skymap)
    least = pixels[inside].min()
    assert np.all(pixels[~inside] < least)
    assert pixels[pixels > least].sum() < level


@given(skymaps())
def test_regions_are_nested_and_end_in_everything(skymap):
    levels = [0.1, 0.5, 0.9, 0.99, 1.0]
    nested = [skymap.region(level) for level in levels]
    for inner, outer in pairwise(nested):
        assert len(inner.difference(outer)) == 0
    assert skymap.probability_in(nested[-1]) == pytest.approx(1)
    assert np.all(nested[-1].contains(skymap.lo))


@given(skymaps(), st.lists(positions(), min_size=1, max_size=4), st.floats(0.01, 0.99))
def test_a_position_is_inside_when_its_level_is_lower(skymap, points, level):
    points = SkyCoord(points)
    levels = skymap.credible_level_at(points)
    margin = np.abs(levels - level) > 1e-6
    assert np.array_equal(
        (levels < level)[margin], skymap.region(level).contains(hpx29(points))[margin]
    )
    nothing = skymap.density_at(points) == 0
    assert np.all(levels[nothing] == 1)


def uniform_cap() -> SkyMap:
    cells = np.arange(40, 60)
    shift = 2 * (HIGHEST_ORDER - 2)
    return SkyMap.normalized((cells << shift, (cells + 1) << shift), np.ones(20))


def test_ties_are_one_group():
    skymap = uniform_cap()
    assert np.all(skymap.credible_levels == 0)
    for level in (0.01, 0.5, 0.9):
        assert skymap.region(level).cells(2).tolist() == list(range(40, 60))


def test_a_level_that_is_reached_exactly_is_not_below_itself():
    shift = 2 * (HIGHEST_ORDER - 1)
    cells = np.arange(48)
    density = np.where(cells < 9, 1.0, 1e-3)
    density[:9] *= 0.9 / density[:9].sum()
    density[9:] *= 0.1 / density[9:].sum()
    skymap = SkyMap.normalized((cells << shift, (cells + 1) << shift), density)
    assert skymap.region(0.9).cells(1).tolist() == list(range(9))


def test_the_peak_lies_in_the_densest_range():
    shift = 2 * (HIGHEST_ORDER - 8)
    cells = np.array([5, 1000, 700_000])
    skymap = SkyMap.normalized((cells << shift, (cells + 1) << shift), np.array([1.0, 5.0, 2.0]))
    peak = skymap.peak()
    assert int(hpx29(peak)) >> shift == 1000
    assert skymap.density_at(peak) == pytest.approx(5 / 8 / (CELL_AREA * 2.0**shift))


@given(st.integers(0, 29), st.floats(0, 1, exclude_max=True))
def test_the_peak_of_one_cell_is_its_center(order, place):
    index = int(place * (12 << (2 * order)))
    shift = 2 * (HIGHEST_ORDER - order)
    ranges = np.array([index << shift]), np.array([(index + 1) << shift])
    skymap = SkyMap.normalized(ranges, np.ones(1))
    lon, lat = astropy_healpix.healpix_to_lonlat(index, 1 << order, order="nested")
    assert skymap.peak().separation(SkyCoord(lon, lat)) < 1e-6 * u.arcsec


@given(skymaps())
def test_the_peak_of_any_map_lies_where_it_is_densest(skymap):
    assert skymap.density_at(skymap.peak()) == pytest.approx(skymap.density.max())


@given(skymaps(), regions(ORDER))
def test_what_is_taken_away_is_gone_and_the_rest_is_scaled(skymap, region):
    left = 1 - skymap.probability_in(region)
    if left < 1e-9:
        if len(Ranges.of(skymap.lo, skymap.hi).difference(region)) == 0:
            with pytest.raises(SkyMapInvalid, match="taken away"):
                skymap.without(region)
        return
    remaining = skymap.without(region)
    assert remaining.metadata["probability_left"] == pytest.approx(left)
    assert remaining.probability_in(region) == pytest.approx(0, abs=1e-12)
    expected = raster(skymap)
    expected[pixels_of(region)] = 0
    assert_allclose(remaining.rasterize(ORDER), expected / left, atol=1e-12)


@given(skymaps(distances=True), regions(ORDER))
def test_distances_stay_with_their_pixels(skymap, region):
    if skymap.probability_in(region) > 1 - 1e-9:
        return
    remaining = skymap.without(region)
    was = np.searchsorted(skymap.lo, remaining.lo, side="right") - 1
    assert np.array_equal(remaining.distmu, skymap.distmu[was])
    assert np.array_equal(remaining.distsigma, skymap.distsigma[was])
    assert np.array_equal(remaining.distnorm, skymap.distnorm[was])


@given(skymaps())
def test_the_prepared_form_gives_the_map_back(skymap):
    restored = SkyMap.from_bytes(skymap.to_bytes())
    for name in ("lo", "hi", "density", "distmu", "distsigma", "distnorm"):
        here, there = getattr(skymap, name), getattr(restored, name)
        assert (here is None) == (there is None)
        if here is not None:
            assert np.array_equal(here, there)
    assert restored.metadata == json.loads(json.dumps(dict(skymap.metadata)))


@settings(max_examples=30)
@given(skymaps(), st.data())
def test_a_damaged_prepared_form_is_refused_or_whole(skymap, data):
    prepared = bytearray(skymap.to_bytes())
    place = data.draw(st.integers(0, len(prepared) - 1))
    prepared[place] ^= data.draw(st.integers(1, 255))
    try:
        restored = SkyMap.from_bytes(bytes(prepared))
    except SkyMapInvalid:
        return
    assert np.array_equal(restored.lo, skymap.lo)


@pytest.mark.parametrize("junk", [b"", b"PK", b"\x93NUMPY", bytes(100)])
def test_what_was_never_prepared_is_refused(junk):
    with pytest.raises(SkyMapInvalid, match="not a prepared sky map"):
        SkyMap.from_bytes(junk)


def test_another_version_of_the_prepared_form_is_refused(monkeypatch):
    monkeypatch.setattr("planners.skymaps.store._FORMAT", 0)
    prepared = uniform_cap().to_bytes()
    monkeypatch.undo()
    with pytest.raises(SkyMapInvalid, match="another version"):
        SkyMap.from_bytes(prepared)


@pytest.mark.parametrize(
    ("density", "fault"),
    [
        ([np.nan, 1], "NaN"),
        ([np.inf, 1], "infinite"),
        ([-1, 2], "negative"),
        ([0, 0], "no pixel"),
    ],
)
def test_faults_of_density_are_named(density, fault):
    with pytest.raises(SkyMapInvalid, match=fault):
        SkyMap.normalized((np.array([0, 5]), np.array([5, 9])), np.array(density, dtype=float))


@pytest.mark.parametrize(
    ("lo", "hi", "fault"),
    [
        ([0, 4], [5, 9], "overlap"),
        ([0, 0], [5, 5], "overlap"),
        ([-1, 5], [5, 9], "outside"),
        ([0, 5], [5, SKY_END + 1], "outside"),
        ([0, 5], [5, 5], "outside"),
    ],
)
def test_faults_of_ranges_are_named(lo, hi, fault):
    with pytest.raises(SkyMapInvalid, match=fault):
        SkyMap.normalized((np.array(lo), np.array(hi)), np.ones(2))


def test_the_same_map_is_packed_into_the_same_bytes():
    assert uniform_cap().to_bytes() == uniform_cap().to_bytes()


@pytest.mark.parametrize("density", [1e308, 1e-320])
def test_a_sum_beyond_numbers_is_refused(density):
    with pytest.raises(SkyMapInvalid, match="sums to"):
        SkyMap.normalized(
            (np.array([0, 5]), np.array([5, SKY_END // 2 if density > 1 else 9])),
            np.full(2, density),
        )


def test_a_raster_that_would_not_fit_is_refused():
    with pytest.raises(ValueError, match="0 to 12"):
        uniform_cap().rasterize(13)


def test_a_pixel_finer_than_the_raster_is_shared_out():
    lo = np.array([10, SKY_END // 2 + 5])
    skymap = SkyMap.normalized((lo, lo + 3), np.array([1.0, 3.0]))
    pixels = skymap.rasterize(0)
    assert pixels[[0, 6]] == pytest.approx([0.25, 0.75])
    assert pixels.sum() == pytest.approx(1)


MULTIORDER = ["MS220722v_bayestar", "S230528ay_decoded", "userguide_MS181101ab_combined-ext"]


@pytest.mark.parametrize("name", MULTIORDER)
def test_a_real_map_is_ligo_skymaps(corpus, name):
    path = corpus / "skymaps" / "gw" / f"{name}.multiorder.fits"
    skymap, table = read_skymap(path.read_bytes()), ligo_table(path)["UNIQ", "PROBDENSITY"]
    levels = (0.5, 0.9)
    areas = u.Quantity([skymap.area(level) for level in levels])
    assert u.allclose(areas, ligo_areas(table, levels), rtol=0.01)
    theirs = ligo_skymap().rasterize(table, order=8)["PROB"]
    assert_allclose(skymap.rasterize(8), np.asarray(theirs), atol=1e-12)


def test_levels_of_positions_are_ligo_skymaps_searched_probability(corpus):
    path = corpus / "skymaps" / "gw" / "MS220722v_bayestar.multiorder.fits"
    skymap = read_skymap(path.read_bytes())
    random = np.random.default_rng(1)
    points = SkyCoord(
        random.uniform(0, 360, 300) * u.deg,
        np.degrees(np.arcsin(random.uniform(-1, 1, 300))) * u.deg,
    )
    table = ligo_table(path)["UNIQ", "PROBDENSITY"]
    searched = ligo_skymap().crossmatch(table, points).searched_prob
    # Theirs counts the pixel itself, ours what is denser.
    at = np.searchsorted(skymap.lo, hpx29(points), side="right") - 1
    assert_allclose(skymap.credible_level_at(points) + skymap.probability[at], searched, atol=1e-9)
