"""Plans by hand and by the planners, before the independent checker; and tables of exposures."""

from __future__ import annotations

import json

import pytest
from astropy import units as u
from astropy.time import Time

from planners import greedy, optimal
from planners.files.plan_files import plan_from_json, plan_to_json
from planners.skymaps.files import read_skymap
from telescopes import ZTF
from telescopes.tables.exposure_tables import read_exposure_table
from tests.planners.cases import NIGHTS, request_for
from tests.planners.checker import violations

ROUNDING = 1e-9


def test_a_plan_by_hand_breaks_no_rule_and_survives_its_file(case):
    document = json.loads(case("plans/ztf.json"))
    plan = plan_from_json(document)
    assert violations(plan, ZTF) == []
    assert [exposure.field_id for exposure in plan.exposures] == [671, 672, 715] * 2
    assert [exposure.filter for exposure in plan.exposures] == ["g"] * 3 + ["r"] * 3
    again = plan_to_json(plan)
    assert again["exposures"] == document["exposures"]


def test_the_checker_sees_an_overhead_that_is_too_short(case):
    # 7.85 deg in right ascension at 0.4 deg/s2 take 8.86 s, and to settle 2 s: 5 s are given.
    plan = plan_from_json(json.loads(case("plans/ztf_too_fast.json")))
    assert violations(plan, ZTF) == ["1 overheads too short, by 5.9 s"]


@pytest.mark.parametrize("planner", [greedy, optimal])
@pytest.mark.parametrize("name", ["four_cells", "two_orders"])
def test_a_plan_of_a_small_map_breaks_no_rule(case, planner, name):
    skymap = read_skymap(case(f"maps/{name}.fits"))
    request = request_for(NIGHTS[1], 13, minimum_gap=30 * u.min)
    plan = planner.plan(skymap, ZTF, request)
    assert violations(plan, ZTF) == []
    figures = plan.statistics
    assert 0 <= figures["probability_all_filters"] <= figures["probability"] + ROUNDING
    assert figures["probability"] <= 1 + ROUNDING


@pytest.mark.parametrize("planner", [greedy, optimal])
def test_all_of_the_sky_keeps_a_robot_busy_all_the_time(case, planner):
    skymap = read_skymap(case("maps/whole_sky.fits"))
    plan = planner.plan(skymap, ZTF, request_for(NIGHTS[1] + 5 * u.hour, 0.5, ("g",)))
    assert violations(plan, ZTF) == []
    # An exposure of 30 s and the readout of 8 s are the least, and a slew adds half a minute.
    assert 1800 / 70 < len(plan.exposures) < 1800 / 38
    # 55 square degrees each at the most, gaps included, of 41253.
    assert plan.statistics["probability"] < len(plan.exposures) * 55 / 41253


def test_rows_of_a_table_are_taken_or_told(case):
    table = read_exposure_table(
        case("tables/ztf.csv"), telescope=ZTF, now=Time("2026-03-21T00:00:00")
    )
    assert [exposure.exposure_id for exposure in table.exposures] == ["1", "2"]
    first, second = table.exposures
    assert (first.field_id, first.filter) == (671, "g")
    assert second.start.utc.isot == "2026-03-20T07:00:42.000"
    assert second.limiting_magnitude == 20.7
    assert first.ra.to_value(u.deg) == pytest.approx(180.47007, abs=1e-4)
    assert [row.row for row in table.rejected] == [4, 5]


def test_the_shortest_table(case):
    table = read_exposure_table(
        case("tables/shortest.tsv"), telescope=ZTF, now=Time("2026-03-21T00:00:00")
    )
    (exposure,) = table.exposures
    assert (exposure.field_id, exposure.filter) == (671, "i")
    assert exposure.start.utc.isot == "2026-03-20T07:00:00.000"
