"""Kinds of sources: what papers say of them, and how people write their own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planners.detection import SOURCES, source_model
from planners.detection.sources import EXTINCTION, days_from, gained_depth


def test_the_kilonova_of_gw170817_is_as_bright_as_it_was_seen():
    # Coulter et al. 2017, Science 358, 1556: i = 17.476 at 0.452 d, seen through the Galaxy's dust.
    model = SOURCES["gw170817"]
    apparent = model.magnitude("i", 0.47) + 33.05 + EXTINCTION["i"] * 0.109
    assert apparent == pytest.approx(17.476, abs=0.02)
    # Kasliwal et al. 2020, ApJ 905, 145: -16.1 mag at discovery, fading by a magnitude a day in g.
    assert model.magnitude("g", 0.5) == pytest.approx(-16.1, abs=0.2)
    assert model.magnitude("g", 2.5) - model.magnitude("g", 1.5) > 1


def test_as_many_afterglows_are_faint_as_are_found_to_be():
    # Wang et al. 2013, ApJ 774, 132: 63 % fainter than 22 mag, 25 % than 25 mag, after 1000 s.
    model = SOURCES["afterglow"]
    drawn = np.random.default_rng(1).normal(
        model.magnitude("r", 1000 / 86400), model.spread, 100_000
    )
    assert np.mean(drawn > 22) == pytest.approx(0.63, abs=0.01)
    assert np.mean(drawn > 25) == pytest.approx(0.25, abs=0.01)


@given(st.floats(200, 1e6))
def test_the_flux_of_an_afterglow_falls_as_one_over_time(seconds):
    model = SOURCES["afterglow"]
    fainter = model.magnitude("g", 2 * seconds / 86400) - model.magnitude("g", seconds / 86400)
    assert fainter == pytest.approx(2.5 * np.log10(2))


@pytest.mark.parametrize("name", list(SOURCES))
def test_no_kind_is_brighter_before_the_trigger(name):
    model = SOURCES[name]
    assert np.all(model.magnitude("r", days_from(3600.0, [0.0, 1800.0])) == model.magnitude("r", 0))


def test_own_kinds():
    model = source_model(" -17.5, 0.5, 2 ")
    assert model.magnitude("z", [0, 0.5, 3]).tolist() == [-17.5, -16.5, -11.5]
    assert (model.spread, model.is_absolute) == (0.5, True)
    assert source_model("\N{MINUS SIGN}16").magnitude("g", 5) == -16
    assert source_model("Kilonova") is SOURCES["kilonova"]


@pytest.mark.parametrize(
    "text", ["", "nova", "-16,1,1,1", "-16;1", "1e400", "-16, -1", "-16, 1, 99", "nan"]
)
def test_what_names_no_kind_is_refused_with_what_is_known(text):
    with pytest.raises(ValueError, match=r"kilonova|An absolute magnitude"):
        source_model(text)


def test_four_times_the_exposure_goes_three_quarters_of_a_magnitude_deeper():
    assert gained_depth(4) == pytest.approx(2.5 * np.log10(2))
