"""The one thing that a person does next for an event. Pure: a standing in, a step out.

Nothing is offered that would be refused: no plan that was executed, that a robot holds, that was
made on another map, that has begun, or whose telescope cannot be submitted to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from too_marshal.db.circulars import CircularDraft, CircularState
from too_marshal.db.events import RECENT
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.db.observing.queues import Submission, SubmissionState
from too_marshal.db.observing.replacements import Replacement
from too_marshal.workflows.incident.standing import Sending, Standing
from too_marshal.workflows.incident.submittable import merit, submittable


class StepKind(StrEnum):
    """What a step is."""

    SETTLE = "settle"
    REPLACE = "replace"
    WATCH = "watch"
    SUBMIT = "submit"
    WAIT = "wait"
    COMPLETE = "complete"
    DRAFT = "draft"
    READ = "read"
    AGAIN = "again"
    PLAN = "plan"
    ACKNOWLEDGE = "acknowledge"
    HALTED = "halted"
    NOTHING = "nothing"


WORK = frozenset(StepKind) - {StepKind.WATCH, StepKind.WAIT, StepKind.READ, StepKind.NOTHING}
"""Kinds for which a person is needed."""


@dataclass(frozen=True)
class Step:
    """What to do next, and with what."""

    kind: StepKind
    text: str
    """As a button says it."""

    telescope: str = ""
    plan: Plan | None = None
    submission: Submission | None = None
    replacement: Replacement | None = None
    draft: CircularDraft | None = None
    why: str = ""
    """One clause, where the step is not what one would hope for."""

    @property
    def needs_person(self) -> bool:
        """Whether somebody has to act."""
        return self.kind in WORK


def next_step(standing: Standing, sending: Sending, now: datetime) -> Step:
    """Say what a person does next.

    Parameters
    ----------
    standing
        The event, and what was done about it.
    sending
        What can be submitted to.
    now
        The time at which the person looks.
    """
    if standing.event.is_retracted:
        return _after_retraction(standing)
    return next(_steps(standing, sending, now))


def also(standing: Standing, step: Step, sending: Sending, now: datetime) -> list[Plan]:
    """Plans of other telescopes than the next step's that can be submitted too, the best first."""
    if standing.event.is_retracted:
        return []
    busy = {submission.telescope for submission in standing.live} | {step.telescope}
    best: dict[str, Plan] = {}
    for plan in submittable(standing, sending, now):
        if plan.telescope not in busy:
            best.setdefault(plan.telescope, plan)
    return list(best.values())


def _after_retraction(standing: Standing) -> Step:
    for submission in standing.live:
        if submission.needs_person:
            return _settle(submission)
    if standing.live:
        submission = standing.live[0]
        text = f"Watch {submission.telescope}: its queue is being withdrawn"
        return Step(StepKind.WATCH, text, submission.telescope, submission.plan, submission)
    seen = standing.acknowledged_at
    concerns = standing.plans or standing.submissions  # nobody was busy with any other event
    if concerns and (seen is None or seen < standing.event.changed_at):
        return Step(StepKind.ACKNOWLEDGE, "Acknowledge the retraction")
    return _NOTHING


_NOTHING = Step(StepKind.NOTHING, "Nothing left to do")

_GONE_OUT = (CircularState.SENT, CircularState.UNCONFIRMED)
"""A person sends it, or has; it is looked for among the circulars."""


def _steps(standing: Standing, sending: Sending, now: datetime) -> Iterator[Step]:
    """Every step that could be the next one, the most pressing first; the last always is one."""
    yield from _at_robots(standing)
    yield from _to_send(standing, sending, now)
    yield from _after_exposures(standing, sending)
    if now - (standing.event.event_time or standing.event.created_at) > RECENT:
        yield _NOTHING
    yield from _to_plan(standing, sending)


def _settle(submission: Submission) -> Step:
    return Step(
        StepKind.SETTLE,
        f"Settle {submission.queue_name} with {submission.telescope}",
        submission.telescope,
        submission.plan,
        submission,
        why=submission.reason,
    )


def _at_robots(standing: Standing) -> Iterator[Step]:
    live = standing.live
    for submission in live:
        if submission.needs_person:
            yield _settle(submission)
    for replacement in standing.offered:
        telescope = replacement.plan.telescope
        yield Step(
            StepKind.REPLACE,
            f"Review the new {telescope} plan for the queue at the robot",
            telescope,
            replacement.plan,
            replacement.submission,
            replacement,
        )
    for submission in live:
        words = "its queue is being withdrawn" if submission.withdrawal_requested else (
            f"its queue is {_WORDS.get(submission.state, submission.state)}"
        )  # fmt: skip
        text = f"Watch {submission.telescope}: {words}"
        yield Step(StepKind.WATCH, text, submission.telescope, submission.plan, submission)


