"""The manual planner: a person's list, under the same rules."""

from __future__ import annotations

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from planners import manual
from planners.problem.requests import RequestInvalid
from telescopes import TELESCOPES, ZTF
from telescopes.observing_plan import Reason
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
        ((SkyCoord(120 * u.deg, 33 * u.deg),), "its grid alone"),
    ],
)
def test_a_list_of_no_use_is_refused_by_name(targets, message):
    with pytest.raises(RequestInvalid, match=message):
        manual.plan(SKYMAP, ZTF, request_for(WINTER, 2, targets=targets))
