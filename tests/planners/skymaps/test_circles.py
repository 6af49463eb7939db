from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from planners.geometry.polygons import polygon_cells, unit_vectors
from planners.geometry.ranges import HIGHEST_ORDER, Ranges
from planners.skymaps.circles import circle_skymap, concentration, ellipse_skymap, polygon_skymap
from planners.skymaps.skymap import SkyMap, SkyMapInvalid
from planners.skymaps.systematics import SYSTEMATIC_MODELS
from tests.strategies import angles, positions


def disc(center: SkyCoord, radius: u.Quantity, sides: int = 96) -> Ranges:
    """Circle up to 80 deg as a polygon of the same area, resolved well below its radius."""
    # The circumscribed and the inscribed polygon average to the circle to fourth order.
    stretch = 1 + (np.pi / sides) ** 2 / 3
    turns = np.arange(sides) * 360 / sides * u.deg
    corners = center.directional_offset_by(turns, np.arctan(np.tan(radius) * stretch))
    order = int(np.clip(np.log2(58.6 / radius.to_value(u.deg)) + 7, 4, HIGHEST_ORDER))
    return Ranges.of(*polygon_cells(unit_vectors(corners)[None], order)[:2])


@settings(max_examples=40)
@given(positions(), st.floats(-4.5, 1.85), st.sampled_from([0.5, 0.68, 0.9, 0.95]))
def test_the_stated_circle_holds_what_it_should(center, size, containment):
    radius = 10**size * u.deg
    skymap = circle_skymap(center.ra, center.dec, radius, containment)
    assert skymap.probability_in(disc(center, radius)) == pytest.approx(containment, abs=0.005)


@pytest.mark.parametrize("radius", [3 * u.arcsec, 1 * u.deg, 60 * u.deg])
def test_the_circle_is_the_credible_region(radius):
    skymap = circle_skymap(200 * u.deg, -67 * u.deg, radius, 0.9)
    assert u.isclose(skymap.area(0.9), 2 * np.pi * (1 - np.cos(radius)) * u.sr, rtol=0.01)
    apart = skymap.peak().separation(SkyCoord(200 * u.deg, -67 * u.deg))
    assert apart < radius / 8


@pytest.mark.parametrize("containment", [0.1, 0.5, 0.68, 0.9, 0.999])
@pytest.mark.parametrize("radius", [1e-6, 0.01, 1.0, 2.5])
def test_concentration_is_that_of_the_integral(radius, containment):
    kappa = concentration(radius, containment)
    if containment <= np.sin(radius / 2) ** 2:
        assert kappa == 0
        return
    sigma = min(1 / np.sqrt(kappa), 1.0)

    def ring(angle: float) -> float:
        return np.sin(angle) * np.exp(-2 * kappa * np.sin(angle / 2) ** 2)

    points = [p * sigma for p in (1, 3, 6, 10) if p * sigma < np.pi]
    within = quad(ring, 0, radius, points=[p for p in points if p < radius], limit=200)[0]
    everywhere = quad(ring, 0, min(np.pi, 40 * sigma), points=points, limit=200)[0]
    assert within / everywhere == pytest.approx(containment, rel=1e-6)


def test_a_circle_wider_than_its_containment_is_the_whole_sky():
    skymap = circle_skymap(10 * u.deg, 20 * u.deg, 170 * u.deg, 0.9)
    assert u.isclose(skymap.area(0.5), 4 * np.pi * u.sr)


@pytest.mark.parametrize("radius", [1e-300, 1e-6, 0.02])
def test_the_smallest_circle_of_all(radius):
    skymap = circle_skymap(77 * u.deg, 13 * u.deg, radius * u.arcsec, 0.9)
    assert skymap.peak().separation(SkyCoord(77 * u.deg, 13 * u.deg)) < 0.01 * u.arcsec
    assert u.isclose(skymap.area(0.9), np.pi * (0.02 * u.arcsec) ** 2, rtol=0.05)
    ellipse_map = ellipse_skymap(77 * u.deg, 13 * u.deg, *[radius * u.arcsec] * 2, 0 * u.deg, 0.9)
    assert u.isclose(ellipse_map.area(0.9), skymap.area(0.9), rtol=0.05)


def test_systematic_errors_are_mixed_in_as_published():
    """Against the mixture written out: Fisher components of 68 % radii added in quadrature."""
    center = SkyCoord(120 * u.deg, 35 * u.deg)
    skymap = circle_skymap(center.ra, center.dec, 5 * u.deg, 0.68, "fermi_gbm_human")
    for radius in (2, 5, 10, 20, 40) * u.deg:
        expected = 0.0
        for systematic, weight in ((3.7, 0.9), (14.0, 0.1)):
            total = np.radians(np.hypot(5, systematic))
            kappa = concentration(total, 0.68)
            height = 2 * np.sin(radius / 2) ** 2
            share = np.expm1(-kappa * height.value) / np.expm1(-2 * kappa)
            expected += weight * share
        assert skymap.probability_in(disc(center, radius)) == pytest.approx(expected, abs=0.004)


