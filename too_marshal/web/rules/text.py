"""A rule as a person says it."""

from __future__ import annotations

from datetime import timedelta

from too_marshal.db.observing.plans import PlanRule
from too_marshal.web.plans.text import how_far, what_else
from too_marshal.workflows.rules.ages import readable_span
from too_marshal.workflows.rules.decide import conditions_of
from too_marshal.workflows.rules.fields import requested


def when(rule: PlanRule) -> list[str]:
    """What must hold for the rule to apply; nothing where it always does."""
    texts = (condition.says(value) for condition, value in conditions_of(rule))
    return [text for text in texts if text]


def then(rule: PlanRule) -> list[str]:
    """What happens."""
    by = f" by {', '.join(rule.channels)}" if rule.channels else ""
    asked = requested(rule)
    sentences = []
    if rule.notifies:
        sentences.append(f"people are told{by}{_within(rule.maximum_age_to_tell)}")
    if rule.wakes:
        woken = "who is on call is woken until somebody acknowledges"
        sentences.append(f"{woken}{_within(rule.maximum_age_to_tell)}")
    if rule.tags:
        sentences.append(f"the event is tagged {', '.join(rule.tags)}")
    if rule.plans:
        program = f", program {rule.program}" if rule.program else ""
        sentences.append(
            f"{rule.telescope} is planned in {', '.join(asked['filters'])},"
            f" {asked['exposure_time']:g} s each, by the {rule.planner} planner{program}"
            f"{_within(rule.maximum_age_to_plan)}"
        )
        if stops := how_far(asked):
            sentences.append(f"the plan stops {' or '.join(stops)}")
        if others := what_else(asked):
            sentences.append(f"the plan {', '.join(others)}")
    if rule.submits:
        least = rule.minimum_probability
        sentences.append(
            "the plan is submitted without a person"
            + ("" if least is None else f" if it covers {least:.0%} or more")
            + _within(rule.maximum_age_to_submit)
        )
    return sentences


def _within(hours: float | None) -> str:
    return (
        "" if hours is None else f", until {readable_span(timedelta(hours=hours))} after the event"
    )
