"""A rule as a person says it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from too_marshal.db.plans import PlanRule
from too_marshal.web.formatting import area, distance, percent, rate
from too_marshal.workflows.rules.ages import in_words


def when(rule: PlanRule) -> list[str]:
    """What must hold for the rule to apply; nothing where it always does."""
    return [*_of_the_notice(rule), *_of_the_event(rule), *_of_the_place(rule)]


def _of_the_notice(rule: PlanRule) -> Iterator[str]:
    if rule.streams:
        yield f"it is of {_or(rule.streams)}"
    if rule.kinds:
        yield f"the notice is of kind {_or(rule.kinds)}"
    yield "it may be a test" if rule.tests else "it is no test"
    if rule.excluded_flags:
        yield f"it is not flagged {_or([repr(flag) for flag in rule.excluded_flags])}"


def _of_the_event(rule: PlanRule) -> Iterator[str]:
    if rule.significant_only:
        yield "the mission calls it significant"
    if rule.maximum_far is not None:
        yield f"false alarms are no more frequent than {rate(rule.maximum_far)}"
    if rule.minimum_astrophysical is not None:
        yield f"it is astrophysical with {percent(rule.minimum_astrophysical)} or more"
    if rule.minimum_has_ns is not None:
        yield f"HasNS is {percent(rule.minimum_has_ns)} or more"
    if rule.minimum_classes:
        yield _or(
            [f"{name} is {percent(p)} or more" for name, p in sorted(rule.minimum_classes.items())]
        )
    if rule.duration_classes:
        yield f"the burst is {_or(rule.duration_classes)}"


def _of_the_place(rule: PlanRule) -> Iterator[str]:
    if rule.maximum_area is not None:
        yield f"the 90 % area is {area(rule.maximum_area)} or less"
    if rule.maximum_distance is not None:
        yield f"the mean distance is {distance(rule.maximum_distance)} or less"
    if rule.maximum_radius is not None:
        yield f"the error radius is {rule.maximum_radius:g} deg or less"


def then(rule: PlanRule) -> list[str]:
    """What happens."""
    by = f" by {', '.join(rule.channels)}" if rule.channels else ""
    said = []
    if rule.notifies:
        said.append(f"people are told{by}{_within(rule.maximum_age_to_tell)}")
    if rule.plans:
        program = f", program {rule.program}" if rule.program else ""
        said.append(
            f"{rule.telescope} is planned in {', '.join(rule.filters)},"
            f" {rule.exposure_time:g} s each, by the {rule.planner} planner{program}"
            f"{_within(rule.maximum_age_to_plan)}"
        )
    if rule.submits:
        least = rule.minimum_probability
        said.append(
            "the plan is submitted without a person"
            + ("" if least is None else f" if it covers {least:.0%} or more")
            + _within(rule.maximum_age_to_submit)
        )
    return said


def _within(hours: float | None) -> str:
    return "" if hours is None else f", until {in_words(timedelta(hours=hours))} after the event"


def _or(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} or {items[-1]}"
