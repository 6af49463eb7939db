"""Planning goes on: what executed exposures leave, what another map makes of a plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from astropy import units as u

from planners import optimal
from planners.coverage.replan import difference, remaining_request, rescored
from telescopes import ZTF
from telescopes.observing_plan import ExecutedExposure
from tests.planners.cases import NIGHTS, blob, request_for
from tests.planners.checker import violations

SKYMAP = blob(120, 33, 12)
REQUEST = request_for(NIGHTS[1] + 6 * u.hour, 2)


@pytest.fixture(scope="module")
def whole():
    return optimal.plan(SKYMAP, ZTF, REQUEST)


def executed_of(exposures, detectors=range(64)):
    return tuple(
        ExecutedExposure(
            exposure_id=f"{one.field_id}-{one.filter}",
            field_id=one.field_id,
            ra=one.ra,
            dec=one.dec,
            filter=one.filter,
            start=one.start,
            exposure_time=one.exposure_time,
            detectors=np.array(detectors),
        )
        for one in exposures
    )


def test_half_a_plan_and_its_rest_cover_what_the_whole_covers(whole):
    half = len(whole.exposures) // 2
    done = executed_of(whole.exposures[:half])
    now = whole.exposures[half].start
    replanned = optimal.plan(SKYMAP, ZTF, remaining_request(REQUEST, done, now))
    assert violations(replanned, ZTF) == []
    assert replanned.exposures[0].start >= now
    figures = replanned.statistics["probability_all_filters"]
    assert figures >= whole.statistics["probability_all_filters"] - 0.02
    assert figures >= 0.97 * replanned.statistics["upper_bound"]
    had = {(one.field_id, one.filter) for one in done}
    repeated = [one for one in replanned.exposures if (one.field_id, one.filter) in had]
    # A visit that was had is repeated for an overlap at the most.
    assert len(repeated) <= 0.1 * len(done)


def test_visits_in_bad_images_are_wanted_again(whole):
    done = executed_of(whole.exposures, detectors=[])
    replanned = optimal.plan(SKYMAP, ZTF, replace(REQUEST, observed=done))
    assert replanned.statistics["probability_all_filters"] > 0
    assert len(replanned.exposures) > len(whole.exposures) / 2


def test_what_was_carried_out_is_not_wanted_again(whole):
    replanned = optimal.plan(SKYMAP, ZTF, replace(REQUEST, observed=executed_of(whole.exposures)))
    done = {one.field_id for one in whole.exposures}
    repeated = [one for one in replanned.exposures if one.field_id in done]
    assert len(repeated) <= 0.05 * len(replanned.exposures)
    covered = whole.statistics["probability_all_filters"]
    assert replanned.statistics["probability_all_filters"] > covered


def test_second_visits_alone_are_planned_as_one_pass(whole):
    # Clouds came after the first half: every field has its g, none its r.
    done = executed_of([one for one in whole.exposures if one.filter == "g"])
    request = replace(REQUEST, start=REQUEST.end, end=REQUEST.end + 1 * u.hour, observed=done)
    replanned = optimal.plan(SKYMAP, ZTF, request)
    assert violations(replanned, ZTF) == []
    assert {one.filter for one in replanned.exposures[: len(done) // 2]} == {"r"}
    assert (
        replanned.statistics["probability_all_filters"]
        >= 0.97 * replanned.statistics["upper_bound"]
    )


def test_the_same_map_scores_the_same(whole):
    second = rescored(SKYMAP, ZTF, whole)
    for name in ("probability", "probability_all_filters"):
        assert second.statistics[name] == pytest.approx(whole.statistics[name], abs=2e-3)


def test_another_map_scores_otherwise_and_exposures_stay(whole):
    moved = rescored(blob(145, 33, 12), ZTF, whole)
    assert moved.statistics["probability"] < whole.statistics["probability"] - 0.05
    assert [one.start.isot for one in moved.exposures] == [
        one.start.isot for one in whole.exposures
    ]
    away = rescored(blob(300, -33, 3), ZTF, whole)
    assert away.statistics["probability"] == pytest.approx(0, abs=1e-6)


def test_the_difference_of_a_plan_with_itself_is_nothing(whole):
    same = difference(whole, whole)
    assert len(same.kept) == len(whole.exposures)
    assert same.added == same.dropped == ()


def test_a_difference_accounts_for_every_exposure(whole):
    skymap = blob(130, 33, 12)
    new = optimal.plan(skymap, ZTF, REQUEST)
    old = rescored(skymap, ZTF, whole)
    change = difference(old, new)
    assert len(change.kept) + len(change.added) == len(new.exposures)
    assert len(change.kept) + len(change.dropped) == len(old.exposures)
    assert change.kept
    assert change.added
    assert change.dropped
    name = "probability_all_filters"
    assert new.statistics[name] > old.statistics[name]
