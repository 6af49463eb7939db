"""What a night can reach, against looking at everything."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from planners.problem.build import dark_time
from planners.problem.reachable import fields_that_fit, reachable
from planners.visibility.intervals import visible_intervals
from planners.visibility.local_sky import LocalSky
from planners.visibility.rules import every, rules_for
from telescopes import TELESCOPES
from tests.planners.cases import NIGHTS, request_for

KPED = TELESCOPES["KPED"]


def test_at_every_moment_the_first_that_are_up_are_chosen():
    request = request_for(NIGHTS[1], 13)
    sky = LocalSky(KPED.site, request.start, request.end)
    dark = dark_time(sky, request)
    random = np.random.default_rng(3)
    n, most = 5000, 40
    dec = np.degrees(np.arcsin(random.uniform(-1, 1, n)))
    positions = sky.positions(SkyCoord(random.uniform(0, 360, n) * u.deg, dec * u.deg))
    rule = every(rules_for(KPED, request))
    chosen, ever_up = reachable(sky, positions, rule, dark, most)
    visible = visible_intervals(sky, positions, rule, dark.spans)
    assert np.array_equal(ever_up, np.isin(np.arange(n), visible.owner))
    assert chosen.sum() < 12 * most
    start, end = dark.spans[0]
    for moment in np.linspace(start + 600, end - 600, 20):
        up = np.unique(visible.owner[(visible.start < moment) & (visible.end > moment)])
        # What rises or sets within the step between two looks may be one of the last.
        assert np.all(chosen[up[: most - 5]])


def test_as_many_fields_fit_as_the_dark_time_and_the_request_allow():
    request = request_for(NIGHTS[1], 13, exposure=300)
    sky = LocalSky(KPED.site, request.start, request.end)
    dark = dark_time(sky, request)
    time = float((dark.end - dark.start).sum())
    assert fields_that_fit(KPED, request, dark) == pytest.approx(time / 610, abs=1)
    few = request_for(NIGHTS[1], 13, exposure=300, maximum_fields=7)
    assert fields_that_fit(KPED, few, dark) == 7
