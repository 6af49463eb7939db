from __future__ import annotations

import dataclasses
import warnings

import astropy_healpix
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from planners.footprints.atoms import atoms_of
from planners.footprints.cameras import camera_cells, focal_plane, sample_points
from planners.footprints.field_cells import customary_order, order_for
from planners.footprints.focal_planes import NOWHERE, FocalPlane
from planners.footprints.layers import layers_near
from planners.geometry.ranges import Ranges, hpx29
from planners.skymaps.circles import circle_skymap
from planners.skymaps.files import read_skymap
from telescopes.telescope import Footprint
from telescopes.ztf.facts import ZTF
from tests.planners.oracles import detector_polygons, detector_ranges, polygon_ranges
from tests.planners.spherical_rings import area
from tests.strategies import positions


def camera(*outlines, unit=u.deg):
    """ZTF with another footprint."""
    footprint = Footprint(np.arange(len(outlines)) + 10, np.array(outlines, dtype=float) * unit)
    return dataclasses.replace(ZTF, footprint=footprint)


SQUARE = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
KITE = [(0, 2), (-0.5, 0), (0, -0.3), (0.5, 0)]


def moved(outline_, east, north):
    return [(x + east, y + north) for x, y in outline_]


def projected(center: SkyCoord, points: SkyCoord) -> np.ndarray:
    """Standard coordinates, deg, east and north, by astropy's TAN projection."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [center.ra.deg, center.dec.deg]
    wcs.wcs.crpix = [0, 0]
    wcs.wcs.cdelt = [1, 1]
    # North is up at the poles too.
    wcs.wcs.lonpole = 180
    with warnings.catch_warnings():
        # Points behind the tangent plane come out as NaN, which is what is wanted.
        warnings.simplefilter("ignore")
        return np.stack(wcs.wcs_world2pix(points.ra.deg, points.dec.deg, 0), axis=-1) + 1


def inside(outline, xy) -> np.ndarray:
    """Whether points are in a convex polygon: on one side of all of its edges."""
    corners = np.array(outline, dtype=float)
    side = [
        (b - a)[0] * (xy[:, 1] - a[1]) - (b - a)[1] * (xy[:, 0] - a[0])
        for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)
    ]
    return np.all(np.array(side) >= 0, axis=0) | np.all(np.array(side) <= 0, axis=0)


@settings(max_examples=25)
@given(positions())
def test_cells_are_those_that_astropy_projects_onto_a_detector(center):
    order = 6
    telescope = camera(SQUARE, moved(KITE, 4, 1))
    start, cell, detector = camera_cells(telescope.footprint, center.reshape((1,)), order)
    assert start.tolist() == [0, len(cell)]
    assert np.all(np.diff(cell) > 0)
    near = np.arange(12 << (2 * order))
    directions = sample_points(order, near)
    points = SkyCoord(directions, representation_type="cartesian").represent_as("unitspherical")
    points = SkyCoord(points.lon, points.lat)
    close = points.separation(center) < 10 * u.deg
    near, xy = near[close], projected(center, points[close])
    for i, corners in enumerate(telescope.footprint.corners.value):
        expected = near[inside(corners, xy)]
        # A cell whose point lies on an edge to rounding may go either way.
        differ = np.setxor1d(cell[detector == i], expected)
        at = xy[np.isin(near, differ)]
        shrunk = (corners - corners.mean(0)) * (1 - 1e-9) + corners.mean(0)
        grown = (corners - corners.mean(0)) * (1 + 1e-9) + corners.mean(0)
        assert np.all(inside(grown, at) & ~inside(shrunk, at))


def test_every_ztf_quadrant_has_its_cells():
    where = SkyCoord([10, 200, 0.5, 77] * u.deg, [5, -28, 40, 89] * u.deg)
    start, cell, detector = camera_cells(ZTF.footprint, where, 11)
    for i, center in enumerate(where):
        own = slice(start[i], start[i + 1])
        counts = np.bincount(detector[own], minlength=64)
        polygons = detector_polygons(ZTF, center.ra, center.dec)
        exact = [area([[_ring(corners)]]).to_value(u.deg**2) for corners in polygons]
        covered = counts * (4 * np.pi * u.sr).to_value(u.deg**2) / (12 << 22)
        assert_allclose(covered, exact, rtol=0.01)
        # By centers instead, some cells on the edges change sides.
        by_center = polygon_ranges(polygons, 11).cells(11)
        assert len(np.setxor1d(cell[own], by_center)) < 0.06 * len(by_center)


def _ring(corners: SkyCoord):
    points = np.stack([corners.ra.deg, corners.dec.deg], axis=-1)[::-1].tolist()
    return [*points, points[0]]


def test_the_area_of_the_ztf_camera_is_that_of_the_paper():
    # Bellm et al. 2019, PASP 131, 018002: 47.7 deg2 including vignetted corners.
    covered = detector_ranges(ZTF, SkyCoord(150 * u.deg, 30 * u.deg), 12).area
    assert u.isclose(covered, 47.5 * u.deg**2, rtol=0.005)


def test_points_are_within_their_cells_and_evenly_scattered():
    for order in (0, 4, 9, 26, 27, 29):
        cell = np.arange(min(12 << (2 * order), 3072))
        points = sample_points(order, cell)
        assert_allclose(np.linalg.norm(points, axis=1), 1)
        if order <= 26:
            index = astropy_healpix.xyz_to_healpix(*points.T, 1 << order, order="nested")
            assert np.array_equal(index, cell)
    # In a block of 8 x 8 cells, each point has its own place within its cell.
    index = astropy_healpix.xyz_to_healpix(
        *sample_points(5, np.arange(64)).T, 1 << 8, order="nested"
    )
    assert np.array_equal(np.sort(index - 64 * np.arange(64)), np.arange(64))


def test_the_area_of_a_camera_scatters_little():
    grid = ZTF.read_grid()
    for order, most in ((9, 0.004), (10, 0.0015)):
        start, _, _ = camera_cells(ZTF.footprint, grid.coord[::30], order)
        area = np.diff(start) * (4 * np.pi * u.sr).to_value(u.deg**2) / (12 << (2 * order))
        assert np.std(area / 47.4544) < most
        assert np.mean(area) == pytest.approx(47.4544, rel=0.001)


@given(st.floats(-6, 6), st.floats(-6, 6))
def test_the_index_of_the_focal_plane_is_the_polygons(east, north):
    plane = focal_plane(ZTF.footprint)
    detector = int(plane.detector_at(np.radians([east]), np.radians([north]))[0])
    expected = [
        i
        for i, corners in enumerate(ZTF.footprint.corners.to_value(u.deg))
        if inside(corners, np.array([[east, north]]))[0]
    ]
    assert detector in (expected or [NOWHERE])


def test_a_focal_plane_is_indexed_exactly_along_its_edges():
    plane = FocalPlane.of(camera(SQUARE, moved(SQUARE, 2, 0), moved(KITE, 0, -3)).footprint)
    random = np.random.default_rng(5)
    along = random.uniform(-1, 1, 3000)
    step = random.choice([-1e-9, 1e-9], 3000)
    inner = plane.detector_at(np.radians(1 + step), np.radians(along))
    assert np.array_equal(inner, (step > 0).astype(int))
    outer = plane.detector_at(np.radians(-1 + step), np.radians(along))
    assert np.array_equal(outer, np.where(step > 0, 0, NOWHERE))
    assert plane.detector_at(np.array([0.0]), np.radians([-3.1])).tolist() == [2]


@pytest.mark.parametrize("sense", [1, -1])
def test_corners_may_run_either_way(sense):
    telescope = camera(SQUARE[::sense])
    center = SkyCoord([30] * u.deg, [30] * u.deg)
    # 4 deg2 in the tangent plane are a little less on the sky.
    assert len(camera_cells(telescope.footprint, center, 9)[1]) == pytest.approx(305, abs=4)


@pytest.mark.parametrize(
    ("outline_", "fault"),
    [
        ([(0, 0), (0, 0), (1, 1), (1, 0)], "coincide"),
        ([(0, 0), (1, 1), (1, 0), (0, 1)], "not a convex polygon"),
        ([(0, 0), (2, 0), (0.1, 0.1), (0, 2)], "not a convex polygon"),
        ([(0, 0), (1, 0), (2, 0), (3, 0)], "not a convex polygon"),
    ],
)
def test_what_is_no_detector_is_refused(outline_, fault):
    with pytest.raises(ValueError, match=fault):
        FocalPlane.of(camera(outline_).footprint)


@pytest.mark.parametrize("size", [4 * u.arcmin, 0.3 * u.deg, 1 * u.deg, 30 * u.deg, 60 * u.deg])
def test_cameras_of_every_size(size):
    corners = np.tan(size.to_value(u.rad) / 2) * np.array(SQUARE)
    telescope = camera(corners, unit=u.rad)
    center = SkyCoord(123 * u.deg, -45 * u.deg)
    order = customary_order(telescope)
    covered = detector_ranges(telescope, center, order)
    exact = 4 * np.arcsin(np.sin(size / 2) ** 2)
    assert u.isclose(covered.area, exact.value * u.sr, rtol=0.03)
    assert 3000 * 0.4 < covered.area.to_value(u.sr) / (np.pi / 3 / 4**order) < 4.5 * 3000


@settings(max_examples=20)
@given(positions(), st.floats(0.01, 20), st.integers(4, 8))
def test_within_a_region_are_the_cells_that_touch_it(center, radius, order):
    telescope = camera(SQUARE, moved(SQUARE, 2.5, 0))
    region = circle_skymap(center.ra, center.dec, radius * u.deg, 0.9).region(0.9)
    where = center.directional_offset_by([0, 90, 200] * u.deg, [0, 2, 9] * u.deg)
    start, cell, detector = camera_cells(telescope.footprint, where, order)
    few_start, few, few_detector = camera_cells(telescope.footprint, where, order, region)
    shift = 2 * (29 - order)
    touches = np.array(
        [len(Ranges.of([c << shift], [(c + 1) << shift]).intersection(region)) > 0 for c in cell],
        dtype=bool,
    )
    assert np.array_equal(few, cell[touches])
    assert np.array_equal(few_detector, detector[touches])
    owner = np.repeat(np.arange(3), np.diff(start))[touches]
    assert np.array_equal(np.diff(few_start), np.bincount(owner, minlength=3))


def test_no_pointing_has_no_cells():
    none = SkyCoord([] * u.deg, [] * u.deg)
    start, cell, detector = camera_cells(ZTF.footprint, none, 7)
    assert start.tolist() == [0]
    assert len(cell) == len(detector) == 0
    start, cell, _ = camera_cells(ZTF.footprint, ZTF.read_grid().coord[:3], 7, Ranges.empty())
    assert start.tolist() == [0, 0, 0, 0]
    assert len(cell) == 0


@pytest.mark.parametrize(
    "name",
    [
        "gw/S190425z_bayestar.fits.gz",
        "gw/S190814bv_5_LALInference.v1.fits.gz",
        "gw/m4opt_800.multiorder.fits",
        "simulated/bns_00003deg2_10108.multiorder.fits",
    ],
)
def test_the_probability_of_a_field_is_exact_to_a_thousandth(corpus, name):
    """Against quadrants that are resolved to 26 arcsec."""
    skymap = read_skymap((corpus / "skymaps" / name).read_bytes())
    coord = ZTF.read_grid().coord
    near = coord[np.argsort(coord.separation(skymap.peak()).deg)[:40]]
    probability = atoms_of(skymap, layers_near(skymap, ZTF.footprint, near)).field_probability
    for i in np.argsort(-probability)[:3]:
        exact = skymap.probability_in(detector_ranges(ZTF, near[i], 13))
        assert probability[i] == pytest.approx(exact, abs=0.001)


def test_the_order_follows_the_map():
    wide = circle_skymap(0 * u.deg, 0 * u.deg, 40 * u.deg, 0.9)
    narrow = circle_skymap(0 * u.deg, 0 * u.deg, 3 * u.arcsec, 0.9)
    assert order_for(ZTF, wide) == customary_order(ZTF)
    assert order_for(ZTF, narrow) > 20
    # A localization smaller than a cell of the camera is still in the gap, or not.
    coord = ZTF.read_grid().coord
    near = coord[coord.separation(narrow.peak()) < 6 * u.deg]
    probability = atoms_of(narrow, layers_near(narrow, ZTF.footprint, near)).field_probability
    assert set(np.round(probability, 2)) <= {0.0, 1.0}


@given(positions())
def test_corners_of_detectors_are_astropys(center):
    corners = detector_polygons(ZTF, center.ra, center.dec)
    assert corners.shape == (64, 4)
    xy = projected(center, corners.ravel()).reshape(64, 4, 2)
    assert_allclose(xy, ZTF.footprint.corners.to_value(u.deg), atol=1e-6)


def test_detectors_of_many_pointings():
    both = detector_polygons(ZTF, [10, 20] * u.deg, [-5, 60] * u.deg)
    assert both.shape == (2, 64, 4)
    assert np.all(both[1].separation(detector_polygons(ZTF, 20 * u.deg, 60 * u.deg)) < 1e-6 * u.deg)


def test_only_good_detectors_count():
    center = SkyCoord(30 * u.deg, 30 * u.deg)
    everything = detector_ranges(ZTF, center, 10)
    some = detector_ranges(ZTF, center, 10, [0, 5, 63, 999])
    assert u.isclose(some.area, everything.area * 3 / 64, rtol=0.05)
    corner = detector_polygons(ZTF, center.ra, center.dec)[5]
    middle = SkyCoord(corner.cartesian.mean()).transform_to("icrs")
    assert some.contains(hpx29(middle))
    assert len(detector_ranges(ZTF, center, 10, [])) == 0
