"""Plans of every kind, judged by the independent checker."""

from __future__ import annotations

import pytest
from astropy import units as u
from astropy.time import TimeDelta
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planners import greedy, optimal
from planners.files.plan_files import plan_from_json, plan_to_json
from planners.problem.requests import RequestInvalid
from telescopes import ZTF
from tests.planners.cases import NIGHTS, request_for, requests, ring, skymaps, whole_sky
from tests.planners.checker import violations

ROUNDING = 1e-9


@settings(max_examples=110, suppress_health_check=list(HealthCheck), derandomize=True)
@given(skymap=skymaps(), request_=requests())
def test_greedy_plans_break_no_rule(skymap, request_):
    plan = greedy.plan(skymap, ZTF, request_)
    assert violations(plan, ZTF) == []


@settings(max_examples=90, suppress_health_check=list(HealthCheck), derandomize=True)
# Whole nights are planned for every map of the corpus: they take most of the time of a search.
@given(skymap=skymaps(), request_=requests(longest=3.0))
def test_optimal_plans_break_no_rule_and_keep_below_their_bound(skymap, request_):
    plan = optimal.plan(skymap, ZTF, request_)
    assert violations(plan, ZTF) == []
    figures = plan.statistics
    covered, bound = figures["probability_all_filters"], figures["upper_bound"]
    assert 0 <= covered <= min(bound, figures["probability"]) + ROUNDING
    assert bound <= 1 + ROUNDING
    if covered > 0:
        # The greedy plan is where the search begins, and a little of the end is given for early.
        begun_with = greedy.plan(skymap, ZTF, request_).statistics
        given_up = 0 if request_.interruption_rate == 0 / u.h else 0.02
        assert covered >= (1 - given_up) * begun_with["probability_all_filters"] - ROUNDING
        if begun_with["probability_all_filters"] >= covered:
            assert figures["expected_probability"] >= begun_with["expected_probability"] - ROUNDING
        assert figures["expected_probability"] <= covered + ROUNDING
        assert figures["start"] <= figures["half_reached"] <= figures["most_reached"]


def test_what_is_likely_comes_early_where_the_night_may_end():
    skymap = ring(150.0, 30.0, 60.0, 8)
    late, early = (
        optimal.plan(
            skymap, ZTF, request_for(NIGHTS[0], 12, interruption_rate=rate / u.h)
        ).statistics
        for rate in (0, 0.1)
    )
    assert early["probability_all_filters"] >= 0.98 * late["probability_all_filters"]
    assert early["half_reached"] < late["half_reached"]
    assert late["expected_probability"] == pytest.approx(late["probability_all_filters"])


@pytest.mark.parametrize("rate", [-0.1, float("inf"), float("nan")])
def test_a_rate_of_interruption_that_is_none_is_refused(rate):
    request_ = request_for(NIGHTS[0], 1, interruption_rate=rate / u.h)
    with pytest.raises(RequestInvalid, match="rate of interruption"):
        optimal.plan(whole_sky(), ZTF, request_)


@settings(max_examples=5, suppress_health_check=list(HealthCheck), derandomize=True)
@given(skymap=skymaps(), request_=requests(), planner=st.sampled_from((greedy, optimal)))
def test_the_same_request_gives_the_same_plan(skymap, request_, planner):
    first, second = (plan_to_json(planner.plan(skymap, ZTF, request_)) for _ in range(2))
    for plan in (first, second):
        del plan["statistics"]["solve_time"]
    assert first == second


@settings(max_examples=10, suppress_health_check=list(HealthCheck), derandomize=True)
@given(skymap=skymaps(), request_=requests())
def test_a_plan_survives_its_json(skymap, request_):
    plan = greedy.plan(skymap, ZTF, request_)
    document = plan_to_json(plan)
    restored = plan_from_json(document)
    assert plan_to_json(restored) == document
    assert violations(restored, ZTF) == []


def test_a_time_limit_returns_a_feasible_plan_with_its_gap():
    request_ = request_for(NIGHTS[0], 12, time_limit=0.01 * u.s)
    plan = optimal.plan(whole_sky(), ZTF, request_)
    assert violations(plan, ZTF) == []
    assert plan.exposures
    assert 0 <= plan.statistics["optimality_gap"] < 1


def test_nothing_is_planned_beyond_the_window():
    start = NIGHTS[1] + TimeDelta(4 * 3600, format="sec")
    request_ = request_for(start, 1.1)
    plan = optimal.plan(whole_sky(), ZTF, request_)
    assert violations(plan, ZTF) == []
