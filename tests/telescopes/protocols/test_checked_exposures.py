"""What no robot could take is refused before it is written down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from astropy import units as u

from telescopes.errors import PlanUnsuitable
from telescopes.protocols.checked_exposures import checked_exposures, window_of
from telescopes.ztf.facts import ZTF
from tests.telescopes.plans import START, make_plan

PLAN = make_plan(3)


def with_first(**values):
    return replace(PLAN, exposures=(replace(PLAN.exposures[0], **values), *PLAN.exposures[1:]))


def test_a_good_plan_comes_in_the_order_of_time_and_in_bare_numbers():
    made = checked_exposures(replace(PLAN, exposures=PLAN.exposures[::-1]), ZTF, "ToO_a")
    assert [each.planned for each in made] == list(PLAN.exposures)
    first = PLAN.exposures[0]
    assert (made[0].ra, made[0].dec) == (first.ra.to_value(u.deg), first.dec.to_value(u.deg))
    assert made[0].seconds == 30.0
    assert window_of(PLAN, made[0]) == (first.start, PLAN.request.end)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"filter": "J"}, "ZTF has no filter 'J'; it has g, r, i"),
        ({"exposure_time": 0 * u.s}, "an exposure of 0 s; the longest is 600 s"),
        ({"exposure_time": -1 * u.s}, "an exposure of -1 s"),
        ({"exposure_time": 11 * u.min}, "an exposure of 660 s"),
        ({"exposure_time": np.nan * u.s}, "an exposure of nan s"),
        ({"ra": np.nan * u.deg}, "no position"),
        ({"ra": np.inf * u.deg}, "no position"),
        ({"dec": np.nan * u.deg}, "no position"),
        ({"dec": 90.1 * u.deg}, "no position"),
    ],
)
def test_what_the_telescope_cannot_take_is_refused(values, message):
    with pytest.raises(PlanUnsuitable, match=message):
        checked_exposures(with_first(**values), ZTF, "ToO_a")


def test_an_empty_plan_and_a_bad_name_are_refused():
    with pytest.raises(PlanUnsuitable, match="the plan is empty"):
        checked_exposures(replace(PLAN, exposures=()), ZTF, "ToO_a")
    with pytest.raises(PlanUnsuitable, match="not a queue name"):
        checked_exposures(PLAN, ZTF, "../a")
    with pytest.raises(PlanUnsuitable, match="ZTF takes 4 letters in a name"):
        checked_exposures(PLAN, ZTF, "ToO_a", longest_name=4)


def test_a_right_ascension_is_rounded_before_it_is_wrapped():
    made = checked_exposures(with_first(ra=359.9999999 * u.deg), ZTF, "ToO_a")
    assert made[0].rounded["ra"] == 0.0
    assert checked_exposures(with_first(ra=-10 * u.deg), ZTF, "ToO_a")[0].ra == 350.0


def test_a_window_must_not_end_before_it_begins():
    late = with_first(start=START + 1 * u.day)
    made = checked_exposures(late, ZTF, "ToO_a")
    with pytest.raises(PlanUnsuitable, match="ends before it begins"):
        window_of(late, made[-1])
