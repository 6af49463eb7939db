"""What telescope time buys: the curve, its bound, and the plans that it promises."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from hypothesis import HealthCheck, given, settings

from planners import plan, probability_curve
from telescopes import ZTF
from tests.planners.cases import NIGHTS, blob, request_for, requests, skymaps, whole_sky


@pytest.fixture(scope="module")
def skymap():
    return blob(150.0, 40.0, 8.0)


@pytest.fixture(scope="module")
def curve(skymap):
    return probability_curve(skymap, "ZTF", request_for(NIGHTS[1], 12))


def test_it_goes_from_one_field_to_the_whole_window(curve, skymap):
    whole = plan(skymap, "ZTF", request_for(NIGHTS[1], 12))
    assert len(curve.telescope_time) == 15
    # One field in g and r: two exposures and a filter exchange.
    exchange = ZTF.overheads.filter_exchange
    assert 60 * u.s + exchange <= curve.telescope_time[0] < 120 * u.s + exchange
    assert curve.exposures[0] == 2
    assert curve.probability_all_filters[-1] == pytest.approx(
        whole.statistics["probability_all_filters"], abs=2e-3
    )


def test_the_bound_is_near(curve):
    gap = 1 - curve.probability_all_filters / curve.upper_bound
    assert np.all(gap > -1e-9)
    # Of a handful of exposures the last one that does not fit is much.
    assert np.all(gap[5:] < 0.1)
    assert gap[-1] < 0.01


@pytest.mark.parametrize("k", [4, 7, 10])
def test_a_plan_of_as_much_time_covers_as_much(curve, skymap, k):
    budget = curve.telescope_time[k]
    chosen = plan(skymap, "ZTF", request_for(NIGHTS[1], 12, maximum_time=budget))
    covered = chosen.statistics["probability_all_filters"]
    # It may give up two per cent to cover more of it early.
    assert covered > 0.97 * curve.probability_all_filters[k]
    assert chosen.statistics["total_time"] <= budget.to_value(u.s)


def test_what_more_time_adds_falls_and_the_knee_is_before_the_end(curve):
    gain = curve.gain.to_value(1 / u.h)
    assert gain[:5].max() > 5 * gain[-3] >= 0
    assert gain[-1] == 0
    assert 0 < curve.knee < 14
    # A quarter of the time buys most of it.
    assert curve.telescope_time[curve.knee] < 0.5 * curve.telescope_time[-1]
    assert curve.probability_all_filters[curve.knee] > 0.7 * curve.probability_all_filters[-1]


def test_a_budget_is_its_end(skymap):
    budget = 40 * u.min
    curve = probability_curve(skymap, ZTF, request_for(NIGHTS[1], 12, maximum_time=budget))
    assert 30 * u.min < curve.telescope_time[-1] <= budget


def test_what_a_request_stops_at_does_not_end_it(curve, skymap):
    asked = request_for(NIGHTS[1], 12, minimum_gain=0.2 / u.h, target_probability=0.2)
    assert np.allclose(
        probability_curve(skymap, ZTF, asked).probability_all_filters,
        curve.probability_all_filters,
    )


def test_where_nothing_is_up_there_is_none():
    assert probability_curve(blob(120.0, -80.0, 2.0), ZTF, request_for(NIGHTS[1], 12)) is None


def test_it_prints(curve):
    table = curve.to_table()
    assert table.colnames[:2] == ["telescope_time", "exposures"]
    assert table["gain"].unit == 1 / u.h


@settings(max_examples=12, derandomize=True, suppress_health_check=list(HealthCheck))
@given(skymap=skymaps(), request=requests(longest=4.0))
def test_it_never_falls_and_never_exceeds_its_bound(skymap, request):
    curve = probability_curve(skymap, ZTF, request)
    if curve is None:
        return
    assert np.all(np.diff(curve.telescope_time) >= 0 * u.s)
    for values in (curve.probability_all_filters, curve.upper_bound):
        assert np.all(np.diff(values) >= -1e-12)
    assert np.all(curve.probability_all_filters <= curve.upper_bound + 1e-9)
    assert np.all(curve.probability >= curve.probability_all_filters - 1e-9)
    if request.maximum_time is not None:
        assert curve.telescope_time[-1] <= request.maximum_time + 1e-6 * u.s


def test_a_sky_of_ten_thousand_square_degrees_needs_many_fields():
    curve = probability_curve(whole_sky(), ZTF, request_for(NIGHTS[1], 3))
    # Of a uniform sky every field is like every other: the curve is nearly straight.
    share = curve.probability_all_filters / curve.telescope_time.to_value(u.s)
    assert share[-1] > 0.5 * share[4:].max()
