"""The next step is right in every state, and never one that would be refused."""

from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy.orm import Session

from tests.too_marshal.factories import (
    add_circular,
    add_coverage,
    add_event,
    add_exposures,
    add_localization,
    add_plan,
    add_replacement,
    add_submission,
    circle_map,
)
from too_marshal.db.base import MARSHAL, now
from too_marshal.db.circulars import BY_HAND, CircularSending
from too_marshal.db.deliveries import DeliveryState
from too_marshal.db.events import Event
from too_marshal.db.localizations import LocalizationState
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.db.observing.queues import KILL_SWITCH, SubmissionState, Switch
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.robots_file import Robot
from too_marshal.workflows.incident.acknowledge import acknowledge
from too_marshal.workflows.incident.next_step import Step, StepKind, also, next_step
from too_marshal.workflows.incident.standing import sending, standings
from too_marshal.workflows.incident.submittable import against


def robots(*names: str, simulated: bool = True) -> Robots:
    robot = Robot({"url": "http://127.0.0.1:9"}, is_simulated=simulated, program="P", pi="p")
    return Robots(dict.fromkeys(names, robot))


ZTF = robots("ZTF")


@pytest.fixture
def event(session: Session) -> Event:
    event = add_event(session)
    add_localization(session, event)
    return event


def step(session: Session, event: Event, reachable: Robots = ZTF, later: float = 0.0) -> Step:
    """What is next, `later` hours from now."""
    session.expire_all()
    standing = standings(session, [event])[event.id]
    return next_step(standing, sending(session, reachable), now() + timedelta(hours=later))


def covering(session: Session, event: Event, fraction: float, **values: object) -> Plan:
    plan = add_plan(session, event)
    plan.statistics = {**plan.statistics, "probability_all_filters": fraction}
    plan.author = MARSHAL
    for name, value in values.items():
        setattr(plan, name, value)
    session.commit()
    return plan


def test_the_plan_that_covers_most_is_offered_and_a_persons_before_it(session, event):
    small, large = covering(session, event, 0.4), covering(session, event, 0.7)
    assert (step(session, event).kind, step(session, event).plan) == (StepKind.SUBMIT, large)
    small.author = "ann"
    session.commit()
    assert step(session, event).plan == small


@pytest.mark.parametrize("state", [state for state in PlanState if state != PlanState.READY])
def test_a_plan_that_is_not_ready_is_not_offered(session, event, state):
    plan = covering(session, event, 0.7, state=state)
    found = step(session, event)
    assert found.kind != StepKind.SUBMIT
    assert (found.kind == StepKind.WAIT) == (state == PlanState.COMPUTING)
    assert found.plan in (plan, None)


def test_a_plan_that_was_executed_is_not_offered_again(session, event):
    plan = covering(session, event, 0.7)
    submission = add_submission(session, plan, SubmissionState.DONE)
    add_exposures(session, submission, len(plan.exposures))
    add_coverage(session, event)
    found = step(session, event)
    assert found.kind == StepKind.DRAFT
    assert found.telescope == "ZTF"
    add_circular(session, event)
    assert step(session, event).kind == StepKind.READ
    assert acknowledge(session, event, event.changed_at, by="ann")
    assert step(session, event).kind == StepKind.NOTHING


def test_a_circular_that_has_gone_out_is_not_to_be_sent(session, event):
    plan = covering(session, event, 0.7)
    submission = add_submission(session, plan, SubmissionState.DONE)
    add_exposures(session, submission, len(plan.exposures))
    add_coverage(session, event)
    draft = add_circular(session, event)
    session.add(
        CircularSending(
            draft_id=draft.id, version=1, sha256=draft.sha256, subject=draft.subject,
            body=draft.body, way=BY_HAND, state=DeliveryState.UNCONFIRMED, asked_by="observer",
        )
    )  # fmt: skip
    session.commit()
    session.refresh(draft)
    assert step(session, event).kind == StepKind.NOTHING


def test_what_is_missing_of_an_executed_plan_is_planned_once(session, event):
    plan = covering(session, event, 0.7)
    submission = add_submission(session, plan, SubmissionState.DONE)
    add_exposures(session, submission, 3)
    add_coverage(session, event)
    found = step(session, event)
    assert (found.kind, found.plan) == (StepKind.COMPLETE, plan)
    rest = covering(session, event, 0.3, parent_id=plan.id)
    assert (step(session, event).kind, step(session, event).plan) == (StepKind.SUBMIT, rest)
    rest.state = PlanState.EMPTY
    session.commit()
    assert step(session, event).kind == StepKind.DRAFT


def test_a_plan_made_before_its_telescope_observed_is_not_offered(session, event):
    done, other = covering(session, event, 0.7), covering(session, event, 0.65)
    submission = add_submission(session, done, SubmissionState.DONE)
    add_exposures(session, submission, len(done.exposures))
    coverage = add_coverage(session, event)
    coverage.series = [[(now() + timedelta(minutes=1)).isoformat(), 0.2, 0.1]]
    session.commit()
    assert step(session, event).plan != other


@pytest.mark.parametrize("state", [SubmissionState.ACCEPTED, SubmissionState.EXECUTING])
def test_a_queue_at_the_robot_is_watched_and_other_telescopes_are_offered_beside_it(
    session, event, state
):
    plan = covering(session, event, 0.7)
    other = covering(session, event, 0.3, telescope="DECam")
    submission = add_submission(session, plan, state)
    both = robots("ZTF", "DECam")
    found = step(session, event, both)
    assert (found.kind, found.submission) == (StepKind.WATCH, submission)
    standing = standings(session, [event])[event.id]
    assert also(standing, found, sending(session, both), now()) == [other]
    assert also(standing, found, sending(session, ZTF), now()) == [], "DECam cannot be submitted to"


