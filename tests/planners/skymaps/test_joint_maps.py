"""Two maps of one source: their overlap and their product, against healpy and by hand."""

from __future__ import annotations

import healpy
import numpy as np
import pytest
from astropy import units as u

from planners.geometry.ranges import Ranges
from planners.skymaps import joint_maps
from planners.skymaps.circles import circle_skymap
from planners.skymaps.joint_maps import map_difference, product_skymap, sky_overlap
from planners.skymaps.skymap import SkyMap, SkyMapInvalid


def gaussian(ra: float, sigma: float) -> SkyMap:
    radius = sigma * np.sqrt(-2 * np.log(1 - 0.9))
    return circle_skymap(ra * u.deg, 0 * u.deg, radius * u.deg, 0.9)


def whole_sky() -> SkyMap:
    sky = Ranges.sky()
    return SkyMap.normalized((sky.lo, sky.hi), np.ones(len(sky)))


@pytest.mark.parametrize(("apart", "one", "other"), [(0, 2, 3), (4, 2, 3), (8, 5, 1)])
def test_the_overlap_of_two_gaussians_is_known(apart, one, other):
    """On the flat sky it is 4 pi times a Gaussian of the summed variance at their distance."""
    variance = np.radians(one) ** 2 + np.radians(other) ** 2
    wanted = 2 / variance * np.exp(-0.5 * np.radians(apart) ** 2 / variance)
    assert sky_overlap(gaussian(150, one), gaussian(150 + apart, other)) == pytest.approx(
        wanted, rel=0.03
    )


def test_the_whole_sky_says_nothing():
    first = gaussian(20, 4)
    assert sky_overlap(first, whole_sky()) == pytest.approx(1)
    product = product_skymap(first, whole_sky())
    assert product.area(0.9).value == pytest.approx(first.area(0.9).value, rel=1e-6)


def test_the_product_is_that_of_the_pixels():
    first, second = gaussian(150, 6), gaussian(158, 8)
    product = product_skymap(first, second)
    order = 6
    pixels_on_sky = healpy.nside2npix(1 << order)
    pixels = first.rasterize(order) * second.rasterize(order)
    pixels /= pixels.sum()
    assert product.rasterize(order) == pytest.approx(pixels, abs=2e-5)
    assert sky_overlap(first, second) == pytest.approx(
        np.sum(first.rasterize(order) * second.rasterize(order)) * pixels_on_sky, rel=0.01
    )
    assert sky_overlap(second, first) == pytest.approx(sky_overlap(first, second))


def test_maps_that_exclude_each_other_have_no_product():
    one = Ranges.of_cells(0, np.array([0]))
    other = Ranges.of_cells(0, np.array([5]))
    first = SkyMap.normalized((one.lo, one.hi), np.ones(1))
    second = SkyMap.normalized((other.lo, other.hi), np.ones(1))
    assert sky_overlap(first, second) == 0
    with pytest.raises(SkyMapInvalid, match="exclude"):
        product_skymap(first, second)


def test_a_difference_moves_what_the_pixels_say():
    old, new = gaussian(150, 6), gaussian(158, 4)
    found = map_difference(old, new)
    change = new.rasterize(7) - old.rasterize(7)
    assert found.moved == pytest.approx(0.5 * np.abs(change).sum(), abs=0.01)
    assert found.gained is not None
    assert found.lost is not None
    assert found.gained.rasterize(7) * found.moved == pytest.approx(np.maximum(change, 0), abs=2e-4)
    assert found.lost.rasterize(7) * found.moved == pytest.approx(np.maximum(-change, 0), abs=2e-4)
    assert found.in_old_90 == pytest.approx(new.probability_in(old.region(0.9)))
    assert 0 < found.in_old_50 < found.in_old_90 < 1


def test_a_map_differs_in_nothing_from_itself_and_wholly_from_one_elsewhere():
    one = gaussian(20, 4)
    same = map_difference(one, one)
    assert (same.moved, same.common_90) == (0, 1)
    assert same.gained is None
    assert same.in_old_90 == pytest.approx(0.9, abs=0.01)
    apart = map_difference(one, gaussian(200, 2))
    assert apart.moved == pytest.approx(1)
    assert (apart.in_old_90, apart.common_90) == (pytest.approx(0, abs=1e-9), 0)
    assert apart.gained is not None
    assert apart.gained.area(0.9).value == pytest.approx(gaussian(200, 2).area(0.9).value)


def test_a_map_of_very_many_ranges_is_compared_in_cells(monkeypatch: pytest.MonkeyPatch):
    fine = map_difference(gaussian(150, 6), gaussian(158, 4))
    monkeypatch.setattr(joint_maps, "_MANY", 10)
    coarse = map_difference(gaussian(150, 6), gaussian(158, 4))
    assert coarse.moved == pytest.approx(fine.moved, rel=0.01)
    assert coarse.in_old_90 == pytest.approx(fine.in_old_90, rel=0.01)


def circle(ra: float, radius: float) -> SkyMap:
    return circle_skymap(ra * u.deg, 0 * u.deg, radius * u.deg, containment=0.9)


def areas(*skymaps: SkyMap) -> tuple[float, ...]:
    return tuple(float(skymap.area(0.9).to_value(u.deg**2)) for skymap in skymaps)


def test_what_shrinks_around_its_middle_stays_within():
    wide, narrow = circle(150.0, 4.0), circle(150.0, 2.0)
    # Two normal distributions: 0.1 is left outside of 2 deg, so 0.1^4 outside of 4 deg.
    assert map_difference(wide, narrow).in_old_90 == pytest.approx(1 - 0.1**4, abs=1e-4)
    assert areas(wide, narrow) == pytest.approx((np.pi * 16, np.pi * 4), rel=0.01)
    assert wide.peak().separation(narrow.peak()).deg == pytest.approx(0, abs=0.01)
    back = map_difference(narrow, wide)
    assert back.in_old_90 == pytest.approx(1 - 0.1 ** (1 / 4), abs=2e-3)


def test_of_what_lies_elsewhere_nothing_is_kept():
    here, there = circle(150.0, 2.0), circle(180.0, 2.0)
    assert map_difference(here, there).in_old_90 < 1e-6
    assert here.peak().separation(there.peak()).deg == pytest.approx(30, abs=0.05)
