"""Submit a rule's plan without a person: only where everything allows it, and told either way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from astropy import units as u
from sqlalchemy import select
from sqlalchemy.orm import Session

from telescopes.errors import QueueError
from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.events import Event, record
from too_marshal.db.observing.plans import Plan, PlanRule
from too_marshal.db.observing.preflights import ERROR, WARNING, Preflight
from too_marshal.db.observing.queues import LIVE, Submission, SubmissionState
from too_marshal.deployment.robots import Robots
from too_marshal.workflows.programs.charge import charged_name, hold_program, hours_needed
from too_marshal.workflows.rules.ages import Purpose, age_of, too_old
from too_marshal.workflows.submissions.approve import approve, blocker, lock_plan
from too_marshal.workflows.submissions.budget import time_left
from too_marshal.workflows.submissions.go_live import against_rules
from too_marshal.workflows.submissions.preflight import examine

WAIT = timedelta(seconds=30)
"""Until a robot that does not answer is tried again."""

MAX_TRIES = 20
"""A robot that is silent for longer is left to a person."""


def submit_by_rule(session: Session, robots: Robots, plan_id: int, tries: int = 1) -> None:
    """Submit the plan of a rule, or say on the timeline why it is left to a person.

    Parameters
    ----------
    session
        Open session; committed.
    robots
        The robots that can be reached.
    plan_id
        A plan that a rule has made.
    tries
        Which try this is: a silent robot is asked again.
    """
    plan = session.get_one(Plan, plan_id)
    rule = session.get_one(PlanRule, plan.rule_id)
    reasons = list(_against(session, robots, plan, rule))
    if not reasons:
        session.commit()  # no transaction stays open while the robot is spoken to
        try:
            robots.queue(plan.telescope).ping()
        except QueueError:
            if tries < MAX_TRIES:
                retry = tasks.submit_by_rule(plan_id=plan.id, tries=tries + 1)
                retry.defer(session, wait=WAIT, lock=tasks.automatic_lock(plan.telescope))
                session.commit()
                return
        reasons = _against_the_queue(session, robots, plan, rule)
    # The robot took its time: a map, a retraction or a person may have come in between.
    plan = lock_plan(session, plan_id)
    session.refresh(rule)
    reasons = reasons or list(_against(session, robots, plan, rule))
    if reasons:
        record(
            session,
            f"{plan.telescope} plan {plan.id} is left to a person: {'; '.join(reasons)}",
            subject="plan",
            subject_id=plan.id,
            event_id=plan.event_id,
        )
        session.commit()
        return
    approve(
        session, robots, plan.id, by=f"rule {rule.name}"[:80], idempotency_key=f"rule-{plan.id}"
    )


def _against(session: Session, robots: Robots, plan: Plan, rule: PlanRule) -> Iterator[str]:
    """Why a plan may not be submitted without a person, as far as we know ourselves."""
    event = session.get_one(Event, plan.event_id, populate_existing=True)
    if not (rule.enabled and rule.submits and rule.deleted_at is None):
        yield f"the rule {rule.name!r} no longer submits"
    if event.is_test:
        yield f"{event.name} is a test event"
    yield from too_old(rule, age_of(session, event), Purpose.SUBMIT)
    yield from against_rules(session, event)
    if plan.localization_id != event.current_localization_id:
        yield "the map has changed"
    if not robots.allows_automatic(plan.telescope):
        yield f"the settings of {plan.telescope} do not allow it"
    if reason := blocker(session, robots, plan):
        yield reason
    probability = plan.statistics.get("probability_all_filters") or 0.0
    if rule.minimum_probability is not None and probability < rule.minimum_probability:
        yield f"it covers {probability:.1%}, below {rule.minimum_probability:.1%}"
    yield from _against_the_budget(session, robots, plan)
    yield from _against_the_program(session, robots, plan)
    yield from _against_what_was_sent(session, plan)


def _against_the_budget(session: Session, robots: Robots, plan: Plan) -> Iterator[str]:
    if not robots.has(plan.telescope):
        return
    known = time_left(session, robots, plan)
    if known is None:
        yield f"no nightly budget is set for {plan.telescope}"
        return
    wanted, left = (time.to_value(u.h) for time in known)
    if wanted > left:
        yield f"it takes {wanted:.2f} h, and {max(left, 0):.2f} h of the night's budget is left"


def _against_the_program(session: Session, robots: Robots, plan: Plan) -> Iterator[str]:
    program = hold_program(session, robots, plan)
    if program is None:
        return
    if not program.rules_may_charge:
        yield f"rules may not charge {program.name}"
    is_too_much, words = hours_needed(session, program, plan)
    if is_too_much:
        yield words


def _against_what_was_sent(session: Session, plan: Plan) -> Iterator[str]:
    """A second queue of an event, or one that a person has taken back, is a person's to send."""
    query = (
        select(Submission)
        .join(Plan)
        .where(Plan.event_id == plan.event_id, Submission.telescope == plan.telescope)
    )
    for submission in session.scalars(query):
        if submission.state in LIVE:
            yield f"{submission.queue_name} of this event is {submission.state}"
        elif submission.state == SubmissionState.WITHDRAWN:
            yield f"{submission.queue_name} of this event was withdrawn"


def _against_the_queue(session: Session, robots: Robots, plan: Plan, rule: PlanRule) -> list[str]:
    """What a look at the robot's queue finds against it; kept as what a person would have seen."""
    findings = examine(session, robots, plan)
    row = Preflight(
        plan_id=plan.id,
        asked_by=f"rule {rule.name}"[:80],
        program=charged_name(robots, plan),
        done_at=now(),
        findings=findings,
    )
    session.add(row)
    session.flush()
    return [*row.messages(ERROR), *row.messages(WARNING)]
