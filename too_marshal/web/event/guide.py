"""The guide through a rehearsal: what to try in which order, and how far somebody has come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from too_marshal.db.observing.plans import PlanState
from too_marshal.db.observing.queues import SubmissionState
from too_marshal.workflows.incident.standing import Standing

_UNDER_WAY = frozenset(
    {SubmissionState.APPROVED, SubmissionState.SUBMITTING, SubmissionState.REFUSED}
)


@dataclass(frozen=True)
class GuideStep:
    """One thing to try."""

    title: str
    words: str
    """Where, and what to look at."""

    is_done: bool


def _has_plan(standing: Standing) -> bool:
    return any(plan.state in {PlanState.READY, PlanState.SUPERSEDED} for plan in standing.plans)


def _was_sent(standing: Standing) -> bool:
    return any(submission.state not in _UNDER_WAY for submission in standing.submissions)


def _was_withdrawn(standing: Standing) -> bool:
    return standing.event.is_retracted and not standing.live


_STEPS: Sequence[tuple[str, str, Callable[[Standing], bool]]] = (
    (
        "Read the verdict",
        (
            "A simulated merger has come in, and a rule has asked for a plan. The sentence on top "
            "says what it is and what can be reached until when."
        ),
        _has_plan,
    ),
    (
        "Check and submit",
        "The button under the verdict holds the plan against the robot's queue; then it asks you.",
        lambda standing: bool(standing.submissions),
    ),
    (
        "See it accepted",
        "Under Submissions the queue goes from approved to accepted: the robot holds it.",
        _was_sent,
    ),
    (
        "Watch",
        (
            "The simulated robot observes in its own time. Executed fields appear on the map, and "
            "what they cover under Observed."
        ),
        lambda standing: any(standing.taken.values()) or standing.best_coverage is not None,
    ),
    (
        "Draft a circular",
        "Under Observed. It is written from executed exposures; nothing leaves a rehearsal.",
        lambda standing: bool(standing.drafts),
    ),
    (
        "Send the retraction",
        "With the button below. Every queue of the event is withdrawn, by itself.",
        _was_withdrawn,
    ),
)


def guide(standing: Standing) -> list[GuideStep]:
    """Steps of a rehearsal's event, with those that are done."""
    return [GuideStep(title, words, is_done(standing)) for title, words, is_done in _STEPS]
