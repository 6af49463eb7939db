"""How far an event has come, in one word, and what can be reached of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.db.observing.queues import LIVE, SubmissionState
from too_marshal.deployment.robots import Robots
from too_marshal.workflows.incident.standing import Sending, Standing, sending, standings
from too_marshal.workflows.incident.submittable import reach, submittable

BEGUN_BELOW = 0.5
"""An event is "observed" once that part is covered of what its executed plans promise; with less,
observing has begun."""

LEAST = 0.01
"""Whoever has covered less of the map has not observed it, whatever was planned."""

STATES = ("new", "planned", "submitted", "begun", "observed", "retracted")
"""From the first notice on; a retraction ends it."""


@dataclass(frozen=True)
class EventStatus:
    """How far one event has come."""

    state: str
    """One of `STATES`."""

    best: Plan | None
    """The plan on the current map that can be submitted now and covers most."""

    covered: float | None
    """Probability of the current map observed at least once, by the telescope that covered most."""

    covered_at: datetime | None
    """When that was computed."""

    @property
    def best_probability(self) -> float | None:
        """Probability in all filters that `best` reaches."""
        return None if self.best is None else reach(self.best)


def status(standing: Standing, ways: Sending, present: datetime) -> EventStatus:
    """Say how far an event has come.

    Parameters
    ----------
    standing
        The event, and what was done about it.
    ways
        What can be submitted to.
    present
        The time at which somebody looks.
    """
    coverage = max(standing.coverages, key=lambda row: row.probability, default=None)
    covered = None if coverage is None else coverage.probability
    return EventStatus(
        state=_state(standing, covered or 0.0),
        best=max(submittable(standing, ways, present), key=reach, default=None),
        covered=covered,
        covered_at=None if coverage is None else coverage.computed_at,
    )


def _state(standing: Standing, covered: float) -> str:
    if standing.event.is_retracted:
        return "retracted"
    if covered:
        promised = max(
            (
                reach(submission.plan)
                for submission in standing.submissions
                if submission.state in {*LIVE, SubmissionState.DONE}
            ),
            default=0.0,
        )
        return "begun" if covered < max(LEAST, BEGUN_BELOW * promised) else "observed"
    if any(row.state in {*LIVE, SubmissionState.DONE} for row in standing.submissions):
        return "submitted"
    ready = (plan for plan in standing.plans if plan.state == PlanState.READY)
    return "planned" if any(not plan.has_chosen_map for plan in ready) else "new"


def statuses(session: Session, robots: Robots, events: Sequence[Event]) -> dict[int, EventStatus]:
    """How far each of `events` has come, by its number."""
    known, ways, present = standings(session, events), sending(session, robots), now()
    return {event_id: status(standing, ways, present) for event_id, standing in known.items()}
