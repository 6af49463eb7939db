"""Objects in the region of an event: their alerts taken together, and what was decided of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import Session

from counterparts.real_bogus import CALIBRATED
from too_marshal.db.counterparts.alerts import AlertLevel, KeptAlert
from too_marshal.db.counterparts.candidates import Candidate, CandidateStatus
from too_marshal.db.events import Event


@dataclass(frozen=True)
class RegionObject:
    """One object of a survey, as its alerts in an event's region show it."""

    survey: str
    object_id: str
    ra: float
    dec: float
    """Of its last alert, ICRS, deg."""

    level: float
    """The least of its alerts, in the event's current map."""

    alerts: int
    first_seen_at: datetime
    last_seen_at: datetime
    filter: str | None
    magnitude: float | None
    """Of its last alert."""

    real_bogus: float | None
    """The greatest of its alerts."""

    braai: float | None
    """Likewise, by the marshal's own look at the images."""

    candidate: Candidate | None
    """What somebody has made of it."""

    @property
    def is_calibrated(self) -> bool:
        """Whether braai was trained on images of this survey."""
        return self.survey in CALIBRATED


def count_objects(session: Session, event: Event, *, is_rejected: bool | None = None) -> int:
    """How many objects there are in an event's region; see `objects_of`."""
    keys = select(KeptAlert.survey, KeptAlert.object_id).distinct()
    there = keys.join(AlertLevel, AlertLevel.alert_id == KeptAlert.id).where(*in_region(event))
    if is_rejected is not None:
        there = there.outerjoin(Candidate, _judgment(event, KeptAlert)).where(_is(is_rejected))
    return session.scalar(select(func.count()).select_from(there.subquery())) or 0


def objects_of(
    session: Session,
    event: Event,
    *,
    limit: int = 100,
    offset: int = 0,
    is_rejected: bool | None = None,
) -> Sequence[RegionObject]:
    """Objects in an event's region: those that nobody has judged first, the most likely first.

    Parameters
    ----------
    session
        Open session.
    event
        The event, by its current map.
    limit, offset
        So many, after so many.
    is_rejected
        Only those that somebody has rejected, or only the others; None: all.
    """
    last = _last_alerts(event).subquery()
    decided = case(
        (Candidate.status.is_(None), 0), (Candidate.status == CandidateStatus.REJECTED, 2), else_=1
    )
    query = select(last, Candidate).where(last.c.nth == 1)
    query = query.outerjoin(Candidate, _judgment(event, last.c))
    if is_rejected is not None:
        query = query.where(_is(is_rejected))
    rows = session.execute(
        query.order_by(decided, last.c.level, last.c.survey, last.c.object_id)
        .limit(limit)
        .offset(offset)
    )
    return [
        RegionObject(
            row.survey, row.object_id, row.ra, row.dec, row.level, row.alerts, row.first_seen_at,
            row.observed_at, row.filter, row.magnitude, row.real_bogus, row.braai,
            row.Candidate,
        )
        for row in rows
    ]  # fmt: skip


def object_of(session: Session, event: Event, survey: str, object_id: str) -> KeptAlert | None:
    """The last alert of an object in an event's region; None where it has none there."""
    return session.scalars(
        select(KeptAlert)
        .join(AlertLevel, AlertLevel.alert_id == KeptAlert.id)
        .where(*in_region(event), KeptAlert.survey == survey, KeptAlert.object_id == object_id)
        .order_by(KeptAlert.observed_at.desc(), KeptAlert.id.desc())
        .limit(1)
    ).first()


def _judgment(event: Event, alert: Any) -> ColumnElement[bool]:
    """What somebody has made of the object of an alert."""
    return and_(
        Candidate.event_id == event.id,
        Candidate.survey == alert.survey,
        Candidate.object_id == alert.object_id,
    )


def _is(rejected: bool) -> ColumnElement[bool]:  # noqa: FBT001 - its only argument
    if rejected:
        return Candidate.status == CandidateStatus.REJECTED
    return Candidate.status.is_distinct_from(CandidateStatus.REJECTED)


def in_region(event: Event) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Conditions of levels in the current map of an event."""
    return (
        AlertLevel.event_id == event.id,
        AlertLevel.localization_id == event.current_localization_id,
    )


def _last_alerts(event: Event) -> Select[tuple[object, ...]]:
    """Each alert in the region, its rank from its object's last on, and what all of them say."""
    of_object = (KeptAlert.survey, KeptAlert.object_id)
    latest_first = (KeptAlert.observed_at.desc(), KeptAlert.id.desc())
    return (
        select(
            KeptAlert.survey,
            KeptAlert.object_id,
            KeptAlert.ra,
            KeptAlert.dec,
            KeptAlert.observed_at,
            KeptAlert.filter,
            KeptAlert.magnitude,
            func.row_number().over(partition_by=of_object, order_by=latest_first).label("nth"),
            func.min(AlertLevel.level).over(partition_by=of_object).label("level"),
            func.count().over(partition_by=of_object).label("alerts"),
            func.min(KeptAlert.observed_at).over(partition_by=of_object).label("first_seen_at"),
            func.max(KeptAlert.real_bogus).over(partition_by=of_object).label("real_bogus"),
            func.max(KeptAlert.braai).over(partition_by=of_object).label("braai"),
        )
        .join(AlertLevel, AlertLevel.alert_id == KeptAlert.id)
        .where(*in_region(event))
    )
