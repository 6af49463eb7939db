"""Plans that stop: where more time adds too little, or at a probability that is enough."""

from __future__ import annotations

from dataclasses import replace

import pytest
from astropy import units as u
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planners import PLANNERS
from planners.problem.requests import RequestInvalid
from telescopes import TELESCOPES, ZTF
from telescopes.observing_plan import ExecutedExposure, Reason
from tests.planners.cases import NIGHTS, blob, request_for, requests, ring, skymaps
from tests.planners.checker import violations

PERCENT_IN_TEN_MINUTES = 0.01 / (10 * u.min)


def asked(**stops):
    return request_for(NIGHTS[1], 12, **stops)


def covered(plan):
    return plan.statistics["probability_all_filters"]


@pytest.fixture(scope="module")
def skymap():
    return blob(150.0, 40.0, 8.0)


@pytest.fixture(scope="module")
def whole(skymap):
    return PLANNERS["optimal"](skymap, ZTF, asked())


@pytest.mark.parametrize("planner", ["optimal", "greedy"])
@pytest.mark.parametrize("target", [0.3, 0.6, 0.8])
def test_a_target_is_reached_and_hardly_exceeded(skymap, whole, planner, target):
    plan = PLANNERS[planner](skymap, ZTF, asked(target_probability=target))
    assert violations(plan, ZTF) == []
    assert target <= covered(plan) < covered(whole)
    assert plan.statistics["total_time"] < whole.statistics["total_time"]
    left = {one.reason for one in plan.unobserved if one.probability > 0.003}
    assert left == {Reason.TARGET_REACHED}
    # It ends within one field of the target.
    assert covered(plan) - target < max(exposure.probability for exposure in plan.exposures)


def test_more_is_wanted_the_longer_it_takes(skymap):
    plans = [
        PLANNERS["optimal"](skymap, ZTF, asked(target_probability=target))
        for target in (0.2, 0.4, 0.6, 0.8)
    ]
    times = [plan.statistics["total_time"] for plan in plans]
    assert times == sorted(times)
    # The bound is that of as much telescope time, and near.
    for plan in plans:
        assert covered(plan) <= plan.statistics["upper_bound"]
        assert plan.statistics["upper_bound"] < 1.35 * covered(plan)


def test_what_was_observed_before_may_be_enough(skymap, whole):
    target = 0.9 * covered(whole)
    observed = tuple(
        ExecutedExposure(
            exposure_id=str(number), field_id=exposure.field_id, ra=exposure.ra, dec=exposure.dec,
            filter=exposure.filter, start=exposure.start, exposure_time=exposure.exposure_time,
            detectors=ZTF.footprint.detector_id,
        )
        for number, exposure in enumerate(whole.exposures)
    )  # fmt: skip
    plan = PLANNERS["optimal"](skymap, ZTF, asked(target_probability=target, observed=observed))
    assert plan.exposures == ()
    assert plan.remark.startswith("What was observed before covers 9")


def test_a_target_that_nothing_reaches_is_no_limit(skymap, whole):
    plan = PLANNERS["optimal"](skymap, ZTF, asked(target_probability=1.0))
    assert covered(plan) == pytest.approx(covered(whole), rel=0.02)
    assert Reason.TARGET_REACHED not in {one.reason for one in plan.unobserved}


def test_a_plan_stops_where_ten_minutes_add_less_than_one_per_cent(skymap, whole):
    plan = PLANNERS["optimal"](skymap, ZTF, asked(minimum_gain=PERCENT_IN_TEN_MINUTES))
    assert violations(plan, ZTF) == []
    saved = whole.statistics["total_time"] - plan.statistics["total_time"]
    lost = covered(whole) - covered(plan)
    assert saved > 1800
    # What was left out was not worth its time; what is left is.
    assert lost < 0.01 * saved / 600
    assert covered(plan) > 0.01 * plan.statistics["total_time"] / 600
    reasons = {one.reason for one in plan.unobserved if one.probability > 0.001}
    assert Reason.BELOW_WORTH in reasons
    assert Reason.NO_TIME not in reasons


@pytest.mark.parametrize("factor", [2.0, 5.0])
def test_who_asks_for_more_gets_a_shorter_plan(skymap, factor):
    times = [
        PLANNERS["optimal"](skymap, ZTF, asked(minimum_gain=gain)).statistics["total_time"]
        for gain in (PERCENT_IN_TEN_MINUTES, factor * PERCENT_IN_TEN_MINUTES)
    ]
    assert times[1] < times[0]


def test_nothing_is_worth_it_and_the_plan_says_what_is_most():
    plan = PLANNERS["optimal"](
        ring(150.0, 20.0, 60.0, 8.0), TELESCOPES["WINTER"],
        request_for(NIGHTS[1], 12, ("J",), 960, minimum_gain=PERCENT_IN_TEN_MINUTES),
    )  # fmt: skip
    assert plan.exposures == ()
    assert plan.remark.startswith("Nothing adds 1 % in 10 minutes of telescope time: the most")


@pytest.mark.parametrize(
    ("stop", "fault"),
    [
        ({"target_probability": 0.0}, "the probability to stop at .* not 0$"),
        ({"target_probability": 1.2}, "the probability to stop at .* not 1.2"),
        ({"minimum_gain": -1 / u.h}, "the gain to stop at"),
    ],
)
def test_what_cannot_be_is_refused(skymap, stop, fault):
    with pytest.raises(RequestInvalid, match=fault):
        PLANNERS["greedy"](skymap, ZTF, asked(**stop))


@settings(max_examples=15, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    skymap=skymaps(),
    request=requests(longest=4.0),
    gain=st.sampled_from((0.0, 0.006, 0.06)),
    target=st.sampled_from((None, 0.1, 0.5)),
    planner=st.sampled_from(("optimal", "greedy")),
)
def test_every_rule_and_budget_is_kept_by_plans_that_stop(skymap, request, gain, target, planner):
    stopping = replace(request, minimum_gain=gain / u.h, target_probability=target)
    plan = PLANNERS[planner](skymap, ZTF, stopping)
    assert violations(plan, ZTF) == []
    figures = plan.statistics
    if request.maximum_time is not None:
        assert figures["total_time"] <= request.maximum_time.to_value(u.s) + 1e-6
    if figures["upper_bound"] is not None:
        assert figures["probability_all_filters"] <= figures["upper_bound"] + 1e-9
    assert figures["probability_all_filters"] >= gain * figures["total_time"] / 3600 - 1e-9
