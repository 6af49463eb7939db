"""Planned against executed: what is missing of a plan, and the plan that makes up for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from planners.files.times import time_from_json
from telescopes import TELESCOPES
from telescopes.observing_plan import ExecutedExposure, ObservingPlan
from telescopes.pairing.pairing import pairs
from too_marshal.db.observing.exposures import Exposure
from too_marshal.db.observing.plans import Plan, PlannedExposureRow
from too_marshal.db.observing.queues import Submission
from too_marshal.workflows.exposures.records import is_uploaded

CLOUD = 1.0
"""An exposure that is brighter than predicted by more than this is not worth a visit, mag."""


_COMPLETE = 0.95
"""Part of the detectors with good images from which on a visit is done: pipelines lose a few as
a rule, and nobody would point there again for one of 64."""


class Outcome(StrEnum):
    """What became of a planned exposure."""

    DONE = "done"
    PARTLY = "partly"
    FAILED = "failed"
    CLOUDY = "cloudy"
    MISSED = "missed"


@dataclass(frozen=True)
class Visit:
    """One planned exposure, and the one that was taken for it."""

    planned: PlannedExposureRow
    taken: Exposure | None
    detectors: int
    """Of the camera."""

    @property
    def good(self) -> int:
        """Detectors with good images."""
        return 0 if self.taken is None else len(self.taken.detectors)

    @property
    def outcome(self) -> Outcome:
        """What became of it."""
        if self.taken is None:
            return Outcome.MISSED
        if not self.good:
            return Outcome.FAILED
        if is_cloudy(self.planned, self.taken):
            return Outcome.CLOUDY
        return Outcome.DONE if self.good >= _COMPLETE * self.detectors else Outcome.PARTLY


def _moment(text: str) -> datetime:
    return time_from_json(text).to_datetime(timezone=UTC)


def is_cloudy(planned: PlannedExposureRow, taken: Exposure) -> bool:
    """Whether an exposure is much less deep than was predicted."""
    predicted, measured = planned.limiting_magnitude, taken.limiting_magnitude
    return predicted is not None and measured is not None and measured < predicted - CLOUD


def visits_of(session: Session, plan: Plan) -> list[Visit]:
    """Every exposure of a plan with what was taken for it.

    By its own submissions, or by hand: a table that was uploaded for the event says of no plan,
    so that its exposures in the plan's window count where they are as planned.
    """
    if not plan.exposures:
        return []
    asked = select(Submission.id).where(Submission.plan_id == plan.id)
    by_hand = and_(
        Exposure.telescope == plan.telescope,
        Exposure.start.between(_moment(plan.request["start"]), _moment(plan.request["end"])),
        is_uploaded(plan.event_id),
    )
    taken = session.scalars(
        select(Exposure)
        .where(or_(Exposure.submission_id.in_(asked), by_hand))
        .order_by(Exposure.start)
    ).all()
    return paired(plan.exposures, taken, len(TELESCOPES[plan.telescope].footprint.detector_id))


def paired(
    planned: Sequence[PlannedExposureRow], taken: Sequence[Exposure], detectors: int
) -> list[Visit]:
    """Pair planned exposures with those that were taken."""
    return [
        Visit(row, matched, detectors)
        for row, matched in zip(planned, pairs(planned, taken), strict=True)
    ]


def to_repeat(session: Session, plan: Plan) -> set[int]:
    """Exposures that were taken for a plan and have to be taken again, by their row."""
    return {
        visit.taken.id
        for visit in visits_of(session, plan)
        if visit.taken is not None and visit.outcome in {Outcome.FAILED, Outcome.CLOUDY}
    }


def split_executed(
    plan: ObservingPlan, executed: Sequence[ExecutedExposure]
) -> tuple[ObservingPlan, ObservingPlan]:
    """The part of a plan that was executed, and the part that was not; statistics are kept."""
    both = list(zip(plan.exposures, pairs(plan.exposures, executed), strict=True))
    done = tuple(planned for planned, taken in both if taken is not None)
    left = tuple(planned for planned, taken in both if taken is None)
    return replace(plan, exposures=done), replace(plan, exposures=left)
