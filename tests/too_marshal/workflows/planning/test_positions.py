"""An X-ray position becomes a centered plan of a narrow telescope, by the rules as shipped."""

from __future__ import annotations

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.clocks import RA
from tests.too_marshal.workflows import messages
from tests.too_marshal.workflows.events.test_associate import take
from too_marshal.db.localizations import Localization
from too_marshal.db.observing.plans import Plan, RuleDecision
from too_marshal.workflows.localizations.localize import localize
from too_marshal.workflows.planning.plan import compute, propose_plans
from too_marshal.workflows.rules.defaults import AT_A_POSITION

pytestmark = pytest.mark.usefixtures("evening")


def planned(session: Session, radius: float) -> dict[str, Plan]:
    """What the shipped rules make of a position of Swift's, by the telescope."""
    position = {"ra": RA, "dec": 5.0, "radius": radius}
    take(session, messages.swift(61, time="2026-11-22T03:00:00.00", **position))
    localization = session.scalars(select(Localization)).one()
    localize(session, localization.id)
    propose_plans(session, localization.id)
    plans = {plan.telescope: plan for plan in session.scalars(select(Plan))}
    for plan in plans.values():
        compute(session, plan.id)
    return plans


def test_it_is_planned_at_once_with_one_pointing_of_each(session: Session):
    plans = planned(session, 0.01)
    assert plans.keys() == {name for name, *_ in AT_A_POSITION}
    for name, filters, _ in AT_A_POSITION:
        exposures = plans[name].exposures
        assert [row.filter for row in exposures] == filters
        for row in exposures:
            there = SkyCoord(row.ra * u.deg, row.dec * u.deg)
            assert there.separation(SkyCoord(RA * u.deg, 5 * u.deg)) < 1 * u.arcmin
        # Readout, and a change of filter.
        longest = exposures[0].exposure_time + 90
        assert (exposures[-1].start - exposures[0].start).total_seconds() < longest


def test_what_is_too_large_for_a_camera_is_left_to_those_that_hold_it(session: Session):
    plans = planned(session, 0.1)
    assert plans.keys() == {"GROWTH-India"}
    against = session.scalars(
        select(RuleDecision).where(RuleDecision.rule_name.startswith("KPED"))
    ).one()
    assert against.reasons == ["its 90 % area is 0.03144 deg2, and KPED sees 0.00538 at once"]
