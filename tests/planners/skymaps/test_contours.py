from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from planners.geometry.equal_area import Lambert, enclosing_cap
from planners.geometry.polygons import unit_vectors
from planners.skymaps.adaptive_cells import sampled_skymap
from planners.skymaps.circles import circle_skymap, concentration, polygon_skymap
from planners.skymaps.contours import contours, simplified
from planners.skymaps.files import read_skymap
from planners.skymaps.skymap import SkyMap
from tests.planners.spherical_rings import area, holds, signed_area
from tests.strategies import positions, skymaps


def polygons_of(collection):
    return {
        feature["properties"]["credible_level"]: feature["geometry"]["coordinates"]
        for feature in collection["features"]
    }


def assert_well_formed(collection) -> None:
    assert collection["type"] == "FeatureCollection"
    json.dumps(collection, allow_nan=False)
    for feature in collection["features"]:
        assert feature["type"] == "Feature"
        assert feature["geometry"]["type"] == "MultiPolygon"
        for polygon in feature["geometry"]["coordinates"]:
            outline, *holes = polygon
            for ring in polygon:
                assert ring[0] == ring[-1]
                assert len(ring) >= 4
                lon, lat = np.array(ring).T
                assert np.all((lon >= 0) & (lon < 360))
                assert np.all(np.abs(lat) <= 90)
            within = signed_area(outline) % (4 * np.pi)
            assert all(-signed_area(hole) % (4 * np.pi) < within for hole in holes)


@pytest.mark.parametrize(
    ("center", "radius"),
    [
        ((200, -67), 1 * u.arcsec),
        ((0, 90), 1 * u.arcsec),
        ((359.9999, 45), 1 * u.deg),
        ((0, 90), 1 * u.deg),
        ((0, 0), 30 * u.deg),
        ((10, -90), 75 * u.deg),
    ],
    ids=str,
)
def test_contours_of_a_circle_are_circles(center, radius):
    center = SkyCoord(*center, unit=u.deg)
    skymap = circle_skymap(center.ra, center.dec, radius, 0.9)
    collection = contours(skymap)
    assert_well_formed(collection)
    for level, polygons in polygons_of(collection).items():
        assert len(polygons) == 1
        assert len(polygons[0]) == 1
        # A von Mises-Fisher distribution, solved for the height of the cap.
        kappa = concentration(radius.to_value(u.rad), 0.9)
        height = -np.log1p(level / 100 * np.expm1(-2 * kappa)) / kappa
        tolerance = 0.04 if level > 30 else 0.1
        assert u.isclose(area(polygons), 2 * np.pi * height * u.sr, rtol=tolerance)
    ring = np.array(polygons_of(collection)[90][0][0])
    away = SkyCoord(*ring.T, unit=u.deg).separation(center)
    assert np.abs(away / radius - 1).max() < 0.03


def test_a_region_beyond_a_hemisphere():
    skymap = circle_skymap(120 * u.deg, 50 * u.deg, 102 * u.deg, 0.68)
    collection = contours(skymap, (0.5, 0.9))
    assert_well_formed(collection)
    by_level = polygons_of(collection)
    assert area(by_level[90]) > 2 * np.pi * u.sr
    for level in (50, 90):
        assert u.isclose(area(by_level[level]), skymap.area(level / 100), rtol=0.02)


def test_a_uniform_sky_is_all_inside():
    skymap = circle_skymap(120 * u.deg, 50 * u.deg, 179 * u.deg, 0.5)
    collection = contours(skymap)
    assert_well_formed(collection)
    assert area(polygons_of(collection)[10]) > 0.97 * 4 * np.pi * u.sr


def ring_skymap(center: SkyCoord, radius: float, width: float):
    """Probability around a circle, as a timing triangulation gives it (angles in rad)."""
    pole = unit_vectors(center)

    def density(direction):
        away = np.arccos(np.clip(direction @ pole, -1, 1))
        return np.exp(-0.5 * ((away - radius) / width) ** 2)

    def too_coarse(order, cells):
        away = np.abs(np.arccos(np.clip(cells @ pole, -1, 1)) - radius)
        side = 1.02 / (1 << order)
        return (side > width / 4) & (away < 6 * width + side)

    return sampled_skymap(density, too_coarse, {})


