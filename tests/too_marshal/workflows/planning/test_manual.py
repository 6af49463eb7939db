"""Plans of a person's own list, from the wish to the robot."""

from __future__ import annotations

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from sqlalchemy import text
from sqlalchemy.orm import Session

from planners.problem.requests import RequestInvalid
from telescopes import TELESCOPES, ZTF
from tests.too_marshal.clocks import RA, later
from tests.too_marshal.factories import add_exposures, add_submission
from tests.too_marshal.workflows.planning.test_plan_queue import ask, event_with_map
from tests.too_marshal.workflows.submissions.test_submit import robot
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.db.observing.preflights import ERROR
from too_marshal.db.observing.queues import SubmissionState
from too_marshal.workflows.planning.compute import as_asked
from too_marshal.workflows.planning.follow_up import ask_for_follow_up
from too_marshal.workflows.planning.plan import ask_for_plan, compute
from too_marshal.workflows.submissions.approve import approve
from too_marshal.workflows.submissions.preflight import examine
from too_marshal.workflows.submissions.submit import submit

__all__ = ["robot"]

pytestmark = pytest.mark.usefixtures("evening")


def near(ra: float, dec: float, count: int) -> list[int]:
    grid = ZTF.read_grid()
    order = grid.coord.separation(SkyCoord(ra * u.deg, dec * u.deg)).argsort()
    return [int(field) for field in grid.field_id[order[:count]]]


FIELDS = near(RA + 40, 30.0, 3)
"""Up in that night, and nowhere near the map."""


@pytest.fixture
def plan(session: Session) -> Plan:
    plan = ask(session, event_with_map(session), "manual", targets=FIELDS)
    compute(session, plan.id)
    return plan


def test_the_list_is_planned_checked_and_sent(session, plan, robot):
    assert plan.state == PlanState.READY
    assert {row.field_id for row in plan.exposures} == set(FIELDS)
    assert plan.request["targets"] == FIELDS
    findings = examine(session, robot.robots, plan)
    assert [item for item in findings if item["level"] == ERROR] == []
    submission = approve(session, robot.robots, plan.id, by="ann", idempotency_key="k")
    submit(session, robot.robots, submission.id)
    session.refresh(submission)
    assert submission.state == SubmissionState.ACCEPTED
    assert robot.names() == [submission.queue_name]


@pytest.mark.usefixtures("plan")
def test_nobody_works_out_a_curve_of_it(session):
    waiting = session.scalars(text("SELECT task_name FROM procrastinate_jobs")).all()
    assert "plan" in waiting
    assert "work_out_curve" not in waiting


def test_what_was_taken_counts_for_what_is_missing_and_not_for_a_new_list(session, plan):
    taken = add_exposures(session, add_submission(session, plan), 2)
    # The robot's night goes on: nothing of the list is to come that was taken.
    with later(hours=8):
        follow_up = ask_for_follow_up(session, plan, by="ann")
        compute(session, follow_up.id)
        anew = ask(session, plan.event, "manual", targets=FIELDS)
        compute(session, anew.id)
        of_the_map = ask(session, plan.event, "greedy")
    assert {row.field_id for row in follow_up.exposures} == set(FIELDS) - {
        row.field_id for row in taken
    }
    assert {row.field_id for row in anew.exposures} == set(FIELDS)
    assert len(as_asked(session, of_the_map).observed) == len(taken)


def test_positions_are_planned_where_the_telescope_takes_them(session):
    telescope = TELESCOPES["LCO-1m-elp"]
    event = event_with_map(session)
    wish = ask(session, event).request
    plan = ask_for_plan(
        session, event, telescope=telescope.name, planner="manual", program="", author="ann",
        request=wish
        | {"filters": list(telescope.default_filters[:1]), "targets": [[RA, 30.0], [RA + 5, 28.5]]},
    )  # fmt: skip
    compute(session, plan.id)
    assert plan.state == PlanState.READY, plan.remark
    assert sorted((row.field_id, row.ra, row.dec) for row in plan.exposures) == [
        (-1, pytest.approx(RA), pytest.approx(30.0)),
        (-1, pytest.approx(RA + 5), pytest.approx(28.5)),
    ]


@pytest.mark.parametrize(
    ("planner", "wish", "words"),
    [
        ("manual", {}, "no field or position is given"),
        ("manual", {"targets": [FIELDS[0], 99999]}, "ZTF has no field 99999"),
        ("manual", {"targets": [[RA, 30.0]]}, "and no positions"),
        ("manual", {"targets": [FIELDS[0]] * 2}, "is listed twice"),
        ("greedy", {"targets": FIELDS}, "only the manual planner observes targets"),
        ("greedy", {"excluded_fields": [99999]}, "ZTF has no field 99999"),
    ],
)
def test_a_list_of_no_use_is_refused_before_anything_is_computed(session, planner, wish, words):
    with pytest.raises(RequestInvalid, match=words):
        ask(session, event_with_map(session), planner, **wish)