_WORDS = {
    SubmissionState.APPROVED: "approved, about to be sent",
    SubmissionState.SUBMITTING: "being sent",
    SubmissionState.EXECUTING: "being executed",
    SubmissionState.UNCONFIRMED: "unconfirmed, its robot is being asked",
}


def _to_send(standing: Standing, sending: Sending, now: datetime) -> Iterator[Step]:
    for plan in submittable(standing, sending, now):
        text = f"Check and submit {plan.telescope} plan {plan.id}"
        yield Step(StepKind.SUBMIT, text, plan.telescope, plan)
    for plan in standing.plans:
        if plan.state == PlanState.COMPUTING and not sending.refusal(
            standing.event, plan.telescope
        ):
            text = f"{plan.telescope} plan {plan.id} is being computed"
            yield Step(StepKind.WAIT, text, plan.telescope, plan)


def _after_exposures(standing: Standing, sending: Sending) -> Iterator[Step]:
    """What follows on what was observed: the rest of it, then the report."""
    best = standing.best_coverage
    for submission in standing.submissions:
        if submission.state == SubmissionState.DONE and _is_incomplete(submission, standing):
            refused = sending.refusal(standing.event, submission.telescope)
            if not refused:
                text = f"Plan what is missing of {submission.telescope} plan {submission.plan_id}"
                yield Step(
                    StepKind.COMPLETE, text, submission.telescope, submission.plan, submission
                )
    if best is None:
        return
    last = standing.last_exposure(best.telescope)
    draft = standing.drafts[0] if standing.drafts else None
    if draft is None or (last is not None and draft.changed_at < last):
        yield Step(StepKind.DRAFT, "Draft the circular", best.telescope)
        return
    seen = standing.acknowledged_at
    if draft.state in _GONE_OUT or (seen is not None and seen >= draft.created_at):
        yield _NOTHING
    telescope = draft.telescopes[0] if draft.telescopes else ""
    yield Step(StepKind.READ, "Read and send the circular", telescope, draft=draft)


def _is_incomplete(submission: Submission, standing: Standing) -> bool:
    """Whether a queue is over that took less than planned, and nobody has planned the rest yet."""
    plan = submission.plan
    if not 0 < standing.taken[submission.id] < (plan.statistics.get("exposures") or 0):
        return False
    return not any(later.parent_id == plan.id for later in standing.plans)


def _to_plan(standing: Standing, sending: Sending) -> Iterator[Step]:
    event = standing.event
    if event.current_localization_id is None:
        if standing.waits_for_map:
            yield Step(StepKind.WAIT, "Its sky map is being read")
        yield Step(StepKind.WAIT, "No notice has said yet where it is")
    if not sending.robots.names():
        yield Step(StepKind.HALTED, "See the queues", why="no telescope's queue is configured")
    if sending.halt:
        yield Step(StepKind.HALTED, "See the health page", why=sending.halt)
    able = [name for name in sending.robots.names() if not sending.refusal(event, name)]
    if not able:
        why = f"{event.name} is a test event, and every telescope is a real one"
        yield Step(StepKind.HALTED, "See the queues", why=why)
    yield from _again(standing, able)
    last = next((plan for plan in standing.plans if plan.telescope in able), None)
    why = last.remark if last is not None and last.state in _FRUITLESS else ""
    telescope = able[0] if last is None else last.telescope
    yield Step(StepKind.PLAN, f"Plan {telescope}", telescope, why=why)


_FRUITLESS = (PlanState.EMPTY, PlanState.FAILED)


def _again(standing: Standing, able: list[str]) -> Iterator[Step]:
    """The best plan that can be made anew: it has begun, is on an older map, or was withdrawn."""
    plans = [
        plan
        for plan in standing.plans
        if plan.telescope in able
        and plan.state in {PlanState.READY, PlanState.SUPERSEDED}
        and plan.statistics.get("exposures")
        and not plan.has_chosen_map
    ]
    # An attempt that was made after it and found nothing says that there is nothing more tonight.
    fruitless = {
        plan.telescope: plan.id for plan in reversed(standing.plans) if plan.state in _FRUITLESS
    }
    plans = [plan for plan in plans if plan.id > fruitless.get(plan.telescope, 0)]
    for plan in sorted(plans, key=merit, reverse=True):
        why = f"plan {plan.id} has begun in the past"
        if plan.localization_id != standing.event.current_localization_id:
            why = f"plan {plan.id} was made on an older map"
        yield Step(
            StepKind.AGAIN, f"Plan {plan.telescope} again from now", plan.telescope, plan, why=why
        )