@pytest.mark.parametrize("radius", [10, 60, 120])
def test_holes_are_kept(radius):
    center = SkyCoord(80 * u.deg, -30 * u.deg)
    skymap = ring_skymap(center, np.radians(radius), np.radians(radius / 25))
    collection = contours(skymap, (0.5, 0.9))
    assert_well_formed(collection)
    for level in (50, 90):
        polygons = polygons_of(collection)[level]
        assert len(polygons) == 1
        assert len(polygons[0]) == 2
        assert u.isclose(area(polygons), skymap.area(level / 100), rtol=0.05)
    if radius < 60:
        north = np.array(polygons_of(collection)[90][0][0]).mean(axis=0)
        assert np.all(np.isfinite(north))
        assert not holds(polygons_of(collection)[90], unit_vectors(center))
        on_ring = center.directional_offset_by(70 * u.deg, radius * u.deg)
        assert holds(polygons_of(collection)[90], unit_vectors(on_ring))


@settings(max_examples=10)
@given(positions(), st.floats(-3, 1), st.integers(0, 99))
def test_a_point_is_inside_when_its_credible_level_is_lower(center, size, seed):
    radius = 10**size * u.deg
    skymap = circle_skymap(center.ra, center.dec, radius, 0.9)
    polygons = polygons_of(contours(skymap, (0.9,)))[90]
    random = np.random.default_rng(seed)
    turns, away = random.uniform(0, 360, 30) * u.deg, random.uniform(0, 2, 30)
    points = center.directional_offset_by(turns, away * radius)
    clear = np.abs(away - 1) > 0.04
    inside = np.array([holds(polygons, point) for point in unit_vectors(points)])
    assert np.array_equal(inside[clear], (away < 1)[clear])


CORPUS = [
    "gw/MS220722v_bayestar.multiorder.fits",
    "gw/S190425z_bayestar.fits.gz",
    "gw/userguide_MS181101ab_bayestar.multiorder.fits",
    "fermi_gbm/glg_healpix_all_bn180116026.fit",
    "fermi_gbm/gbm_subthresh_546126856.048000_healpix.fits",
    "simulated/bns_00507deg2_10102.multiorder.fits",
    "simulated/bns_00003deg2_10108.multiorder.fits",
]


@pytest.mark.parametrize("name", CORPUS)
def test_contours_of_real_maps_hold_what_they_say(corpus, name):
    skymap = read_skymap((corpus / "skymaps" / name).read_bytes())
    collection = contours(skymap)
    assert_well_formed(collection)
    by_level = polygons_of(collection)
    assert list(by_level) == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    covered = [area(by_level[level]) for level in by_level]
    assert all(inner < outer for inner, outer in pairwise(covered))
    for level in (50, 90):
        assert u.isclose(area(by_level[level]), skymap.area(level / 100), rtol=0.05)
    # A page carries them: 3.6 kB to 25 kB compressed.
    assert len(json.dumps(collection)) < 150_000


def test_regions_of_very_different_sizes():
    """Half in five arcseconds, half in ten degrees: each is drawn as finely as it deserves."""
    center = SkyCoord(100 * u.deg, -20 * u.deg)
    pole, kappa = unit_vectors(center), np.array([1 / np.radians(5 / 3600) ** 2, 33.0])

    def density(direction):
        drop = 0.5 * np.sum((direction - pole) ** 2, axis=-1)
        return np.exp(-kappa * drop[..., None]) @ kappa

    def too_coarse(order, cells):
        away = np.sqrt(np.sum((cells - pole) ** 2, axis=-1)) - 1.5 / (1 << order)
        sigma = 1 / np.sqrt(kappa)
        allowed = sigma / 6 * np.maximum(1, away[:, None] / sigma / 3)
        return np.any((1.02 / (1 << order) > allowed) & (away[:, None] < 6 * sigma), axis=1)

    skymap = sampled_skymap(density, too_coarse, {})
    assert skymap.area(0.9) > 1e6 * skymap.area(0.4)
    by_level = polygons_of(contours(skymap, (0.3, 0.4, 0.9)))
    assert list(by_level) == [30, 40, 90]
    for level in (30, 40, 90):
        assert u.isclose(area(by_level[level]), skymap.area(level / 100), rtol=0.08)


def test_contours_of_a_polygon_are_the_polygon():
    corners = [(20, 0), (23, 0), (23, 3), (20, 3)] * u.deg
    by_level = polygons_of(contours(polygon_skymap(corners, 0.9)))
    for level in (10, 50, 90):
        assert u.isclose(area(by_level[level]), 9 * u.deg**2, rtol=0.02)


def test_decimals_follow_the_size():
    def decimals(radius: u.Quantity) -> int:
        ring = polygons_of(contours(circle_skymap(10 * u.deg, 0 * u.deg, radius, 0.9)))[50][0][0]
        return max(len(str(value).partition(".")[2]) for point in ring for value in point)

    assert decimals(5 * u.deg) == 3
    assert 6 <= decimals(5 * u.arcsec) <= 7


