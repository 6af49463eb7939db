"""Levels in the volume: uniform for what is drawn from the map, and those of ligo.skymap."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from counterparts.levels.volume import VolumeLevels
from planners.geometry.directions import sky_coord
from planners.geometry.polygons import cell_centers
from planners.geometry.ranges import HIGHEST_ORDER, Ranges
from planners.skymaps.circles import circle_skymap
from planners.skymaps.files import read_skymap
from planners.skymaps.skymap import SkyMap
from tests.planners.oracles import ligo_skymap, ligo_table

MAPS = (
    "simulated/bns_00131deg2_10106.multiorder.fits",
    "simulated/nsbh_00077deg2_10107.multiorder.fits",
    "simulated/bbh_00219deg2_10103.multiorder.fits",
    "gw/S190425z_bayestar.fits.gz",
    "gw/S190814bv_5_LALInference.v1.fits.gz",
)


def drawn(skymap: SkyMap, n: int, seed: int = 1) -> tuple[SkyCoord, u.Quantity]:
    """Places that a map says sources are at."""
    random, distance = np.random.default_rng(seed), ligo_skymap().distance
    known = np.isfinite(skymap.distmu) & (skymap.distnorm > 0)
    weight = np.where(known, skymap.probability, 0.0)
    cell = random.choice(len(weight), n, p=weight / weight.sum())
    offset = random.uniform(0, 1, n) * (skymap.hi - skymap.lo)[cell]
    index = skymap.lo[cell] + offset.astype(np.int64)
    mu, sigma = skymap.distmu[cell], skymap.distsigma[cell]
    norm = distance.parameters_to_moments(mu, sigma)[2]
    r = distance.conditional_ppf(random.uniform(0, 1, n), mu, sigma, norm)
    return sky_coord(cell_centers(HIGHEST_ORDER, index)), r * u.Mpc


@pytest.mark.parametrize("name", MAPS)
def test_levels_of_what_the_map_draws_are_uniform(corpus, name):
    skymap = read_skymap(corpus / "skymaps" / name)
    levels = VolumeLevels(skymap).levels_at(*drawn(skymap, 4000))
    assert kstest(levels, "uniform").pvalue > 0.01


def test_levels_are_those_of_ligo_skymap(corpus):
    """Its grid of distances is coarse, and ends where its farthest object is."""
    path = corpus / "skymaps" / MAPS[0]
    skymap = read_skymap(path)
    coord, r = drawn(skymap, 300)
    table = ligo_table(path)
    there = SkyCoord(coord, distance=r)
    theirs = ligo_skymap().crossmatch(table, there).searched_prob_vol
    ours = VolumeLevels(skymap).levels_at(coord, r)
    assert np.median(np.abs(ours - theirs)) < 0.003
    assert np.mean((ours < 0.9) == (theirs < 0.9)) > 0.99


def test_no_other_place_changes_a_level(corpus):
    skymap = read_skymap(corpus / "skymaps" / MAPS[0])
    coord, r = drawn(skymap, 50)
    alone = VolumeLevels(skymap).levels_at(coord[:1], r[:1])
    far = np.append(r.to_value(u.Mpc), 20_000.0) * u.Mpc
    beside = VolumeLevels(skymap).levels_at(
        SkyCoord(np.append(coord.ra, coord.ra[:1]), np.append(coord.dec, coord.dec[:1])), far
    )
    assert beside[0] == alone[0]
    assert beside[-1] == 1.0


def shell(mu: float, sigma: float, cells: int = 12) -> SkyMap:
    """The whole sky alike, with one law of distances."""
    sky = Ranges.of_cells(0, np.arange(cells))
    lo = np.arange(cells, dtype=np.int64) << 58
    hi = lo + (1 << 58)
    assert len(sky) == 1
    norm = ligo_skymap().distance.parameters_to_moments(mu, sigma)[2]
    ones = np.ones(cells)
    return SkyMap.normalized((lo, hi), ones, (mu * ones, sigma * ones, norm * ones))


@settings(max_examples=60)
@given(st.floats(-15, 10), st.floats(1, 500))
def test_of_one_law_of_distances_the_level_is_that_of_an_interval(ratio: float, sigma: float):
    """Where all directions are alike, denser than r is what lies nearer to mu than r."""
    distance, mu = ligo_skymap().distance, ratio * sigma
    skymap = shell(mu, sigma)
    norm = float(skymap.distnorm[0])
    r = distance.conditional_ppf(np.array([0.02, 0.3, 0.5, 0.8, 0.99]), mu, sigma, norm)
    away = np.abs(r - mu)
    expected = distance.conditional_cdf(mu + away, mu, sigma, norm) - distance.conditional_cdf(
        np.maximum(mu - away, 0), mu, sigma, norm
    )
    there = SkyCoord(np.full(5, 10) * u.deg, np.full(5, 20) * u.deg)
    found = VolumeLevels(skymap).levels_at(there, r * u.Mpc)
    assert found == pytest.approx(expected, abs=2e-3)


def test_outside_of_the_map_and_without_a_distance_it_is_one(corpus):
    skymap = read_skymap(corpus / "skymaps" / MAPS[1])
    coord, r = drawn(skymap, 3)
    levels = VolumeLevels(skymap)
    opposite = SkyCoord(coord.ra + 180 * u.deg, -coord.dec)
    assert levels.levels_at(opposite, r) == pytest.approx(1, abs=3e-3)
    assert list(levels.levels_at(coord, [-1, np.nan, np.inf] * u.Mpc)) == [1, 1, 1]


def test_a_map_without_distances_is_refused():
    with pytest.raises(ValueError, match="no distances"):
        VolumeLevels(circle_skymap(10 * u.deg, 10 * u.deg, 5 * u.deg, containment=0.9))
