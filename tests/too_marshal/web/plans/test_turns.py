"""A plan that is not computed yet: where it stands, and how a person cancels it."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_localization, add_plan
from tests.too_marshal.web.event.test_page import page
from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.formatting import in_line
from too_marshal.web.plans.form import PlanForm


@pytest.fixture
def waiting(session: Session) -> list[Plan]:
    event = add_event(session)
    add_localization(session, event)
    plans = [add_plan(session, event, state=PlanState.COMPUTING) for _ in range(3)]
    for plan in plans:
        tasks.plan(plan_id=plan.id).defer(session)
    session.commit()
    return plans


def test_a_row_tells_the_place_in_the_line(viewer: FlaskClient, waiting: list[Plan]):
    shown = page(viewer, f"/events/{waiting[0].event_id}")
    for words in ("next in line", "second in line", "third in line"):
        assert shown.count(words) == 1
    assert "third in line" in page(viewer, f"/plans/{waiting[2].id}")
    assert "Cancel plan" not in shown, "a viewer may not"


def test_a_row_tells_how_long_a_worker_is_at_it(
    viewer: FlaskClient, session: Session, waiting: list[Plan]
):
    session.execute(text("UPDATE procrastinate_jobs SET status = 'doing' WHERE priority = 0"))
    waiting[0].begun_at = now() - timedelta(minutes=14)
    session.commit()
    shown = page(viewer, f"/events/{waiting[0].event_id}")
    assert "computing for 14 min" in shown
    assert "in line" not in shown


def test_an_observer_cancels_a_plan(observer: FlaskClient, session: Session, waiting: list[Plan]):
    plan = waiting[1]
    address = f"/plans/{plan.id}/cancel"
    assert f'action="{address}"' in page(observer, f"/events/{plan.event_id}")
    assert f'action="{address}"' in page(observer, f"/plans/{plan.id}")
    assert observer.post(address).status_code == 303
    session.expire_all()
    assert (plan.state, plan.cancelled_by) == (PlanState.CANCELLED, "observer")
    shown = page(observer, f"/plans/{plan.id}")
    assert "cancelled by observer" in shown
    assert address not in shown
    assert "It cannot be submitted" not in shown
    assert "second in line" in page(observer, f"/plans/{waiting[2].id}"), "who waits moves up"
    assert observer.post(address).status_code == 303, "a second press finds it so"


def test_a_viewer_cancels_nothing(viewer: FlaskClient, session: Session, waiting: list[Plan]):
    assert viewer.post(f"/plans/{waiting[0].id}/cancel").status_code == 403
    session.expire_all()
    assert waiting[0].state == PlanState.COMPUTING


def test_what_is_ready_is_not_cancelled(observer: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    plan = add_plan(session, event)
    answer = observer.post(f"/plans/{plan.id}/cancel")
    assert answer.status_code == 409
    assert "there is nothing to cancel" in answer.text


def test_places_in_words():
    assert [in_line(place) for place in (1, 3, 12)] == [
        "next in line", "third in line", "number 12 in line"
    ]  # fmt: skip


def test_a_person_may_give_the_planner_a_time_within_bounds():
    assert "time_limit" not in PlanForm.typed({}).request()
    assert PlanForm.typed({"time_limit": "60"}).request()["time_limit"] == 60.0
    wrong = PlanForm.typed({"time_limit": "3600"})
    wrong.request()
    assert wrong.errors == {"time_limit": "From 5 to 900 s."}
