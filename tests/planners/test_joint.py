"""Plans that share the sky cover no less than plans that know nothing of each other."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u

from planners import joint_plan, plan
from planners.problem.requests import RequestInvalid
from telescopes import TELESCOPES
from tests.planners.cases import NIGHTS, blob, request_for, skymap_of
from tests.planners.checker import violations

START = NIGHTS[1] + 5 * u.hour


def request(hours=1.0, filters=("r",), **more):
    return request_for(START, hours, filters, 60, **more)


def two_peaks():
    """Two regions of one field each, fifteen degrees apart, the first likelier."""
    order = 6
    first, second = (blob(ra, 2.0, 1.0, order) for ra in (110.0, 125.0))
    density = 0.7 * first.rasterize(order) + 0.3 * second.rasterize(order)
    return skymap_of(density, order)


def test_two_telescopes_with_a_field_each_take_two_regions():
    asked = {name: request(maximum_fields=1) for name in ("ZTF", "DECam")}
    joint = joint_plan(two_peaks(), asked)
    ra = {name: each.exposures[0].ra.to_value(u.deg) for name, each in joint.plans.items()}
    assert abs(ra["ZTF"] - ra["DECam"]) > 8
    # Alone, both look at the likelier one.
    alone = [
        plan(two_peaks(), name, each).exposures[0].ra.to_value(u.deg)
        for name, each in asked.items()
    ]
    assert np.ptp(alone) < 8
    assert joint.probability > joint.separate


@pytest.mark.parametrize("planner", ["optimal", "greedy"])
def test_together_they_cover_no_less_than_apart_and_no_more_than_the_bound(planner):
    skymap = blob(120.0, 40.0, 7.0)
    asked = {"ZTF": request(0.7, ("g", "r")), "DECam": request(), "GROWTH-India": request()}
    joint = joint_plan(skymap, asked, planner)
    assert list(joint.plans) == list(asked)
    assert joint.separate - 1e-9 <= joint.probability <= joint.upper_bound
    for name, each in joint.plans.items():
        assert violations(each, TELESCOPES[name]) == []
        # What would be lost without it is no more than it covers, and nobody's share is negative.
        alone = plan(skymap, name, asked[name], planner).statistics["probability_all_filters"]
        assert -1e-9 <= joint.shares[name] <= joint.probability
        assert joint.probability >= alone - 1e-3


def test_a_telescope_more_never_covers_less():
    skymap = blob(120.0, 40.0, 7.0)
    one = joint_plan(skymap, {"ZTF": request(0.5)})
    two = joint_plan(skymap, {"ZTF": request(0.5), "DECam": request(0.5)})
    assert one.probability == pytest.approx(one.shares["ZTF"])
    assert two.probability >= one.probability - 1e-3
    assert two.upper_bound >= one.upper_bound


def test_who_adds_too_little_beside_the_others_is_not_used():
    skymap = blob(75.0, 0.0, 2.0)
    asked = {"ZTF": request(), "DECam": request(minimum_gain=0.3 / u.h)}
    joint = joint_plan(skymap, asked)
    assert joint.plans["ZTF"].exposures
    assert joint.plans["DECam"].exposures == ()
    assert plan(skymap, "DECam", asked["DECam"]).exposures


def test_a_request_that_cannot_be_is_refused():
    with pytest.raises(RequestInvalid, match="ZTF has no filter 'z'"):
        joint_plan(blob(120.0, 40.0, 2.0), {"ZTF": request(filters=("z",))})


def test_where_to_stop_is_asked_of_one_telescope():
    asked = {"ZTF": request(target_probability=0.9), "DECam": request()}
    with pytest.raises(RequestInvalid, match="asked of one telescope, and not of ZTF"):
        joint_plan(blob(75.0, 0.0, 2.0), asked)


def test_the_bound_does_not_depend_on_where_a_telescope_would_stop():
    skymap = blob(75.0, 0.0, 7.0)
    bounds = [
        joint_plan(skymap, {"ZTF": request(0.5, minimum_gain=gain)}, "greedy").upper_bound
        for gain in (None, 0.5 / u.h)
    ]
    assert bounds[0] == pytest.approx(bounds[1])


@pytest.mark.parametrize("planner", ["galaxies", "manual"])
def test_a_planner_that_needs_more_than_a_map_is_refused(planner):
    with pytest.raises(RequestInvalid, match=f"the {planner} planner plans for one telescope"):
        joint_plan(blob(75.0, 0.0, 2.0), {"ZTF": request()}, planner)


def test_detection_is_asked_of_one_telescope():
    asked = request(objective="detection", source="kilonova")
    with pytest.raises(RequestInvalid, match="detection is asked of ZTF alone"):
        joint_plan(blob(75.0, 0.0, 2.0), {"ZTF": asked})
