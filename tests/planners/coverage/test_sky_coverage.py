from __future__ import annotations

import dataclasses
import json

import healpy
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from planners.coverage.sky_coverage import ObservedSky, combined_coverage, coverage
from planners.geometry.polygons import unit_vectors
from planners.skymaps.circles import circle_skymap
from planners.skymaps.files import read_skymap
from telescopes.observing_plan import ExecutedExposure
from telescopes.telescope import Footprint
from telescopes.ztf.facts import ZTF
from tests.planners.oracles import detector_polygons, detector_ranges

START = Time("2026-11-22T02:00:00", scale="utc")
SKYMAP = circle_skymap(150 * u.deg, 20 * u.deg, 12 * u.deg, 0.9)
CENTER = SkyCoord(150 * u.deg, 20 * u.deg)


def exposure(where: SkyCoord, minute: float, band: str = "g", detectors=range(64), limit=None):
    return ExecutedExposure(
        exposure_id=f"{minute}",
        field_id=-1,
        ra=where.ra,
        dec=where.dec,
        filter=band,
        start=START + minute * u.min,
        exposure_time=30 * u.s,
        detectors=np.array(detectors, dtype=np.int64),
        limiting_magnitude=limit,
    )


def test_nothing_covers_nothing():
    covered = coverage(SKYMAP, ZTF, [])
    assert covered.exposures == 0
    assert covered.probability == covered.probability_twice == 0
    assert covered.area == covered.area_twice == 0 * u.deg**2
    assert covered.exposure_time == 0 * u.s
    assert covered.first is covered.last is covered.starts is None
    assert covered.series.shape == (0, 2)
    assert covered.by_filter_json() == {}
    assert covered.series_json() == []


def test_one_exposure_covers_its_camera_once():
    covered = coverage(SKYMAP, ZTF, [exposure(CENTER, 5, limit=20.5)])
    exact = detector_ranges(ZTF, CENTER, 13)
    assert covered.probability == pytest.approx(SKYMAP.probability_in(exact), abs=5e-4)
    assert u.isclose(covered.area, exact.area, rtol=1e-3)
    assert covered.probability_twice == 0
    assert covered.area_twice == 0 * u.deg**2
    assert covered.series_json() == [["2026-11-22T02:05:00.000Z", covered.probability, 0.0]]
    json.dumps([covered.series_json(), covered.by_filter_json()], allow_nan=False)


def test_what_is_seen_again_is_seen_twice():
    visits = [exposure(CENTER, 5, "g"), exposure(CENTER, 40, "r")]
    covered = coverage(SKYMAP, ZTF, visits)
    assert covered.probability_twice == pytest.approx(covered.probability)
    assert u.isclose(covered.area_twice, covered.area)
    assert list(covered.filters) == ["g", "r"]
    for part in covered.filters.values():
        assert part.exposures == 1
        assert part.probability == pytest.approx(covered.probability)
        assert part.probability_twice == 0
        assert part.limiting_magnitude is None
        assert u.isclose(part.area, covered.area)


def test_only_good_detectors_count():
    west, east = [exposure(CENTER, 0, detectors=half) for half in (range(32), range(32, 64))]
    whole = coverage(SKYMAP, ZTF, [exposure(CENTER, 0)])
    both = coverage(SKYMAP, ZTF, [west, east])
    assert both.probability == pytest.approx(whole.probability)
    assert both.probability_twice == pytest.approx(0, abs=1e-12)
    none = exposure(CENTER, 3, detectors=[])
    odd = exposure(CENTER, 3, detectors=[64, -1, 1000])
    assert coverage(SKYMAP, ZTF, [none, odd]).exposures == 0
    assert coverage(SKYMAP, ZTF, [west, none, odd]).exposures == 1