@pytest.mark.parametrize("model", SYSTEMATIC_MODELS)
def test_a_systematic_error_only_widens(model):
    def area(name: str | None) -> u.Quantity:
        return circle_skymap(0 * u.deg, 89 * u.deg, 2 * u.deg, 0.9, name).area(0.9)

    assert area(model) > area(None)
    assert sum(part.weight for part in SYSTEMATIC_MODELS[model]) == pytest.approx(1)


def test_the_containment_of_the_systematic_radius_is_converted():
    """A 90 % radius of a perfect statistical error leaves the 68 % systematic one untouched."""
    center = SkyCoord(50 * u.deg, 0 * u.deg)
    skymap = circle_skymap(center.ra, center.dec, 0.001 * u.deg, 0.9, "fermi_gbm_human")
    other = circle_skymap(center.ra, center.dec, 0.001 * u.deg, 0.5, "fermi_gbm_human")
    ring = disc(center, 3.7 * u.deg)
    assert skymap.probability_in(ring) == pytest.approx(0.9 * 0.68 + 0.1 * 0.077, abs=0.005)
    assert other.probability_in(ring) == pytest.approx(skymap.probability_in(ring), abs=0.005)


def ellipse(center: SkyCoord, axes: tuple, angle: u.Quantity, sides: int = 200) -> Ranges:
    """Where separation and position angle from the center say that an ellipse is."""
    turns = np.arange(sides) * 360 / sides * u.deg
    reach = 1 / np.hypot(np.cos(turns) / axes[0], np.sin(turns) / axes[1])
    corners = center.directional_offset_by(turns + angle, reach * (1 + (np.pi / sides) ** 2 / 3))
    order = int(np.log2(58.6 / min(axes).to_value(u.deg)) + 7)
    return Ranges.of(*polygon_cells(unit_vectors(corners)[None], order)[:2])


@pytest.mark.parametrize("axes", [(10, 3), (3, 10), (0.2, 0.1), (40, 20)])
@pytest.mark.parametrize("angle", [0, 30, 135])
def test_the_stated_ellipse_holds_what_it_should(axes, angle):
    center = SkyCoord(20 * u.deg, 40 * u.deg)
    axes, angle = tuple(a * u.deg for a in axes), angle * u.deg
    skymap = ellipse_skymap(center.ra, center.dec, *axes, angle, 0.9)
    share = skymap.probability_in(ellipse(center, axes, angle))
    assert share == pytest.approx(0.9, abs=0.005)


def test_a_wide_ellipse_is_a_gaussian_in_true_distances():
    center = SkyCoord(20 * u.deg, 0 * u.deg)
    skymap = ellipse_skymap(center.ra, center.dec, 60 * u.deg, 20 * u.deg, 90 * u.deg, 0.5)
    sigma = np.radians(60) / np.sqrt(2 * np.log(2))
    away = np.array([0.01, 20, 40, 60])
    density = skymap.density_at(SkyCoord((20 + away) * u.deg, 0 * u.deg))
    angle = np.radians(away)
    # The plane's element of area is that of the sphere times the angle over its sine.
    expected = np.exp(-0.5 * (angle / sigma) ** 2) * angle / np.sin(angle)
    assert density / density[0] == pytest.approx(expected / expected[0], rel=0.05)


def test_a_round_ellipse_is_a_circle():
    ellipse = ellipse_skymap(80 * u.deg, -5 * u.deg, 2 * u.deg, 2 * u.deg, 77 * u.deg, 0.9)
    circle = circle_skymap(80 * u.deg, -5 * u.deg, 2 * u.deg, 0.9)
    assert np.abs(ellipse.rasterize(7) - circle.rasterize(7)).sum() < 0.01


def test_the_position_angle_runs_from_north_through_east():
    skymap = ellipse_skymap(80 * u.deg, 0 * u.deg, 5 * u.deg, 0.5 * u.deg, 45 * u.deg, 0.9)
    north_east = skymap.density_at(SkyCoord(82 * u.deg, 2 * u.deg))
    north_west = skymap.density_at(SkyCoord(78 * u.deg, 2 * u.deg))
    assert north_east > 1e6 * max(north_west, 1e-30)


@pytest.mark.parametrize("size", [1 / 3600, 1, 50])
def test_a_polygon_holds_its_containment_evenly(size):
    corners = [(20, -5), (20 + size, -5), (20 + size, -5 + size), (20, -5 + size)] * u.deg
    skymap = polygon_skymap(corners, 0.9)
    inside, edge = SkyCoord(20 + size / 2, -5 + size / 2, unit=u.deg), SkyCoord(*corners[0])
    assert skymap.credible_level_at(inside) == 0
    assert skymap.credible_level_at(edge.directional_offset_by(225 * u.deg, size / 5 * u.deg)) > 0.8
    region = skymap.region(0.9)
    assert skymap.probability_in(region) == pytest.approx(0.9)
    expected = (np.sin(np.radians(-5 + size)) + np.sin(np.radians(5))) * np.radians(size) * u.sr
    # The sides are great circles, not parallels: they bulge by some percent at 50 degrees.
    assert u.isclose(region.area, expected, rtol=0.05)


