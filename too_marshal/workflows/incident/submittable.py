"""Which plans of an event could be submitted now, and why others are not offered. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from too_marshal.db.base import MARSHAL
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.db.observing.queues import LIVE, SubmissionState
from too_marshal.workflows.incident.standing import Sending, Standing

BEGUN = timedelta(minutes=10)
"""A plan whose first exposure lies so far back has begun without the robot: it is made anew. Until
then every exposure is late by no more than that, which fields bear as a rule."""


def submittable(standing: Standing, sending: Sending, now: datetime) -> list[Plan]:
    """Plans that could be submitted now: a person's newest, then those that cover most."""
    plans = [plan for plan in standing.plans if not against(plan, standing, sending, now)]
    return sorted(plans, key=merit, reverse=True)


def merit(plan: Plan) -> tuple[int, float, int]:
    """What plans are ordered by: a person's newest, then that which covers most."""
    persons = 0 if plan.author == MARSHAL else plan.id
    return persons, reach(plan), plan.id


def reach(plan: Plan) -> float:
    """Probability that a plan covers in all filters; 0 where it has no exposure."""
    return plan.statistics.get("probability_all_filters") or 0.0


def against(plan: Plan, standing: Standing, sending: Sending, now: datetime) -> str:
    """Why a plan is not what to submit next; empty where it could be.

    Of what only the check against the robot's queue can find, nothing is known here.
    """
    return next(_against(plan, standing, sending, now), "")


def _against(plan: Plan, standing: Standing, sending: Sending, now: datetime) -> Iterator[str]:
    event = standing.event
    if plan.state != PlanState.READY:
        yield f"it is {plan.state}"
    if plan.localization_id != event.current_localization_id:
        yield "it was made on another map than the current one"
    if reason := sending.refusal(event, plan.telescope):
        yield reason
    yield from _sent(plan, standing, sending)
    start = _start(plan)
    if start is None or start < now - BEGUN:
        yield "it has begun in the past"
    last = standing.last_exposure(plan.telescope)
    if last is not None and plan.created_at < last:
        yield f"{plan.telescope} has observed since it was made"


def _sent(plan: Plan, standing: Standing, sending: Sending) -> Iterator[str]:
    for submission in standing.submissions:
        if submission.plan_id != plan.id:
            continue
        if submission.state in LIVE:
            yield f"it is {submission.state}"
        elif submission.state == SubmissionState.DONE:
            yield "it was executed"
        elif submission.queue_name in sending.held.get(plan.telescope, frozenset()):
            yield "the robot holds it"


def _start(plan: Plan) -> datetime | None:
    text = plan.statistics.get("start")
    return datetime.fromisoformat(text) if text else None
