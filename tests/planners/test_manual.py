"""The manual planner: a person's list, under the same rules."""

from __future__ import annotations

from dataclasses import replace

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from planners import manual
from planners.problem.requests import RequestInvalid
from planners.registry import PLANNERS
from telescopes import TELESCOPES, ZTF
from telescopes.observing_plan import ExecutedExposure, Reason
from tests.planners.cases import NIGHTS, blob, request_for
from tests.planners.checker import violations

WINTER = NIGHTS[1] + 6 * u.hour
SKYMAP = blob(300, -30, 3)


def near(ra, dec, count):
    grid = ZTF.read_grid()
    order = grid.coord.separation(SkyCoord(ra * u.deg, dec * u.deg)).argsort()
    return tuple(int(field) for field in grid.field_id[order[:count]])


def test_fields_are_observed_wherever_the_map_is():
    fields = near(120, 33, 6)
    plan = manual.plan(SKYMAP, ZTF, request_for(WINTER, 2, targets=fields))
    assert violations(plan, ZTF) == []
    assert {exposure.field_id for exposure in plan.exposures} == set(fields)
    assert len(plan.exposures) == 12
    assert plan.statistics["probability"] == pytest.approx(0, abs=1e-6)


def test_what_cannot_be_observed_has_its_reason():
    fields = (*near(120, 33, 2), *near(300, -20, 1))
    plan = manual.plan(SKYMAP, ZTF, request_for(WINTER, 2, targets=fields))
    assert {exposure.field_id for exposure in plan.exposures} == set(fields[:2])
    assert [(entry.field_id, entry.reason) for entry in plan.unobserved] == [
        (fields[2], Reason.AIRMASS)
    ]


def test_positions_where_the_telescope_takes_them():
    telescope = TELESCOPES["LCO-1m-elp"]
    targets = (SkyCoord(120 * u.deg, 33 * u.deg), SkyCoord(125 * u.deg, 30 * u.deg))
    request = request_for(WINTER, 2, telescope.default_filters[:1], 60, targets=targets)
    plan = manual.plan(SKYMAP, telescope, request)
    assert violations(plan, telescope) == []
    pointed = SkyCoord(
        [exposure.ra for exposure in plan.exposures], [exposure.dec for exposure in plan.exposures]
    )
    assert len(pointed) == 2
    assert max(pointed.separation(target).min() for target in targets) < 1 * u.arcsec


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ((), "no field or position"),
        ((99999,), "ZTF has no field 99999"),
        ((99999, 99998), "ZTF has no field 99998, 99999"),
        ((500, 501, 500), "field 500 is listed twice"),
        ((SkyCoord(120 * u.deg, 33 * u.deg),), "its grid alone"),
    ],
)
def test_a_list_of_no_use_is_refused_by_name(targets, message):
    with pytest.raises(RequestInvalid, match=message):
        manual.plan(SKYMAP, ZTF, request_for(WINTER, 2, targets=targets))


def test_a_position_that_is_listed_twice_is_refused():
    place = SkyCoord(120 * u.deg, 33 * u.deg)
    almost = SkyCoord(120 * u.deg, 33 * u.deg + 0.5 * u.arcsec)
    request = request_for(WINTER, 2, ("r",), 60, targets=(5, place, almost))
    anywhere = replace(TELESCOPES["LCO-1m-elp"], read_grid=ZTF.read_grid)
    with pytest.raises(RequestInvalid, match=r"the position 120.0\d+ \+33.0\d+ is listed twice"):
        manual.plan(SKYMAP, anywhere, request)


def taken(field, name, start, detectors):
    grid = ZTF.read_grid()
    coord = grid.coord[grid.field_id == field][0]
    return ExecutedExposure(
        f"{field}{name}", field, coord.ra, coord.dec, name, start, 30 * u.s, detectors
    )


def test_visits_that_were_had_are_not_planned_again():
    done, begun, spoilt = near(120, 33, 3)
    request = request_for(WINTER, 2, targets=(done, begun, spoilt))
    first, second = request.filters
    before = request.start - 2 * u.hour
    detectors = ZTF.footprint.detector_id
    observed = (
        taken(done, first, before, detectors),
        taken(done, second, before + 1 * u.hour, detectors),
        taken(begun, first, before, detectors),
        taken(spoilt, first, before, detectors[:0]),
    )
    plan = manual.plan(SKYMAP, ZTF, replace(request, observed=observed))
    assert sorted((exposure.field_id, exposure.filter) for exposure in plan.exposures) == sorted(
        [(begun, second), (spoilt, first), (spoilt, second)]
    )
    assert [(entry.field_id, entry.reason) for entry in plan.unobserved] == [
        (done, Reason.ALREADY_OBSERVED)
    ]
    alone = manual.plan(SKYMAP, ZTF, replace(request, targets=(done,), observed=observed))
    assert alone.exposures == ()
    assert alone.remark == "Every target has been observed already."


def test_an_empty_plan_says_why_of_its_targets_and_not_of_the_map():
    plan = manual.plan(SKYMAP, ZTF, request_for(WINTER, 2, targets=near(300, -20, 2)))
    assert plan.exposures == ()
    assert plan.remark.startswith("Nothing can be observed in the window (airmass); the first")


@pytest.mark.parametrize("name", sorted(set(PLANNERS) - {"manual"}))
def test_targets_are_refused_where_nobody_would_look_at_them(name):
    with pytest.raises(RequestInvalid, match="only the manual planner observes targets"):
        PLANNERS[name](SKYMAP, ZTF, request_for(WINTER, 2, targets=near(120, 33, 1)))