THOUSANDTHS = st.tuples(st.integers(0, 1000), st.integers(0, 1000))


@given(st.lists(THOUSANDTHS, min_size=2, max_size=60, unique=True))
def test_a_simplified_line_stays_close(points):
    lon, lat = np.array(points).T / 1000
    line = unit_vectors(SkyCoord(lon, lat, unit=u.deg))
    tolerance = 2e-3
    kept = simplified(line, tolerance)
    assert np.array_equal(kept[[0, -1]], line[[0, -1]])
    index = [int(np.argmin(np.linalg.norm(line - point, axis=1))) for point in kept]
    assert index == sorted(index)
    for first, last in pairwise(index):
        pole = np.cross(line[first], line[last])
        if np.linalg.norm(pole) > 0 and last > first + 1:
            away = np.abs(line[first:last] @ pole) / np.linalg.norm(pole)
            assert away.max() <= tolerance * (1 + 1e-6)


@given(positions(), st.floats(-5, 0.49), st.integers(0, 99))
def test_the_chart_and_back(center, size, seed):
    radius = 10**size
    chart = Lambert(unit_vectors(center), radius)
    random = np.random.default_rng(seed)
    turns = random.uniform(0, 360, 20) * u.deg
    points = unit_vectors(
        center.directional_offset_by(turns, random.uniform(0, radius, 20) * u.rad)
    )
    x, y = chart.project(points)
    assert np.hypot(x, y).max() <= chart.reach * (1 + 1e-9)
    assert_allclose(chart.deproject(x, y), points, atol=1e-12 + 1e-9 * radius)


def test_the_chart_has_north_up_and_east_to_the_right():
    chart = Lambert(unit_vectors(SkyCoord(50 * u.deg, 20 * u.deg)), 0.1)
    x, y = chart.project(unit_vectors(SkyCoord([51, 50] * u.deg, [20, 21] * u.deg)))
    assert x[0] > 0 > y[0] - 1e-3
    assert abs(x[1]) < 1e-12 < y[1]


@given(positions(), st.floats(0.01, 170), st.integers(0, 99))
def test_the_cap_holds_everything_and_is_not_much_too_large(center, radius, seed):
    random = np.random.default_rng(seed)
    turns = random.uniform(0, 360, 400) * u.deg
    away = radius * np.sqrt(random.uniform(0, 1, 400)) * u.deg
    points = unit_vectors(center.directional_offset_by(turns, away))
    middle, reach = enclosing_cap(points)
    assert np.arccos(np.clip(points @ middle, -1, 1)).max() <= reach + 1e-7
    assert np.degrees(reach) < 1.25 * radius + 8 * (radius > 40)


@settings(max_examples=6)
@given(skymaps())
def test_any_map_has_contours(skymap):
    collection = contours(skymap, (0.5, 0.9))
    assert_well_formed(collection)
    for polygons in polygons_of(collection).values():
        assert polygons


def test_the_smallest_map_of_all():
    skymap = SkyMap.normalized((np.array([12345]), np.array([12346])), np.ones(1))
    by_level = polygons_of(contours(skymap))
    assert all(area(polygons) < 1e-10 * u.deg**2 for polygons in by_level.values())


def test_a_region_of_few_coarse_cells_has_an_outline():
    # The level that is interpolated between the two brightest stayed above one half everywhere.
    edges = np.array([
        0, 64, 65, 66, 67, 68, 72, 76, 80, 96, 112, 128, 192, 208, 224, 228, 232, 236, 240, 256,
        320, 336, 340, 344, 345, 346, 347, 348, 352, 368, 384, 448, 512, 576, 640, 704, 768,
    ]) << 52  # fmt: skip
    density = np.array([
        0.0032, 1.59e-06, 1.39e-08, 8.35e-09, 0.124, 0.972, 0.00171, 0.0218, 0.000463, 1.54,
        0.131, 6.28e-09, 0.309, 1.19e-08, 0.0219, 2.26e-07, 0.348, 0.000443, 2.95e-06, 3.78e-05,
        1.07e-08, 7.79e-08, 0.00644, 0.00396, 0.00205, 1.68e-05, 5.6, 3.99, 0.00877, 0.00424,
        0.00931, 1.88e-05, 9.75e-08, 0.0185, 0.000317, 3.67e-06,
    ])  # fmt: skip
    skymap = SkyMap.normalized((edges[:-1], edges[1:]), density)
    polygons = polygons_of(contours(skymap, (0.5, 0.9)))
    assert all(polygons.values())
