"""The picture of what telescope time buys, its handle and its words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from planners.registry import MAP_PLANNERS
from tests.too_marshal.factories import add_event, add_localization, add_plan
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.base import now
from too_marshal.db.observing.plans import Plan
from too_marshal.web.plans.curve import picture
from too_marshal.web.plans.text import how_far

CURVE = {
    "telescope_time": [220.0, 600.0, 1200.0, 3600.0, 7200.0],
    "exposures": [2, 8, 20, 70, 150],
    "probability_all_filters": [0.1, 0.4, 0.7, 0.9, 0.93],
    "probability": [0.1, 0.4, 0.7, 0.9, 0.93],
    "upper_bound": [0.12, 0.45, 0.72, 0.91, 0.94],
    "knee": 2,
}


@pytest.fixture
def plan(session: Session) -> Plan:
    event = add_event(session)
    add_localization(session, event)
    plan = add_plan(session, event)
    plan.curve = CURVE  # type: ignore[assignment]
    session.commit()
    return plan


def test_every_point_says_what_it_buys(plan: Plan):
    drawn = picture(plan.curve, plan.statistics)
    assert drawn is not None
    assert drawn.points[2].sentence == (
        "20 min: 70.0 % in all filters with 20 exposures; no plan of as much time reaches more "
        "than 72.0 %. From there on 10 more minutes add about 5.0 %."
    )
    assert drawn.points[-1].sentence.endswith("more than 94.0 %.")
    # Time goes to the right, probability up, and all of it is inside.
    x = [point.x for point in drawn.points]
    y = [point.y for point in drawn.points]
    assert x == sorted(x)
    assert y == sorted(y, reverse=True)
    assert 0 < x[0] < x[-1] < 320
    assert 0 < y[-1] < y[0] < 130
    assert [name for _, name in drawn.ticks] == ["5 min", "10 min", "20 min", "60 min", "2.0 h"]


def test_the_handle_begins_at_the_plan(plan: Plan):
    plan.statistics = {**plan.statistics, "total_time": 1300.0}
    drawn = picture(plan.curve, plan.statistics)
    assert drawn is not None
    assert drawn.chosen == 2
    assert drawn.plan is not None
    assert drawn.points[2].x < drawn.plan[0] < drawn.points[3].x


def test_an_empty_plan_begins_at_the_knee(plan: Plan):
    plan.statistics = {**plan.statistics, "total_time": 0.0}
    drawn = picture(plan.curve, plan.statistics)
    assert drawn is not None
    assert (drawn.chosen, drawn.plan) == (2, None)


def test_an_observer_plans_so_much_time(observer: FlaskClient, session: Session, plan: Plan):
    shown = page(observer, f"/plans/{plan.id}")
    assert "What telescope time buys" in shown
    assert f'action="/plans/{plan.id}/budgets"' in shown
    answer = observer.post(f"/plans/{plan.id}/budgets", data={"point": "3"})
    asked = session.scalars(select(Plan).where(Plan.id != plan.id)).one()
    assert (answer.status_code, answer.location) == (303, f"/plans/{asked.id}")
    assert asked.request["maximum_time"] == 3600.0
    assert asked.author == "observer"
    assert "after 60 min of telescope time" in page(observer, answer.location)


@pytest.mark.parametrize("point", ["", "5", "-1", "1.5", "x", "999"])
def test_another_point_is_refused_in_words(
    observer: FlaskClient, session: Session, plan: Plan, point: str
):
    answer = observer.post(f"/plans/{plan.id}/budgets", data={"point": point})
    assert answer.status_code == 409
    assert "no such point" in answer.get_data(as_text=True)
    assert len(session.scalars(select(Plan)).all()) == 1


def test_a_viewer_sees_it_and_plans_nothing(viewer: FlaskClient, plan: Plan):
    shown = page(viewer, f"/plans/{plan.id}")
    assert "What telescope time buys" in shown
    assert "Plan so much time" not in shown
    assert viewer.post(f"/plans/{plan.id}/budgets", data={"point": "3"}).status_code == 403


def test_a_retracted_event_is_offered_no_more_time(
    observer: FlaskClient, session: Session, plan: Plan
):
    plan.event.is_retracted = True
    session.commit()
    assert "Plan so much time" not in page(observer, f"/plans/{plan.id}")


def test_the_page_waits_for_a_curve_that_may_come(
    viewer: FlaskClient, session: Session, plan: Plan
):
    plan.curve = None
    session.commit()
    shown = page(viewer, f"/plans/{plan.id}")
    assert "is being worked out" in shown
    assert "#curve:outerMorph" in shown
    assert plan.ready_at is not None
    plan.ready_at = now() - timedelta(hours=1)
    session.commit()
    assert "is being worked out" not in page(viewer, f"/plans/{plan.id}")
    plan.ready_at, plan.planner = now(), "manual"
    session.commit()
    assert "is being worked out" not in page(viewer, f"/plans/{plan.id}")
    assert plan.planner not in MAP_PLANNERS


def test_where_it_stops_is_said_in_words():
    assert how_far({}) == []
    assert how_far({"minimum_gain": None, "maximum_time": None}) == []
    asked = {
        "minimum_gain": 0.06,
        "target_probability": 0.9,
        "maximum_time": 1200,
        "maximum_fields": 1,
    }
    assert how_far(asked) == [
        "where 10 more minutes add less than 1.0 %",
        "at 90.0 % in all filters",
        "after 20 min of telescope time",
        "after 1 field",
    ]
