"""What the executed exposures of an event cover of its current map."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy import units as u
from astropy.time import Time
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from planners.coverage import Coverage as Covered
from planners.coverage import coverage
from telescopes import TELESCOPES
from telescopes.observing import ExecutedExposure
from too_marshal.db.base import now
from too_marshal.db.events import Event, record
from too_marshal.db.exposures import Coverage, Exposure
from too_marshal.db.localizations import Localization
from too_marshal.db.plans import Plan
from too_marshal.db.queues import Submission
from too_marshal.workflows.localize import load_skymap


def cover(session: Session, event_id: int, telescope: str) -> None:
    """Recompute what the executed exposures of an event cover of its current map."""
    event = session.get_one(Event, event_id, populate_existing=True)
    if event.current_localization_id is None:
        return
    place = session.get_one(Localization, event.current_localization_id)
    rows = exposures_of(session, event_id, telescope)
    covered = coverage(
        load_skymap(session, place), TELESCOPES[telescope], [as_executed(row) for row in rows]
    )
    values = {
        "event_id": event_id,
        "exposures": covered.exposures,
        "probability": float(covered.probability),
        "probability_twice": float(covered.probability_twice),
        "area": float(covered.area.to_value(u.deg**2)),
        "area_twice": float(covered.area_twice.to_value(u.deg**2)),
        "by_filter": _by_filter(covered),
        "series": _series(covered),
        "computed_at": now(),
    }
    session.execute(
        insert(Coverage)
        .values(localization_id=place.id, telescope=telescope, **values)
        .on_conflict_do_update(index_elements=["localization_id", "telescope"], set_=values)
    )
    record(
        session,
        f"{telescope} has observed {100 * covered.probability:.1f} % at least once, "
        f"{100 * covered.probability_twice:.1f} % twice ({covered.exposures} exposures)",
        subject="coverage",
        subject_id=place.id,
        event_id=event_id,
    )
    session.commit()


def _by_filter(covered: Covered) -> dict[str, Any]:
    return {
        name: {
            "exposures": item.exposures,
            "probability": float(item.probability),
            "probability_twice": float(item.probability_twice),
            "area": float(item.area.to_value(u.deg**2)),
            "limiting_magnitude": item.limiting_magnitude,
        }
        for name, item in covered.filters.items()
    }


def _series(covered: Covered) -> list[list[Any]]:
    if covered.starts is None:
        return []
    return [
        [f"{start}Z", float(once), float(twice)]
        for start, (once, twice) in zip(covered.starts.utc.isot, covered.series, strict=True)
    ]


def exposures_of(session: Session, event_id: int, telescope: str | None = None) -> list[Exposure]:
    """Executed exposures of an event's submissions, in the order of time."""
    query = (
        select(Exposure)
        .join(Submission, Submission.id == Exposure.submission_id)
        .join(Plan)
        .where(Plan.event_id == event_id)
        .order_by(Exposure.start, Exposure.id)
    )
    if telescope is not None:
        query = query.where(Exposure.telescope == telescope)
    return list(session.scalars(query))


def as_executed(row: Exposure) -> ExecutedExposure:
    """The record that the planners' functions take."""
    return ExecutedExposure(
        exposure_id=row.exposure_id,
        field_id=row.field_id,
        ra=row.ra * u.deg,
        dec=row.dec * u.deg,
        filter=row.filter,
        start=Time(row.start),
        exposure_time=row.exposure_time * u.s,
        detectors=np.asarray(row.detectors, dtype=np.int64),
        queue_name=row.queue_name,
        airmass=row.airmass,
        seeing=None if row.seeing is None else row.seeing * u.arcsec,
        limiting_magnitude=row.limiting_magnitude,
    )
