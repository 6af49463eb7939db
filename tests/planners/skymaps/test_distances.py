from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import quad

from planners.geometry.ranges import HIGHEST_ORDER
from planners.skymaps.distances import conditional_moments, moment_ratios
from planners.skymaps.files import read_skymap
from planners.skymaps.skymap import SkyMap
from tests.planners.oracles import ligo_skymap, ligo_table
from tests.strategies import skymaps


def test_conditional_moments_are_ligo_skymaps():
    random = np.random.default_rng(3)
    distmu = random.uniform(-300, 600, 2000)
    distsigma = random.uniform(20, 200, 2000)
    mean, std = conditional_moments(distmu, distsigma)
    their_mean, their_std, _ = ligo_skymap().distance.parameters_to_moments(distmu, distsigma)
    assert_allclose(mean, their_mean, rtol=1e-7)
    # Where DISTMU is far below zero, theirs loses digits.
    assert_allclose(std, their_std, rtol=1e-5)


@pytest.mark.parametrize("z", [-20.0, -5.0, -3.0001, -2.9999, -1.0, 0.0, 0.5, 4.0, 30.0])
def test_moments_are_those_of_the_integral(z):
    # The peak of the integrand is scaled out, or it would underflow far below zero.
    peak = (z + np.sqrt(z**2 + 12)) / 2

    def integrand(x: float, n: int) -> float:
        return (x / peak) ** n * np.exp(-0.5 * ((x - z) ** 2 - (peak - z) ** 2))

    moment = [
        quad(integrand, max(0, peak - 12), peak + 12, args=(n,), epsabs=0, epsrel=1e-12)[0]
        for n in (2, 3, 4)
    ]
    ratio_3, ratio_4 = moment_ratios(np.array([z]))
    assert ratio_3[0] == pytest.approx(peak * moment[1] / moment[0], rel=1e-10)
    assert ratio_4[0] == pytest.approx(peak * moment[2] / moment[1], rel=1e-10)


@given(st.floats(-1e4, 1e4), st.floats(1e-2, 1e4))
def test_moments_are_finite_and_in_order(distmu, distsigma):
    mean, std = conditional_moments(np.array([distmu]), np.array([distsigma]))
    assert 0 < mean[0] < np.inf
    assert 0 <= std[0] <= 2 * distsigma
    # The factor r^2 only draws the mean outwards.
    assert mean[0] >= distmu * (1 - 1e-12)


@pytest.mark.parametrize("z", [9e3, 1.1e4, 1e9])
def test_a_narrow_distance_keeps_its_width(z):
    mean, std = conditional_moments(np.array([z]), np.array([1.0]))
    assert mean[0] == pytest.approx(z + 2 / z, rel=1e-12)
    assert std[0] == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize(
    ("distmu", "distsigma", "distnorm"),
    [
        (np.nan, 1, 1),
        (1, np.nan, 1),
        (1, 1, np.nan),
        (-np.inf, 1, 1),
        (1, np.inf, 1),
        (1, 0, 1),
        (1, -5, 1),
        (1, 1e-300, 1),
        (1e300, 1, 1),
        (1, 1, np.inf),
    ],
)
def test_distances_that_cannot_be_are_unknown(distmu, distsigma, distnorm):
    distance = np.array([100, distmu]), np.array([10, distsigma]), np.array([1e-4, distnorm])
    skymap = SkyMap.normalized((np.array([0, 5]), np.array([5, 9])), np.ones(2), distance)
    assert (skymap.distmu[1], skymap.distsigma[1], skymap.distnorm[1]) == (np.inf, 1, 0)
    mean, std = skymap.distance_moments()
    assert mean.to_value(u.Mpc) == pytest.approx(102, rel=0.001)
    assert std.to_value(u.Mpc) == pytest.approx(9.9, rel=0.01)


@pytest.mark.parametrize("distmu", [np.inf, -np.inf, np.nan])
def test_what_is_unknown_stays_harmless(distmu):
    mean, std = conditional_moments(np.array([distmu, 100.0]), np.array([1.0, 10.0]))
    assert (mean[0], std[0]) == (np.inf, 1.0)
    assert mean[1] == pytest.approx(102, rel=0.01)


def test_the_marginal_distance_is_ligo_skymaps(corpus):
    path = corpus / "skymaps" / "gw" / "MS220722v_bayestar.multiorder.fits"
    mean, std = read_skymap(path.read_bytes()).distance_moments()
    table = ligo_table(path)
    area = ligo_skymap().moc.uniq2pixarea(table["UNIQ"])
    columns = [np.asarray(table[name]) for name in ("DISTMU", "DISTSIGMA")]
    probability = np.asarray(table["PROBDENSITY"]) * area
    # Theirs leaves out pixels of unknown distance, without scaling the rest up to one.
    probability = probability / probability[np.isfinite(columns[0])].sum()
    expected = ligo_skymap().distance.parameters_to_marginal_moments(probability, *columns)
    assert mean.to_value(u.Mpc) == pytest.approx(expected[0], rel=1e-6)
    assert std.to_value(u.Mpc) == pytest.approx(expected[1], rel=1e-5)


@given(skymaps(distances=True))
def test_the_marginal_moments_are_those_of_the_mixture(skymap):
    moments = skymap.distance_moments()
    known = np.isfinite(skymap.distmu)
    if moments is None:
        assert not known.any()
        return
    mean, std = conditional_moments(skymap.distmu[known], skymap.distsigma[known])
    weight = skymap.probability[known] / skymap.probability[known].sum()
    expected = np.sum(weight * mean)
    assert moments[0].to_value(u.Mpc) == pytest.approx(expected, rel=1e-9)
    second = np.sum(weight * (std**2 + mean**2))
    assert moments[1].to_value(u.Mpc) == pytest.approx(np.sqrt(second - expected**2), rel=1e-6)


def test_the_distance_along_a_line_of_sight():
    shift = 2 * HIGHEST_ORDER
    cells = np.arange(3)
    distance = np.array([100.0, np.nan, 300.0]), np.full(3, 10.0), np.full(3, 1e-5)
    skymap = SkyMap.normalized((cells << shift, (cells + 1) << shift), np.ones(3), distance)
    # One position in each of the first three base pixels, one outside the map.
    where = SkyCoord([45, 135, 225, 315] * u.deg, [41, 41, 41, 41] * u.deg)
    mean, std = skymap.distance_at(where)
    assert_allclose(mean.to_value(u.Mpc), [102, np.inf, 300.7, np.inf], rtol=1e-3)
    assert_allclose(std.to_value(u.Mpc), [9.9, 1, 10, 1], rtol=0.01)


def test_a_map_without_distances_says_so():
    skymap = SkyMap.normalized((np.array([0]), np.array([5])), np.ones(1))
    assert skymap.distance_moments() is None
    assert skymap.distance_at(SkyCoord(0 * u.deg, 0 * u.deg)) is None
