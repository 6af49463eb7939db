"""A plan that has become older until it is sent."""

from dataclasses import replace

import pytest
from astropy import units as u

from telescopes import ZTF
from telescopes.preflight.local_sky import ApproximateSky
from telescopes.up_to_date import ON_THE_WAY, up_to_date
from tests.telescopes.plans import START, make_plan


def starts(plan):
    return [exposure.start.mjd for exposure in plan.exposures]


def test_a_plan_that_is_yet_to_begin_stays_as_it_is():
    plan = make_plan(4, "gr")
    assert up_to_date(plan, ZTF, START - ON_THE_WAY) is plan
    assert up_to_date(make_plan(0), ZTF, START).exposures == ()


def test_a_plan_that_is_minutes_old_is_moved_as_a_whole():
    plan = make_plan(4, "gr")
    now = START + 2 * u.min
    moved = up_to_date(plan, ZTF, now)
    assert moved.remark == "moved by 6 min"
    assert starts(moved)[0] == pytest.approx((now + ON_THE_WAY).mjd, abs=1e-9)
    shifts = [b - a for a, b in zip(starts(plan), starts(moved), strict=True)]
    assert max(shifts) - min(shifts) < 1e-9, "every gap is as it was"
    first = moved.exposures[0]
    sky = ApproximateSky.of(ZTF.site)
    middle = first.start.mjd + 15 / 86400
    assert first.airmass == pytest.approx(sky.airmass(first.ra.deg, first.dec.deg, middle))


def test_what_cannot_be_observed_later_is_left_out():
    plan = make_plan(10, "g", end=START + 14 * u.min)
    moved = up_to_date(plan, ZTF, START + 1 * u.min)
    assert len(moved.exposures) == 9
    assert moved.remark == "moved by 5 min, without 1 exposure that cannot be observed then"
    busy = ((START + 8.2 * u.min, START + 8.9 * u.min),)
    plan = make_plan(10, "g", busy=busy)
    moved = up_to_date(plan, ZTF, START + 1 * u.min)
    assert moved.remark.startswith("moved by 5 min, without 1 exposure that")
    assert all(
        exposure.start >= busy[0][1] or exposure.start + 30 * u.s <= busy[0][0]
        for exposure in moved.exposures
    )


def test_a_plan_that_fills_its_time_leaves_out_what_is_past():
    plan = make_plan(30, "g", end=START + 30.6 * u.min)
    left = up_to_date(plan, ZTF, START + 1 * u.min)
    assert left.remark == "5 exposures left out, whose time has passed"
    assert left.exposures == plan.exposures[5:]


def test_a_plan_of_which_nothing_is_left_stays_as_it_is():
    plan = make_plan(4, "g", end=START + 10 * u.min)
    assert up_to_date(plan, ZTF, START + 1 * u.hour) is plan


def test_limits_are_those_of_the_telescope():
    plan = make_plan(3, "g")
    low = replace(plan.exposures[1], dec=-45.5 * u.deg)
    plan = replace(plan, exposures=(plan.exposures[0], low, plan.exposures[2]))
    moved = up_to_date(plan, ZTF, START + 1.5 * u.min)
    assert low.field_id not in {each.field_id for each in moved.exposures}
