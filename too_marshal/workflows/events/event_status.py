"""How far events have come: what the event list and the event page say at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from too_marshal.db.events import Event
from too_marshal.db.exposures import Coverage
from too_marshal.db.plans import Plan, PlanState
from too_marshal.db.queues import LIVE, Submission, SubmissionState


@dataclass(frozen=True)
class EventStatus:
    """How far one event has come."""

    state: str
    """retracted, observed, submitted, planned or new."""

    best_probability: float | None
    """Highest probability in all filters that a ready plan reaches."""

    covered: float | None
    """Probability of the current map observed at least once, best telescope."""

    covered_at: datetime | None
    """When that was computed."""


def event_statuses(session: Session, events: Sequence[Event]) -> dict[int, EventStatus]:
    """Standing of each of `events`, by its number, in three queries however many they are."""
    ids = [event.id for event in events]
    best = _best_plans(session, ids)
    submitted = _submitted(session, ids)
    covered = _covered(session, [event.current_localization_id for event in events])
    return {event.id: _standing(event, best, submitted, covered) for event in events}


def _standing(
    event: Event,
    best: dict[int, float],
    submitted: set[int],
    covered: dict[int, tuple[float, datetime]],
) -> EventStatus:
    probability, computed_at = covered.get(event.current_localization_id or 0, (None, None))
    if event.is_retracted:
        state = "retracted"
    elif probability:
        state = "observed"
    elif event.id in submitted:
        state = "submitted"
    elif event.id in best:
        state = "planned"
    else:
        state = "new"
    return EventStatus(state, best.get(event.id), probability, computed_at)


def _best_plans(session: Session, ids: Iterable[int]) -> dict[int, float]:
    probability = Plan.statistics["probability_all_filters"].as_float()
    query = (
        select(Plan.event_id, func.max(probability))
        .where(Plan.event_id.in_(ids), Plan.state == PlanState.READY, ~Plan.has_chosen_map)
        .group_by(Plan.event_id)
    )
    return {event_id: best or 0.0 for event_id, best in session.execute(query)}


def _submitted(session: Session, ids: Iterable[int]) -> set[int]:
    states = (*LIVE, SubmissionState.DONE)
    query = (
        select(Plan.event_id)
        .join(Submission, Submission.plan_id == Plan.id)
        .where(Plan.event_id.in_(ids), Submission.state.in_(states))
    )
    return set(session.scalars(query))


def _covered(
    session: Session, localization_ids: Iterable[int | None]
) -> dict[int, tuple[float, datetime]]:
    query = (
        select(Coverage)
        .where(Coverage.localization_id.in_(localization_ids))
        .order_by(Coverage.probability)
    )
    return {
        row.localization_id: (row.probability, row.computed_at) for row in session.scalars(query)
    }
