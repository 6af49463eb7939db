"""Planned against executed, and the plan of what is missing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from astropy.time import Time
from sqlalchemy.orm import Session

from tests.too_marshal.clocks import MIDNIGHT, RA
from tests.too_marshal.factories import (
    add_event,
    add_exposures,
    add_localization,
    add_submission,
    circle_map,
)
from too_marshal.db.base import now
from too_marshal.db.plans import Plan, PlanState
from too_marshal.db.queues import SubmissionState
from too_marshal.workflows.exposures.deficit import Outcome, ask_for_follow_up, visits_of
from too_marshal.workflows.planning.plan import ask_for_plan, compute

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
    session.commit()
    visits = visits_of(session, plan)
    assert [visit.outcome for visit in visits[:4]] == [
        Outcome.FAILED, Outcome.CLOUDY, Outcome.PARTLY, Outcome.DONE,
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


def test_there_must_be_something_to_follow_up(session, plan):
    with pytest.raises(ValueError, match=r"nothing of plan .* was executed"):
        ask_for_follow_up(session, plan, by="bob")
    execute(session, plan, len(plan.exposures))
    with pytest.raises(ValueError, match=r"nothing of plan .* is missing"):
        ask_for_follow_up(session, plan, by="bob")
