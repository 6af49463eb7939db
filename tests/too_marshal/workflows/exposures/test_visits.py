"""Planned against executed, and the plan of what is missing."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from astropy import units as u
from astropy.time import Time
from sqlalchemy.orm import Session

from planners.files.plan_files import request_to_json
from telescopes.observing_plan import ObservingPlan, ObservingRequest, PlannedExposure
from tests.too_marshal.clocks import MIDNIGHT, RA, later
from tests.too_marshal.factories import (
    add_event,
    add_exposures,
    add_localization,
    add_submission,
    circle_map,
)
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.db.observing.queues import SubmissionState
from too_marshal.workflows.exposures.upload import upload
from too_marshal.workflows.exposures.visits import Outcome, visits_of
from too_marshal.workflows.planning.compute import request_of
from too_marshal.workflows.planning.follow_up import ask_for_follow_up
from too_marshal.workflows.planning.plan import ask_for_plan, compute, store_plan

pytestmark = pytest.mark.usefixtures("evening")


@pytest.fixture
def plan(session: Session) -> Plan:
    event = add_event(session)
    add_localization(session, event, circle_map(RA, 30.0, 5.0))
    request = {
        "start": Time(now()).isot + "Z", "end": MIDNIGHT.isot + "Z", "filters": ["g", "r"],
        "exposure_time": 30.0, "minimum_gap": 1800.0, "airmass_limit": 2.0,
        "sun_altitude": -18.0, "moon_separation": 0.0,
    }  # fmt: skip
    made = ask_for_plan(
        session, event, telescope="ZTF", planner="greedy", program="P", request=request,
        author="ann",
    )  # fmt: skip
    compute(session, made.id)
    assert made.state == PlanState.READY, made.remark
    return made


def execute(session: Session, plan: Plan, number: int):
    """The first exposures, as of some hours before now: all that the planner may count on."""
    submission = add_submission(session, plan, SubmissionState.DONE)
    rows = add_exposures(session, submission, number)
    shift = max(row.start for row in rows) - now() + timedelta(hours=1)
    for row in rows:
        row.start -= shift
        row.limiting_magnitude = 20.9
    session.commit()
    return rows


def test_each_way_of_missing_is_told(session, plan):
    rows = execute(session, plan, len(plan.exposures) - 1)
    rows[0].detectors = []
    rows[1].limiting_magnitude = plan.exposures[1].limiting_magnitude - 1.5
    rows[2].detectors = list(range(60))
    # Processing loses a quadrant now and then.
    rows[4].detectors = list(range(63))
    session.commit()
    visits = visits_of(session, plan)
    assert [visit.outcome for visit in visits[:5]] == [
        Outcome.FAILED, Outcome.CLOUDY, Outcome.PARTLY, Outcome.DONE, Outcome.DONE,
    ]  # fmt: skip
    assert visits[-1].outcome == Outcome.MISSED
    assert [visit.good for visit in visits[:4]] == [0, 64, 60, 64]
    assert visits[0].detectors == 64


def test_the_follow_up_does_what_is_missing_and_nothing_else(session, plan):
    rows = execute(session, plan, len(plan.exposures))
    bad = rows[:3]
    bad[0].detectors = []
    for row, planned in zip(bad[1:], plan.exposures[1:3], strict=True):
        row.limiting_magnitude = planned.limiting_magnitude - 2
    session.commit()
    made = ask_for_follow_up(session, plan, by="bob")
    compute(session, made.id)
    session.refresh(made)
    assert made.parent_id == plan.id
    assert (made.program, made.author) == ("P", "bob")
    wanted = {(row.field_id, row.filter) for row in bad}
    got = [(row.field_id, row.filter) for row in made.exposures]
    assert set(got) == wanted
    assert len(got) == len(set(got))


def table(plan: Plan, number: int, offset: float = 0.0) -> bytes:
    """What an observer uploads of the first exposures, off by so much (arcsec), a minute late."""
    rows = [
        f"{row.ra + offset / 3600 / np.cos(np.radians(row.dec))},{row.dec},{row.filter},"
        f"{(row.start + timedelta(minutes=1)).isoformat()},30"
        for row in plan.exposures[:number]
    ]
    return "\n".join(["ra,dec,filter,start,exposure_time", *rows]).encode()


def bring(session: Session, plan: Plan, data: bytes, event: Event | None = None):
    return upload(
        session, event or plan.event, telescope=plan.telescope, data=data, name="t.csv", by="ann"
    )


@pytest.fixture
def off_grid(session: Session) -> Plan:
    """A plan of a telescope that has no robot of ours, at positions of no grid."""
    event = add_event(session)
    add_localization(session, event, circle_map(RA, 30.0, 1.0))
    begin = Time(now())
    exposures = tuple(
        PlannedExposure(
            field_id=-1, ra=(RA + 0.0717 * k) * u.deg, dec=(30 + 0.0123 * k) * u.deg, filter="r",
            start=begin + (10 + 2 * k) * u.min, exposure_time=30 * u.s, airmass=1.2,
            probability=0.05,
        )
        for k in range(12)
    )  # fmt: skip
    request = ObservingRequest(begin, begin + 12 * u.h, ("r",), {"r": 30 * u.s})
    plan = Plan(
        event_id=event.id, localization_id=event.current_localization_id, telescope="KPED",
        planner="manual", program="P", request=request_to_json(request),
    )  # fmt: skip
    session.add(plan)
    store_plan(session, plan, ObservingPlan("KPED", "manual", request, exposures, {}))
    session.commit()
    return plan


@pytest.mark.parametrize("kind", ["plan", "off_grid"])
def test_what_is_uploaded_counts_for_the_plan_that_asked_for_it(session, request, kind):
    plan = request.getfixturevalue(kind)
    with later(hours=12):
        made = bring(session, plan, table(plan, len(plan.exposures) - 1, offset=9.0))
        assert (made.rejected, made.added) == ([], len(plan.exposures) - 1)
        outcomes = [visit.outcome for visit in visits_of(session, plan)]
        assert outcomes == [Outcome.DONE] * made.added + [Outcome.MISSED]
        follow_up = ask_for_follow_up(session, plan, by="bob")
        observed = request_of(session, follow_up).observed
    assert len(observed) == made.added


def test_an_upload_counts_for_no_plan_of_another_window_filter_or_event(session, off_grid):
    data = table(off_grid, 6)
    other = add_event(session, "S260102b")
    with later(hours=15):
        bring(session, off_grid, data, event=other)
        bring(session, off_grid, data.replace(b",r,", b",g,"))
        late = f"{off_grid.exposures[0].start:%Y-%m-%d}".encode()
        assert late in data
        before = data.replace(late, b"2026-11-20")
        bring(session, off_grid, before)
        assert {visit.outcome for visit in visits_of(session, off_grid)} == {Outcome.MISSED}


def test_a_new_plan_counts_what_its_own_night_has_seen_and_no_other(session, plan):
    rows = execute(session, plan, 6)
    bad = rows[0]
    bad.limiting_magnitude = plan.exposures[0].limiting_magnitude - 2
    session.commit()
    again = ask_for_plan(
        session, plan.event, telescope="ZTF", planner="greedy", program="P",
        request=plan.request, author="ann",
    )  # fmt: skip
    seen = {each.exposure_id for each in request_of(session, again).observed}
    assert seen == {row.exposure_id for row in rows[1:]}, "a cloudy one is wanted again"
    tomorrow = [Time(Time(plan.request[end]) + 1 * u.day).isot + "Z" for end in ("start", "end")]
    again.request = {**plan.request, "start": tomorrow[0], "end": tomorrow[1]}
    assert request_of(session, again).observed == (), "another night is another epoch"


def test_there_must_be_something_to_follow_up(session, plan):
    with pytest.raises(ValueError, match=r"nothing of plan .* was executed"):
        ask_for_follow_up(session, plan, by="bob")
    execute(session, plan, len(plan.exposures))
    with pytest.raises(ValueError, match=r"nothing of plan .* is missing"):
        ask_for_follow_up(session, plan, by="bob")
