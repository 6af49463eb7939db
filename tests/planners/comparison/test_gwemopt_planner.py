"""What gwemopt plans is judged as every other plan: gwemopt itself need not run for that."""

from __future__ import annotations

from dataclasses import replace

import pytest
from astropy import units as u

from planners import greedy
from planners.comparison import gwemopt_planner
from planners.skymaps.circles import circle_skymap
from telescopes import ZTF
from tests.planners.cases import NIGHTS, request_for
from tests.planners.checker import violations

SKYMAP = circle_skymap(120 * u.deg, 33 * u.deg, 8 * u.deg, 0.9)
REQUEST = request_for(NIGHTS[1] + 6 * u.hour, 2)


@pytest.fixture
def scheduled(monkeypatch):
    """Let gwemopt schedule what it is told."""

    def tell(plan):
        rows = [(each.field_id, each.filter, each.start) for each in plan.exposures]
        monkeypatch.setattr(gwemopt_planner, "_scheduled", lambda *_: rows)

    return tell


def test_the_same_exposures_have_the_same_worth_whoever_planned_them(scheduled):
    ours = greedy.plan(SKYMAP, ZTF, REQUEST)
    scheduled(ours)
    theirs = gwemopt_planner.plan(SKYMAP, ZTF, REQUEST)
    assert [each.field_id for each in theirs.exposures] == [
        each.field_id for each in ours.exposures
    ]
    for name in ("probability", "probability_all_filters", "area", "area_all_filters"):
        assert theirs.statistics[name] == pytest.approx(ours.statistics[name], rel=1e-9)
    assert theirs.statistics["probability_lost"] == pytest.approx(
        ours.statistics["probability_lost"]
    )
    assert theirs.unobserved == ours.unobserved


@pytest.mark.parametrize(
    "limits",
    [{"maximum_fields": 3}, {"maximum_time": 10 * u.min}, {"excluded_fields": "first"}],
    ids=["fields", "time", "excluded"],
)
def test_what_our_planners_may_not_plan_is_left_out(scheduled, limits):
    ours = greedy.plan(SKYMAP, ZTF, REQUEST)
    scheduled(ours)
    if limits == {"excluded_fields": "first"}:
        limits = {"excluded_fields": frozenset({ours.exposures[0].field_id})}
    theirs = gwemopt_planner.plan(SKYMAP, ZTF, replace(REQUEST, **limits))
    assert 0 < len(theirs.exposures) < len(ours.exposures)
    assert violations(theirs, ZTF) == []
    assert "more of gwemopt's exposures" in theirs.remark


def test_a_field_that_holds_nothing_of_the_map_still_takes_its_time(scheduled):
    elsewhere = greedy.plan(circle_skymap(150 * u.deg, 60 * u.deg, 3 * u.deg, 0.9), ZTF, REQUEST)
    scheduled(elsewhere)
    theirs = gwemopt_planner.plan(
        circle_skymap(100 * u.deg, 0 * u.deg, 1 * u.arcmin, 0.9), ZTF, REQUEST
    )
    assert len(theirs.exposures) == len(elsewhere.exposures)
    assert theirs.statistics["probability"] == pytest.approx(0, abs=1e-6)


def test_what_is_planned_before_the_telescope_may_point_there_is_put_off(monkeypatch):
    skymap = circle_skymap(150 * u.deg, 10 * u.deg, 8 * u.deg, 0.9)
    request = request_for(NIGHTS[1], 13)
    ours = greedy.plan(skymap, ZTF, request)
    begun = ours.exposures[0].start
    assert (begun - request.start).to_value(u.h) > 1
    early = [(each.field_id, each.filter, request.start) for each in ours.exposures]
    monkeypatch.setattr(gwemopt_planner, "_scheduled", lambda *_: early)
    theirs = gwemopt_planner.plan(skymap, ZTF, request)
    assert violations(theirs, ZTF) == []
    assert theirs.remark == ""
    assert len(theirs.exposures) == len(ours.exposures)
    assert theirs.statistics["probability_all_filters"] == pytest.approx(
        ours.statistics["probability_all_filters"]
    )