@settings(max_examples=30)
@given(positions(), st.floats(-2, 1.3), st.floats(0.1, 1), st.integers(3, 9), st.floats(0, 360))
def test_the_brightest_point_of_any_box_is_in_its_middle(center, size, flat, n_corners, turn):
    around = np.linspace(0, 2 * np.pi, n_corners, endpoint=False)
    east, north = 10**size * np.cos(around), 10**size * flat * np.sin(around)
    angle = np.degrees(np.arctan2(east, north)) + turn
    corners = center.directional_offset_by(angle * u.deg, np.hypot(east, north) * u.deg)
    skymap = polygon_skymap(np.stack([corners.ra.deg, corners.dec.deg], axis=-1) * u.deg, 0.9)
    peak = skymap.peak()
    assert skymap.credible_level_at(peak) == 0
    assert peak.separation(center).deg < 0.1 * 10**size


@pytest.mark.parametrize("axes", [(3, 3), (5, 1), (0.2, 4)])
def test_the_brightest_point_is_what_is_stated(axes):
    stated = SkyCoord(200.123 * u.deg, -67.456 * u.deg)
    by_axes = ellipse_skymap(stated.ra, stated.dec, *(axes * u.deg), 30 * u.deg, 0.9)
    circle = circle_skymap(stated.ra, stated.dec, axes[0] * u.deg, 0.9, "fermi_gbm_roboba")
    for skymap in (by_axes, circle):
        assert skymap.peak().separation(stated) < 0.01 * u.arcsec
        read_again = SkyMap.from_bytes(skymap.to_bytes())
        assert read_again.peak().separation(stated) < 0.01 * u.arcsec
        left = skymap.without(disc(stated, 1 * u.deg))
        assert left.peak().separation(stated) > 0.9 * u.deg, "it is observed already"


def test_a_certain_polygon_has_nothing_outside():
    corners = [(0, 80), (120, 80), (240, 80)] * u.deg
    skymap = polygon_skymap(corners, 1.0)
    assert skymap.density_at(SkyCoord(0 * u.deg, 0 * u.deg)) == 0
    assert skymap.density_at(SkyCoord(0 * u.deg, 90 * u.deg)) > 0


@settings(max_examples=25)
@given(positions(), angles(-1, 200), angles(-0.5, 1.5))
def test_any_numbers_give_a_map_or_a_named_fault(center, radius, containment):
    try:
        skymap = circle_skymap(center.ra, center.dec, radius * u.deg, containment)
    except SkyMapInvalid:
        assert not (0 < radius <= 180 and 0 < containment < 1)
        return
    assert skymap.probability.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: circle_skymap(0 * u.deg, 91 * u.deg, 1 * u.deg, 0.9), "no position"),
        (lambda: circle_skymap(np.nan * u.deg, 0 * u.deg, 1 * u.deg, 0.9), "no position"),
        (lambda: circle_skymap(0 * u.deg, np.nan * u.deg, 1 * u.deg, 0.9), "no position"),
        (lambda: circle_skymap(0 * u.deg, 0 * u.deg, 0 * u.deg, 0.9), "radius"),
        (lambda: circle_skymap(0 * u.deg, 0 * u.deg, np.nan * u.deg, 0.9), "radius"),
        (lambda: circle_skymap(0 * u.deg, 0 * u.deg, 1 * u.deg, 1.0), "containment"),
        (lambda: circle_skymap(0 * u.deg, 0 * u.deg, 1 * u.deg, np.nan), "containment"),
        (lambda: circle_skymap(0 * u.deg, 0 * u.deg, 1 * u.deg, 0.9, "?"), "unknown systematic"),
        (
            lambda: ellipse_skymap(0 * u.deg, 0 * u.deg, 95 * u.deg, 1 * u.deg, 0 * u.deg, 0.9),
            "horizon",
        ),
        (
            lambda: ellipse_skymap(0 * u.deg, 0 * u.deg, 5 * u.deg, 0 * u.deg, 0 * u.deg, 0.9),
            "radius",
        ),
        (lambda: polygon_skymap([(0, 0), (1, 1)] * u.deg, 0.9), "three corners"),
        (lambda: polygon_skymap([(0, 0), (9, 9), (9, 0), (0, 9)] * u.deg, 0.9), "convex"),
        (lambda: polygon_skymap([(0, 0), (9, 9), (9, 0)] * u.deg, 1.5), "containment"),
        (lambda: polygon_skymap([(0, 0), (9, 99), (9, 0)] * u.deg, 0.9), "no position"),
    ],
)
def test_a_fault_is_named(make, fault):
    with pytest.raises(SkyMapInvalid, match=fault):
        make()
