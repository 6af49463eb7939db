"""Budgets of telescope time are spent on fields, and not on filter exchanges."""

from __future__ import annotations

from itertools import pairwise

import pytest
from astropy import units as u

from planners import optimal
from telescopes import ZTF
from tests.planners.cases import NIGHTS, blob, request_for
from tests.planners.checker import violations

BUDGETS = [0.25, 0.5, 1.0, 2.0]
"""h."""


@pytest.fixture(scope="module")
def plans():
    skymap = blob(150.0, 40.0, 15.0)
    return [
        optimal.plan(skymap, ZTF, request_for(NIGHTS[0], 12, maximum_time=hours * u.h))
        for hours in BUDGETS
    ]


def test_every_rule_is_kept(plans):
    for plan in plans:
        assert violations(plan, ZTF) == []


def test_a_larger_budget_never_covers_less(plans):
    covered = [plan.statistics["probability_all_filters"] for plan in plans]
    assert covered == sorted(covered)
    assert covered[0] > 0


def test_a_short_budget_changes_the_filter_once(plans):
    for plan in plans[:2]:
        changes = sum(a.filter != b.filter for a, b in pairwise(plan.exposures))
        assert changes == 1


def test_the_bound_counts_the_exchange_that_no_plan_is_without(plans):
    for plan, hours in zip(plans, BUDGETS, strict=True):
        assert plan.statistics["probability_all_filters"] <= plan.statistics["upper_bound"]
        gap = plan.statistics["optimality_gap"]
        assert gap < (0.25 if hours < 1 else 0.15), hours
