"""What exposures amount to, night by night."""

from __future__ import annotations

from dataclasses import replace

import pytest
from astropy import units as u

from planners import greedy
from planners.coverage.replan import rescored
from telescopes import ZTF
from tests.planners.cases import NIGHTS, blob, request_for

SKYMAP = blob(120, 33, 12)
REQUEST = request_for(NIGHTS[1], 48)


def test_nights_add_up_and_the_second_counts_only_what_is_new():
    one = greedy.plan(SKYMAP, ZTF, replace(REQUEST, end=REQUEST.start + 24 * u.h))
    assert list(one.statistics["probability_by_night"].values()) == pytest.approx(
        [one.statistics["probability"]]
    )
    fields = list(dict.fromkeys(each.field_id for each in one.exposures))
    early = [each for each in one.exposures if each.field_id in fields[::2]]
    again = [replace(each, start=each.start + 1 * u.sday) for each in one.exposures]
    two = rescored(SKYMAP, ZTF, replace(one, request=REQUEST, exposures=(*early, *again)))
    first, second = two.statistics["probability_by_night"].values()
    alone = rescored(SKYMAP, ZTF, replace(one, exposures=tuple(early)))
    assert first == pytest.approx(alone.statistics["probability"], rel=1e-3)
    assert first + second == pytest.approx(two.statistics["probability"])
    assert 0 < second < one.statistics["probability"]
