"""A rule submits by itself only where everything allows it, and says why where it does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from astropy import units as u
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from planners.files.plan_files import plan_from_json
from telescopes.observing_queue import ObservingQueue
from telescopes.simulators.clock import SimulatedClock
from telescopes.simulators.ztf import serve
from tests.too_marshal.clocks import MIDNIGHT, RA
from tests.too_marshal.factories import (
    add_event,
    add_localization,
    add_plan,
    add_submission,
    circle_map,
)
from too_marshal.clock import kept_by
from too_marshal.db.base import now
from too_marshal.db.events import Activity
from too_marshal.db.observing.plans import Plan, PlanRule
from too_marshal.db.observing.preflights import Preflight
from too_marshal.db.observing.queues import KILL_SWITCH, Submission, SubmissionState, Switch
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.robots_file import Robot
from too_marshal.workflows.planning.plan import ask_to_submit
from too_marshal.workflows.submissions.automatic import MAX_TRIES, submit_by_rule

pytestmark = pytest.mark.usefixtures("evening")


def robots_at(url: str, **more) -> Robots:
    values = {"nightly_budget": 3 * u.h, "allows_automatic": True, **more}
    return Robots(
        {"ZTF": Robot({"url": url}, is_simulated=True, program="Caltech", pi="T", **values)}
    )


@pytest.fixture
def robots():
    with serve(clock=SimulatedClock(MIDNIGHT.mjd - 0.3, wall=lambda: 0.0)) as (server, _):
        yield robots_at(server.url)


@pytest.fixture
def plan(session: Session) -> Plan:
    event = add_event(session, event_time=now() - timedelta(minutes=5))
    add_localization(session, event, circle_map(RA, 30.0, 8.0))
    rule = session.scalars(select(PlanRule).where(PlanRule.plans).order_by(PlanRule.id)).first()
    rule.submits, rule.minimum_probability = True, 0.5
    start = MIDNIGHT.to_datetime(timezone=now().tzinfo)
    made = add_plan(session, event, start=start, filters=("g",))
    made.rule_id = rule.id
    session.commit()
    return made


def lines(session: Session) -> str:
    query = select(Activity.text).where(Activity.subject.in_(("plan", "submission")))
    return " / ".join(session.scalars(query))


def submissions(session: Session) -> list[Submission]:
    return list(session.scalars(select(Submission)))


def test_a_plan_that_everything_allows_is_submitted_once(session, robots, plan):
    for _ in range(2):
        submit_by_rule(session, robots, plan.id)
    assert submissions(session), lines(session)
    (made,) = submissions(session)
    rule = session.get_one(PlanRule, plan.rule_id)
    assert made.approved_by == f"rule {rule.name}"
    assert made.state == SubmissionState.APPROVED
    preflights = session.scalars(select(Preflight)).all()
    assert preflights[0].asked_by == made.approved_by, "what it saw is kept"


def rule_of(session: Session, plan: Plan) -> PlanRule:
    return session.get_one(PlanRule, plan.rule_id)


def is_test(_session, plan):
    plan.event.is_test = True


def is_retracted(_session, plan):
    plan.event.is_retracted = True


def is_old(_session, plan):
    plan.event.event_time = now() - timedelta(days=2)


def is_disabled(session, plan):
    rule_of(session, plan).submits = False


def is_deleted(session, plan):
    rule_of(session, plan).deleted_at = now()


def covers_little(session, plan):
    rule_of(session, plan).minimum_probability = 0.9


def is_stopped(session, _plan):
    session.add(Switch(name=KILL_SWITCH, is_on=True))


def has_new_map(session, plan):
    add_localization(session, plan.event)


def has_a_queue(session, plan):
    add_submission(session, add_plan(session, plan.event))


def was_taken_back(session, plan):
    add_submission(session, add_plan(session, plan.event), SubmissionState.WITHDRAWN)


def takes_long(_session, plan):
    plan.statistics = {**plan.statistics, "total_time": 4 * 3600}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (is_test, "test event"),
        (is_retracted, "is retracted"),
        (is_old, "the event is 2 days old, more than 24 h"),
        (is_disabled, "no longer submits"),
        (is_deleted, "no longer submits"),
        (covers_little, "it covers 69.0%, below 90.0%"),
        (is_stopped, "submission is stopped"),
        (has_new_map, "the map has changed"),
        (has_a_queue, "of this event is accepted"),
        (was_taken_back, "of this event was withdrawn"),
        (takes_long, "it takes 4.00 h, and 3.00 h of the night's budget is left"),
    ],
)
def test_what_is_left_to_a_person(session, robots, plan, change, words):
    change(session, plan)
    session.commit()
    before = len(submissions(session))
    submit_by_rule(session, robots, plan.id)
    assert len(submissions(session)) == before
    assert f"plan {plan.id} is left to a person" in lines(session)
    assert words in lines(session)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"allows_automatic": False}, "settings of ZTF do not allow it"),
        ({"nightly_budget": None}, "no nightly budget is set"),
    ],
)
def test_the_settings_of_the_robot_decide(session, plan, settings, words):
    submit_by_rule(session, robots_at("http://127.0.0.1:9", **settings), plan.id)
    assert submissions(session) == []
    assert words in lines(session)


def test_a_warning_of_the_queue_leaves_it_to_a_person(session, robots, plan):
    queue: ObservingQueue = robots.queue("ZTF")
    document = session.get_one(Plan, plan.id).document
    queue.submit(queue.prepare(plan_from_json(document), "ToO_theirs", "Caltech", "B. Other"))
    submit_by_rule(session, robots, plan.id)
    assert submissions(session) == []
    assert "ToO_theirs" in lines(session)


def test_a_silent_robot_is_tried_again_and_then_left_to_a_person(session, plan):
    robots = robots_at("http://127.0.0.1:9")
    submit_by_rule(session, robots, plan.id)
    jobs = session.execute(text("SELECT task_name, args, lock FROM procrastinate_jobs")).all()
    assert jobs == [("submit_by_rule", {"plan_id": plan.id, "tries": 2}, "automatic-ZTF")]
    submit_by_rule(session, robots, plan.id, tries=MAX_TRIES)
    assert "cannot be reached" in lines(session)
    assert submissions(session) == []


def test_only_a_plan_of_a_rule_that_submits_is_asked_for(session, plan):
    ask_to_submit(session, add_plan(session, plan.event))
    is_disabled(session, plan)
    ask_to_submit(session, plan)
    session.commit()
    assert session.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar() == 0


@pytest.mark.parametrize("age", [timedelta(0), timedelta(minutes=3)])
def test_a_plan_of_two_filters_is_submitted_though_it_is_minutes_old(session, robots, plan, age):
    begun = MIDNIGHT.to_datetime(timezone=now().tzinfo)
    made = add_plan(session, plan.event, start=begun, filters=("g", "r"))
    rule_id, plan.rule_id = plan.rule_id, None
    session.flush()
    made.rule_id = rule_id
    session.commit()
    with kept_by(lambda: begun + age):
        plan.event.event_time = now() - timedelta(minutes=5)
        submit_by_rule(session, robots, made.id)
    assert [each.plan_id for each in submissions(session)] == [made.id], lines(session)
    preflight = session.scalars(select(Preflight)).one()
    assert any("goes as 2 queues" in each["words"] for each in preflight.findings)