def test_the_account_of_a_night():
    night = [
        exposure(CENTER, 50, "r", limit=20.0),
        exposure(CENTER, 10, "g", limit=20.4),
        exposure(CENTER.directional_offset_by(90 * u.deg, 7 * u.deg), 30, "g", limit=20.8),
        exposure(CENTER, 70, "r"),
    ]
    covered = coverage(SKYMAP, ZTF, night)
    assert covered.exposures == 4
    assert covered.exposure_time == 120 * u.s
    assert covered.first.isot == "2026-11-22T02:10:00.000"
    assert covered.last.isot == "2026-11-22T03:10:00.000"
    assert covered.filters["g"].limiting_magnitude == pytest.approx(20.6)
    assert covered.filters["r"].limiting_magnitude == pytest.approx(20.0)
    assert covered.filters["r"].probability_twice > 0.1
    assert covered.filters["g"].probability_twice < covered.filters["r"].probability_twice
    # In the order of time, whatever the order of the list.
    assert np.all(np.diff(covered.series, axis=0) >= 0)
    assert covered.series[0, 0] == pytest.approx(covered.filters["r"].probability)
    assert covered.series[1, 0] > covered.series[0, 0]
    assert covered.series[2, 0] == covered.series[1, 0]
    assert_allclose(covered.series[-1], [covered.probability, covered.probability_twice])


@settings(max_examples=12)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 90), st.integers(0, 3)), max_size=8))
def test_laws_of_coverage(entries):
    offsets = CENTER.directional_offset_by(np.arange(6) * 60 * u.deg, 5 * u.deg)
    masks = [range(64), range(0, 64, 2), range(20), [7]]
    night = [exposure(offsets[i], t, "gr"[t % 2], masks[m]) for i, t, m in entries]
    covered = coverage(SKYMAP, ZTF, night)
    assert 0 <= covered.probability_twice <= covered.probability <= 1
    assert covered.area_twice <= covered.area
    assert SKYMAP.probability_in(covered.once) == pytest.approx(covered.probability, abs=1e-9)
    assert SKYMAP.probability_in(covered.twice) == pytest.approx(
        covered.probability_twice, abs=1e-9
    )
    assert len(covered.twice.difference(covered.once)) == 0
    reordered = coverage(SKYMAP, ZTF, night[::-1])
    assert reordered.probability == pytest.approx(covered.probability)
    assert np.array_equal(reordered.once.lo, covered.once.lo)
    doubled = coverage(SKYMAP, ZTF, night + night)
    assert np.array_equal(doubled.twice.lo, covered.once.lo)
    assert np.array_equal(doubled.once.lo, covered.once.lo)
    for part in covered.filters.values():
        assert part.probability <= covered.probability + 1e-12


def test_what_is_left_is_the_map_without_what_was_seen():
    covered = coverage(SKYMAP, ZTF, [exposure(CENTER, 0)])
    left = SKYMAP.without(covered.once)
    assert left.metadata["probability_left"] == pytest.approx(1 - covered.probability)
    assert coverage(left, ZTF, [exposure(CENTER, 0)]).probability < 0.01


