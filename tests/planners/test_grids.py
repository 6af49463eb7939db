"""The grid that a request is for, and the dithers that a telescope makes of its exposures."""

from __future__ import annotations

from dataclasses import replace

import pytest
from astropy import units as u

from planners.problem.requests import RequestInvalid
from planners.registry import PLANNERS
from telescopes import TELESCOPES, ZTF
from tests.planners.cases import NIGHTS, blob, request_for
from tests.planners.checker import violations

SKYMAP = blob(150, 33, 4)
REQUEST = request_for(NIGHTS[1] + 6 * u.hour, 1, ("g",), 30)


@pytest.mark.parametrize("planner", ["optimal", "greedy"])
@pytest.mark.parametrize("grid", ["primary", "secondary"])
def test_only_fields_of_the_grid_are_planned(planner, grid):
    plan = PLANNERS[planner](SKYMAP, ZTF, replace(REQUEST, grid=grid))
    assert violations(plan, ZTF) == []
    fields = {exposure.field_id for exposure in plan.exposures}
    assert len(fields) > 3
    assert all((field >= 1000) == (grid == "secondary") for field in fields)
    told = {entry.field_id for entry in plan.unobserved}
    assert all((field >= 1000) == (grid == "secondary") for field in told)


@pytest.mark.parametrize(
    ("telescope", "wish", "words"),
    [
        ("DECam", {"grid": "secondary"}, "DECam has no secondary grid of fields"),
        ("KPED", {"grid": "primary"}, "KPED has no primary grid of fields"),
        ("ZTF", {"dithers": 2}, "ZTF divides no exposure into dithers"),
        ("ZTF", {"dither_distance": 60 * u.arcsec}, "ZTF divides no exposure into dithers"),
        ("DECam", {"dithers": 3}, "divides an exposure into 2 dithers at most, and not into 3"),
    ],
)
def test_what_a_telescope_does_not_do_is_refused(telescope, wish, words):
    facts = TELESCOPES[telescope]
    request = request_for(NIGHTS[1], 12, facts.default_filters[:1], 60)
    with pytest.raises(RequestInvalid, match=words):
        PLANNERS["greedy"].check(facts, replace(request, **wish))
