"""A plan with exposures left out and moved: its times, and what cannot be taken any more."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from astropy import units as u
from hypothesis import given, settings
from hypothesis import strategies as st

from planners.coverage.by_hand import rearranged
from planners.coverage.feasibility import checked
from planners.registry import PLANNERS
from planners.skymaps.circles import circle_skymap
from telescopes import ZTF
from telescopes.pairing.pointings import begin
from tests.planners.coverage.test_feasibility import REQUEST

SKYMAP = circle_skymap(150 * u.deg, 20 * u.deg, 3 * u.deg, containment=0.9)
PLAN = PLANNERS["greedy"](SKYMAP, ZTF, REQUEST)
COUNT = len(PLAN.exposures)


def starts(plan) -> list[float]:
    return [begin(exposure) for exposure in plan.exposures]


def test_nothing_changed_is_the_same_plan():
    found = rearranged(SKYMAP, ZTF, PLAN, range(COUNT))
    assert starts(found.plan) == pytest.approx(starts(PLAN), abs=1e-3)
    assert found.infeasible == found.closer == ()
    for name in ("probability", "probability_all_filters", "total_time", "end"):
        assert found.plan.statistics[name] == found.before.statistics[name]


def test_what_is_left_out_leaves_the_others_at_their_times():
    order = [k for k in range(COUNT) if k != 2]
    found = rearranged(SKYMAP, ZTF, PLAN, order)
    assert starts(found.plan) == pytest.approx([starts(PLAN)[k] for k in order], abs=1e-3)
    assert found.plan.statistics["exposures"] == COUNT - 1
    assert (
        found.plan.statistics["probability_all_filters"]
        < found.before.statistics["probability_all_filters"]
    )


@settings(deadline=None, max_examples=20)
@given(st.permutations(range(COUNT)), st.integers(1, COUNT), st.booleans())
def test_the_order_is_kept_and_the_camera_takes_one_at_a_time(order, stay, closed_up):
    order = order[:stay]
    found = rearranged(SKYMAP, ZTF, PLAN, order, closed_up=closed_up)
    assert [each.field_id for each in found.plan.exposures] == [
        PLAN.exposures[k].field_id for k in order
    ]
    pause = ZTF.overheads.readout.to_value(u.s)
    for first, second in pairwise(found.plan.exposures):
        assert begin(second) - begin(first) >= first.exposure_time.to_value(u.s) + pause - 0.01
    assert not any("read out" in one.reason for one in found.infeasible)
    if closed_up:
        assert found.closer == ()


def test_closed_up_it_ends_earlier_and_begins_when_it_did():
    order = [k for k in range(COUNT) if k not in (0, 3)]
    kept, closed = (rearranged(SKYMAP, ZTF, PLAN, order, closed_up=yes) for yes in (False, True))
    assert starts(closed.plan)[0] == pytest.approx(starts(PLAN)[0], abs=1e-3)
    assert all(
        early <= late + 1e-3
        for early, late in zip(starts(closed.plan), starts(kept.plan), strict=True)
    )
    assert checked(ZTF, REQUEST, closed.plan.exposures)[1] == closed.infeasible


def test_a_visit_that_comes_too_soon_is_named():
    place = {each.field_id: k for k, each in enumerate(PLAN.exposures) if each.visit == 0}
    later = next(k for k, each in enumerate(PLAN.exposures) if each.visit == 1)
    first = place[PLAN.exposures[later].field_id]
    order = [k for k in range(COUNT) if k != later]
    order.insert(first + 1, later)
    closer = {one.index: one.gap for one in rearranged(SKYMAP, ZTF, PLAN, order).closer}
    assert closer[first + 1] < 300
    assert max(closer.values()) < REQUEST.minimum_gap.to_value(u.s)


def test_what_moves_out_of_its_window_is_named():
    end = PLAN.exposures[-1].start + PLAN.exposures[-1].exposure_time
    tight = replace(PLAN, request=replace(REQUEST, end=end + 2 * u.s))
    # Each change of the filter costs time that the plan does not have.
    half = COUNT // 2
    order = [k for pair in zip(range(half), range(half, COUNT), strict=False) for k in pair]
    found = rearranged(SKYMAP, ZTF, tight, order)
    assert found.infeasible
    assert all("outside of the window" in one.reason for one in found.infeasible)
    assert found.infeasible[-1].index == len(order) - 1


def test_the_depth_is_that_of_the_new_time():
    order = [*range(1, COUNT), 0]
    found = rearranged(SKYMAP, ZTF, PLAN, order)
    moved = found.plan.exposures[-1]
    assert moved.limiting_magnitude is not None
    assert moved.airmass != PLAN.exposures[0].airmass
    assert moved.probability == pytest.approx(PLAN.exposures[0].probability, rel=1e-3)