def test_a_plan_on_another_map_is_not_offered_but_made_again(session, event):
    plan = covering(session, event, 0.7)
    add_localization(session, event, circle_map(151.0, 30.0, 8.0))
    found = step(session, event)
    assert (found.kind, found.plan) == (StepKind.AGAIN, plan)
    assert "older map" in found.why


def test_a_plan_that_has_begun_in_the_past_is_made_again(session, event):
    plan = covering(session, event, 0.7)
    assert step(session, event, later=2.1).kind == StepKind.SUBMIT, "begun just now"
    found = step(session, event, later=2.3)
    assert (found.kind, found.plan) == (StepKind.AGAIN, plan)


def test_a_telescope_that_cannot_be_submitted_to_is_not_offered(session, event):
    plan = covering(session, event, 0.9, telescope="DECam")
    found = step(session, event)
    assert (found.kind, found.telescope) == (StepKind.PLAN, "ZTF")
    none = step(session, event, robots())
    assert (none.kind, none.plan) == (StepKind.HALTED, None)
    assert "no telescope's queue" in none.why
    standing = standings(session, [event])[event.id]
    assert "no queue is configured for DECam" in against(
        plan, standing, sending(session, ZTF), now()
    )


def test_a_test_event_is_not_offered_to_a_real_telescope(session):
    event = add_event(session, "MS260101a", is_test=True)
    add_localization(session, event)
    covering(session, event, 0.7)
    assert step(session, event, robots("ZTF", simulated=False)).kind == StepKind.HALTED
    assert step(session, event).kind == StepKind.SUBMIT


def test_nothing_is_offered_while_all_submission_is_stopped(session, event):
    covering(session, event, 0.7)
    session.add(Switch(name=KILL_SWITCH, is_on=True))
    session.commit()
    found = step(session, event)
    assert (found.kind, found.why) == (StepKind.HALTED, "all submission is stopped")


def test_what_only_a_person_can_settle_comes_before_everything(session, event):
    plan, other = covering(session, event, 0.7), covering(session, event, 0.6)
    submission = add_submission(session, plan)
    add_replacement(session, submission, other)
    assert step(session, event).kind == StepKind.REPLACE
    submission.needs_person, submission.reason = True, "the robot is silent"
    session.commit()
    found = step(session, event)
    assert (found.kind, found.why) == (StepKind.SETTLE, "the robot is silent")
    event.is_retracted = True
    session.commit()
    assert step(session, event).kind == StepKind.SETTLE


def test_what_the_marshal_settles_itself_is_watched(session, event):
    submission = add_submission(session, covering(session, event, 0.7))
    submission.state = SubmissionState.UNCONFIRMED
    session.commit()
    found = step(session, event)
    assert found.kind == StepKind.WATCH
    assert "its robot is being asked" in found.text


def test_a_retraction_is_watched_then_acknowledged_then_over(session, event):
    plan = covering(session, event, 0.7)
    submission = add_submission(session, plan)
    event.is_retracted, event.changed_at = True, now()
    session.commit()
    assert step(session, event).kind == StepKind.WATCH
    submission.state = SubmissionState.WITHDRAWN
    session.commit()
    assert step(session, event).kind == StepKind.ACKNOWLEDGE
    assert acknowledge(session, event, event.changed_at, by="ann")
    assert step(session, event).kind == StepKind.NOTHING
    seen, event.changed_at = event.changed_at, now()
    session.commit()
    assert step(session, event).kind == StepKind.ACKNOWLEDGE, "the mission has spoken again"
    assert not acknowledge(session, event, seen, by="ann"), "of a page that is older than that"
    assert step(session, event).kind == StepKind.ACKNOWLEDGE


def test_an_event_without_a_map_waits_and_says_for_what(session):
    event = add_event(session)
    assert step(session, event).text == "No notice has said yet where it is"
    localization = add_localization(session, event)
    event.current_localization_id = None
    localization.state = LocalizationState.PENDING
    session.commit()
    assert step(session, event).text == "Its sky map is being read"


def test_an_empty_plan_leaves_it_to_the_person_and_says_why(session, event):
    covering(session, event, 0.0, state=PlanState.EMPTY, remark="It does not rise.")
    found = step(session, event)
    assert (found.kind, found.why) == (StepKind.PLAN, "It does not rise.")


def test_an_old_event_wants_nothing(session, event):
    event.event_time = now() - timedelta(days=8)
    session.commit()
    covering(session, event, 0.7, state=PlanState.SUPERSEDED)
    assert step(session, event).kind == StepKind.NOTHING


def test_in_no_state_is_a_plan_offered_that_would_be_refused(session, event):
    """Every pair of a plan's state and a submission's: what is offered can be submitted."""
    for plan_state, state in product(PlanState, [None, *SubmissionState]):
        plan = covering(session, event, 0.5, state=plan_state)
        if state is not None:
            add_submission(session, plan, state)
    session.expire_all()
    standing, ways = standings(session, [event])[event.id], sending(session, ZTF)
    offered = [plan for plan in standing.plans if not against(plan, standing, ways, now())]
    gone = {SubmissionState.REFUSED, SubmissionState.WITHDRAWN, SubmissionState.SUPERSEDED}
    for plan in offered:
        states = {each.state for each in standing.submissions if each.plan_id == plan.id}
        assert plan.state == PlanState.READY
        assert states <= gone
    assert len(offered) == 1 + len(gone)
