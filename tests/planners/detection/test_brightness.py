"""How likely a source is within a limit: against ligo.skymap, and against drawn sources."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planners.detection import SOURCES, source_model
from planners.detection.brightness import detectable, nearer_than
from planners.skymaps.skymap import SkyMap
from tests.planners.oracles import ligo_skymap

REACHES = np.array([1.0, 30.0, 100.0, 200.0, 400.0, 3000.0])


@given(st.floats(-300, 1000), st.floats(20, 400))
def test_distances_are_as_ligo_skymap_has_them(distmu, distsigma):
    distance = ligo_skymap().distance
    norm = distance.parameters_to_moments(distmu, distsigma)[2]
    known = distance.conditional_cdf(REACHES, distmu, distsigma, norm)
    found = nearer_than(REACHES, np.array([distmu]), np.array([distsigma]))[0]
    # Where almost nothing is above zero, the shape is that of the tail, to a few per cent.
    tolerance = 1e-3 if distmu > -6 * distsigma else 0.05
    np.testing.assert_allclose(found, known, atol=tolerance)


@given(st.floats(-300, 1000), st.floats(5, 400))
def test_farther_is_never_less_likely(distmu, distsigma):
    found = nearer_than(np.linspace(1, 5000, 200), np.array([distmu]), np.array([distsigma]))[0]
    assert np.all(np.diff(found) >= -1e-9)
    assert 0 <= found[0] <= found[-1] <= 1


def one_cell(distmu, distsigma):
    cell = np.array([5])
    values = (np.array([float(distmu)]), np.array([float(distsigma)]), np.array([1.0]))
    return SkyMap.normalized((cell << 50, (cell + 1) << 50), np.ones(1), values)


def test_drawn_sources_are_found_as_often():
    source = source_model("-16, 1.3, 0")
    rng = np.random.default_rng(4)
    # r^2 N(r; 200, 60), by rejection.
    r = rng.uniform(0, 600, 2_000_000)
    r = r[rng.uniform(0, 1, len(r)) < (r / 600) ** 2 * np.exp(-0.5 * ((r - 200) / 60) ** 2)]
    quantity = 5 * np.log10(r) + 25 + rng.normal(0, source.spread, len(r))
    limits = np.array([34.0, 35.5, 36.5, 37.5, 39.0])
    found = detectable(one_cell(200, 60), np.array([0]), source, limits)[0]
    drawn = np.mean(quantity[:, None] < limits, axis=0)
    np.testing.assert_allclose(found, drawn, atol=0.004)


def test_an_afterglow_needs_no_distance():
    source = SOURCES["afterglow"]
    flat = SkyMap.normalized((np.array([0]), np.array([1 << 58])), np.ones(1))
    found = detectable(flat, np.array([0]), source, np.array([-3.0, 0.0, 3.0]))[0]
    np.testing.assert_allclose(found, [0.1587, 0.5, 0.8413], atol=1e-4)


def test_what_is_known_of_no_distance_counts_as_the_others():
    cells = np.arange(2)
    distance = np.array([200.0, np.inf]), np.array([50.0, 1.0]), np.array([1.0, 0.0])
    skymap = SkyMap.normalized((cells << 50, (cells + 1) << 50), np.ones(2), distance)
    found = detectable(skymap, cells, SOURCES["flat"], np.array([36.0, 37.0]))
    np.testing.assert_allclose(found[0], found[1])


def test_without_any_distance_it_is_said():
    flat = SkyMap.normalized((np.array([0]), np.array([1 << 58])), np.ones(1))
    with pytest.raises(ValueError, match="no distances"):
        detectable(flat, np.array([0]), SOURCES["flat"], np.array([36.0]))
