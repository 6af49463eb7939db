"""What telescope time buys beside a plan, and the plan that somebody asks for along it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_localization, add_plan
from too_marshal.db.base import now
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.workflows.planning.budget_plan import ask_for_budget
from too_marshal.workflows.planning.curve import work_out_curve
from too_marshal.workflows.planning.plan import compute


@pytest.fixture
def plan(session: Session) -> Plan:
    event = add_event(session)
    add_localization(session, event)
    plan = add_plan(session, event, start=now(), state=PlanState.COMPUTING)
    # A whole day: there is a night in it, whenever the test runs.
    end = (now() + timedelta(hours=24)).isoformat()
    plan.request = {**plan.request, "end": end, "minimum_gain": 0.06}
    session.commit()
    return plan


def test_it_is_worked_out_once_the_plan_is_there(session: Session, plan: Plan):
    compute(session, plan.id)
    waiting = session.execute(text("SELECT task_name, args FROM procrastinate_jobs")).all()
    assert ("work_out_curve", {"plan_id": plan.id}) in [tuple(row) for row in waiting]
    work_out_curve(session, plan.id)
    curve = plan.curve
    assert curve is not None
    assert plan.state == PlanState.READY
    covered = curve["probability_all_filters"]
    assert covered == sorted(covered)
    assert all(a <= b + 1e-9 for a, b in zip(covered, curve["upper_bound"], strict=True))
    # The plan stops where it is hardly worth it; the curve goes on.
    assert plan.statistics["total_time"] < curve["telescope_time"][-1]
    # Asked for once more, nothing is worked out anew.
    kept = {**curve, "knee": -1}
    plan.curve = kept  # type: ignore[assignment]
    session.commit()
    work_out_curve(session, plan.id)
    assert session.get_one(Plan, plan.id).curve == kept


def test_who_chooses_a_point_gets_a_plan_of_as_much_time(session: Session, plan: Plan):
    compute(session, plan.id)
    work_out_curve(session, plan.id)
    assert plan.curve is not None
    asked = ask_for_budget(session, plan, 6, by="observer")
    time, covered = (
        plan.curve[name][6]  # type: ignore[literal-required]
        for name in ("telescope_time", "probability_all_filters")
    )
    assert asked.request["maximum_time"] == time
    assert asked.request["minimum_gain"] is None
    assert (asked.telescope, asked.planner, asked.author) == ("ZTF", plan.planner, "observer")
    compute(session, asked.id)
    assert asked.statistics["total_time"] <= time
    # The curve is that of the optimal planner, the plan that of the planner of before.
    assert 0 < asked.statistics["probability_all_filters"] <= covered + 0.02


@pytest.mark.parametrize("point", [-1, 15, 99])
def test_there_is_no_other_point(session: Session, plan: Plan, point: int):
    compute(session, plan.id)
    work_out_curve(session, plan.id)
    with pytest.raises(ValueError, match="no such point"):
        ask_for_budget(session, plan, point, by="observer")
    assert len(session.scalars(select(Plan)).all()) == 1


def test_a_plan_that_is_not_computed_has_none(session: Session, plan: Plan):
    work_out_curve(session, plan.id)
    assert plan.curve is None


def test_where_nothing_can_be_observed_it_is_empty(session: Session, plan: Plan):
    plan.request = {**plan.request, "airmass_limit": 1.0}
    session.commit()
    compute(session, plan.id)
    assert plan.state == PlanState.EMPTY
    work_out_curve(session, plan.id)
    assert plan.curve is not None
    assert plan.curve["telescope_time"] == []