def test_several_telescopes_add_up():
    square = np.array([[(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]])
    other = dataclasses.replace(ZTF, footprint=Footprint(np.array([0]), square * u.deg))
    near = exposure(CENTER, 20, "i", [0])
    far = exposure(CENTER.directional_offset_by(0 * u.deg, 9 * u.deg), 25, "i", [0])
    ours = exposure(CENTER, 10)
    both = combined_coverage(SKYMAP, [(ZTF, [ours]), (other, [near, far])])
    alone = coverage(SKYMAP, ZTF, [ours])
    small = coverage(SKYMAP, other, [far])
    assert both.exposures == 3
    assert both.probability == pytest.approx(alone.probability + small.probability, abs=2e-3)
    # What the small camera saw within the large one is what has been seen twice.
    assert 0.5 * u.deg**2 < both.area_twice < 1.001 * u.deg**2
    assert both.twice.difference(detector_ranges(other, CENTER, 14)).area < 0.02 * u.deg**2
    assert both.starts.isot[0] == "2026-11-22T02:10:00.000"


def test_a_part_of_what_was_laid_out_is_as_if_it_were_alone():
    night = [
        exposure(CENTER.directional_offset_by(40 * k * u.deg, 3 * u.deg), 10 * k, "gr"[k % 2])
        for k in range(8)
    ]
    sky = ObservedSky.of(SKYMAP, [(ZTF, night)])
    part, alone = sky.coverage(lambda item: item.filter == "g"), coverage(SKYMAP, ZTF, night[::2])
    assert part.exposures == alone.exposures == 4
    # The cells of few pointings are finer than those of many.
    assert part.probability == pytest.approx(alone.probability, abs=2e-3)
    assert sky.coverage().probability == coverage(SKYMAP, ZTF, night).probability


def test_depth_is_the_probability_within_the_deepest_exposures():
    away = CENTER.directional_offset_by(90 * u.deg, 4 * u.deg)
    night = [
        exposure(CENTER, 0, limit=20.1), exposure(CENTER, 30, limit=19.3),
        exposure(away, 60, limit=20.9), exposure(away, 90, "r", limit=22.0),
        exposure(away, 120),
    ]  # fmt: skip
    sky = ObservedSky.of(SKYMAP, [(ZTF, night)])
    both = sky.coverage(lambda item: item.filter == "g").probability
    one = sky.coverage(lambda item: item.limiting_magnitude == 20.9).probability
    limits = dict(sky.depths("g"))
    assert list(limits) == [20.0, 20.25, 20.5, 20.75]
    assert limits[20.0] == pytest.approx(both)
    assert limits[20.25] == limits[20.75] == pytest.approx(one)
    assert sky.depths("i") == []


def test_starts_in_another_scale_are_put_in_order():
    # Atomic time shows 37 s more than UTC.
    earlier = dataclasses.replace(exposure(CENTER, 0), start=(START - 1 * u.s).tai)
    covered = coverage(SKYMAP, ZTF, [exposure(CENTER, 0, "r"), earlier])
    assert list(covered.filters) == ["g", "r"]
    assert covered.first.isot == "2026-11-22T01:59:59.000"


def painted(skymap, night, order: int) -> tuple[float, float, float, float]:
    """Probability and area (deg2) seen once and twice, pixel by pixel with healpy."""
    nside = 1 << order
    count = np.zeros(12 * nside**2, dtype=np.int8)
    for exposed in night:
        good = np.isin(ZTF.footprint.detector_id, exposed.detectors)
        corners = unit_vectors(detector_polygons(ZTF, exposed.ra, exposed.dec)[good])
        seen = [healpy.query_polygon(nside, polygon, nest=True) for polygon in corners]
        count[np.unique(np.concatenate(seen))] += 1
    pixel = np.flatnonzero(count)
    shift = 2 * (29 - order)
    weight = skymap.cumulative((pixel + 1) << shift) - skymap.cumulative(pixel << shift)
    twice = count[pixel] >= 2
    area = healpy.nside2pixarea(nside, degrees=True)
    return weight.sum(), weight[twice].sum(), len(pixel) * area, twice.sum() * area


NIGHTS = {
    "gw/MS220722v_bayestar.multiorder.fits": 1,
    "gw/S190814bv_5_LALInference.v1.fits.gz": 2,
    "simulated/bns_00131deg2_10106.multiorder.fits": 3,
    "simulated/bns_00507deg2_10102.multiorder.fits": 4,
}


@pytest.mark.parametrize("name", NIGHTS)
def test_coverage_is_that_of_an_independent_rasterization(corpus, name):
    skymap = read_skymap((corpus / "skymaps" / name).read_bytes())
    random = np.random.default_rng(NIGHTS[name])
    grid = ZTF.read_grid()
    near = np.argsort(grid.coord.separation(skymap.peak()).deg)[:24]
    night = []
    for i, field in enumerate(random.choice(near, 24)):
        good = random.choice(64, 64 if i % 3 else 60, replace=False)
        night.append(exposure(grid.coord[field], i, "gr"[i % 2], good))
    covered = coverage(skymap, ZTF, night)
    once, twice, area_once, area_twice = painted(skymap, night, 11)
    assert covered.probability == pytest.approx(once, abs=0.002)
    assert covered.probability_twice == pytest.approx(twice, abs=0.002)
    assert covered.area.to_value(u.deg**2) == pytest.approx(area_once, rel=0.002)
    assert covered.area_twice.to_value(u.deg**2) == pytest.approx(area_twice, rel=0.002)
