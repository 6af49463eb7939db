"""When exposures are planned, queued and executed for an event, as few intervals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from too_marshal.db.events import Event
from too_marshal.db.observing.plans import Plan, PlannedExposureRow, PlanState
from too_marshal.db.observing.queues import LIVE, Submission, SubmissionState
from too_marshal.workflows.exposures.records import times_of_exposures
from too_marshal.workflows.observability.stored_night import Span

_APART = timedelta(minutes=10)
"""Exposures with a shorter break between them are shown as one interval."""


@dataclass
class ExposureTimes:
    """Intervals of one telescope, by time; those of one kind are disjoint."""

    planned: list[Span] = field(default_factory=list)
    """By the newest plan on the current map that is ready and was not sent."""

    queued: list[Span] = field(default_factory=list)
    """By what the robot holds, or is to get."""

    executed: list[Span] = field(default_factory=list)
    """Our own exposures, planned or uploaded."""


def exposure_times(session: Session, event: Event) -> dict[str, ExposureTimes]:
    """Intervals by telescope; one for which nothing was planned or executed is left out."""
    found: dict[str, ExposureTimes] = {}
    planned: dict[tuple[str, bool], list[Span]] = {}
    live = _live(event)
    rows = session.execute(
        select(
            Plan.telescope,
            Plan.id.in_(live).label("is_live"),
            PlannedExposureRow.start,
            PlannedExposureRow.exposure_time,
        )
        .join(PlannedExposureRow, PlannedExposureRow.plan_id == Plan.id)
        .where(Plan.id.in_(live) | Plan.id.in_(_newest(event)))
        .order_by(PlannedExposureRow.start)
    )
    for telescope, is_live, start, exposure_time in rows:
        span = start, start + timedelta(seconds=exposure_time)
        planned.setdefault((telescope, is_live), []).append(span)
    for (telescope, is_live), spans in planned.items():
        times = found.setdefault(telescope, ExposureTimes())
        if is_live:
            times.queued = joined(spans)
        else:
            times.planned = joined(spans)
    executed: dict[str, list[Span]] = {}
    for telescope, start, exposure_time in times_of_exposures(session, event.id):
        span = start, start + timedelta(seconds=exposure_time)
        executed.setdefault(telescope, []).append(span)
    for telescope, spans in executed.items():
        found.setdefault(telescope, ExposureTimes()).executed = joined(spans)
    return found


def _live(event: Event) -> Select[int]:
    """Plans that a robot holds, or is to get."""
    return (
        select(Submission.plan_id)
        .join(Plan)
        .where(Plan.event_id == event.id, Submission.state.in_(LIVE))
    )


def _newest(event: Event) -> Select[int]:
    """Of each telescope, the newest plan on the current map that may still be sent."""
    sent = select(Submission.plan_id).where(
        Submission.state.in_((*LIVE, SubmissionState.DONE, SubmissionState.SUPERSEDED))
    )
    return (
        select(func.max(Plan.id))
        .where(
            Plan.event_id == event.id,
            Plan.localization_id == event.current_localization_id,
            Plan.state == PlanState.READY,
            Plan.id.not_in(sent),
        )
        .group_by(Plan.telescope)
    )


def joined(spans: Iterable[tuple[datetime, datetime]]) -> list[Span]:
    """Intervals, sorted by their start, with those joined that are close to each other."""
    found: list[Span] = []
    for start, end in spans:
        if found and start - found[-1][1] < _APART:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found
