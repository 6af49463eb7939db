"""Follow what robots execute: exposures in, states on, coverage recomputed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from planners.coverage import Coverage as Covered
from planners.coverage import coverage
from planners.ranges import hpx29
from telescopes import TELESCOPES
from telescopes.errors import QueueError
from telescopes.observing import ExecutedExposure, QueuedPlan
from too_marshal.db.base import now
from too_marshal.db.events import Event, record
from too_marshal.db.exposures import Coverage, Exposure
from too_marshal.db.localizations import Localization
from too_marshal.db.plans import Plan, PlannedExposureRow
from too_marshal.db.queues import AT_THE_ROBOT, RobotQueue, Submission, SubmissionState, tell
from too_marshal.robots import Robots
from too_marshal.workflows.localize import load_skymap

LOOK_BACK = timedelta(hours=36)
"""How long after its end an exposure may still turn up."""


def track(session: Session, robots: Robots, telescope: str) -> None:
    """Ask one robot what it holds and has done, and bring all that depends on it up to date.

    Parameters
    ----------
    session
        Open session; committed. A silent robot leaves the last good copy, marked with why.
    robots
        The robots that can be reached.
    telescope
        Name of the telescope.
    """
    start, end = _span(session, telescope)
    queue = robots.queue(telescope)
    session.commit()
    try:
        held = queue.queued()
        done = list(queue.executed(start, end))
    except QueueError as err:
        _note_silence(session, telescope, str(err))
        session.commit()
        return
    _note_queues(session, telescope, held)
    new = _store(session, telescope, done)
    _advance(session, telescope, {item.name for item in held})
    session.commit()
    for event_id in sorted(_events_of(session, new)):
        cover(session, event_id, telescope)


def _span(session: Session, telescope: str) -> tuple[Time, Time]:
    """From the first live plan's beginning on the robot's clock, until any time to come."""
    first = session.scalar(
        select(PlannedExposureRow.start)
        .join(Plan)
        .join(Submission, Submission.plan_id == Plan.id)
        .where(Submission.telescope == telescope, Submission.approved_at > now() - LOOK_BACK)
        .order_by(PlannedExposureRow.start)
        .limit(1)
    )
    start = min(first, now() - LOOK_BACK) if first else now() - LOOK_BACK
    # A rehearsal's robot may be ahead of our clock.
    return Time(start), Time(now() + LOOK_BACK)


def _note_silence(session: Session, telescope: str, error: str) -> None:
    statement = insert(RobotQueue).values(
        telescope=telescope, queues=[], tried_at=now(), error=error
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["telescope"], set_={"tried_at": now(), "error": error}
        )
    )


def _note_queues(session: Session, telescope: str, held: Iterable[QueuedPlan]) -> None:
    queues = [
        {
            "name": item.name,
            "start": _iso(item.start),
            "end": _iso(item.end),
            "is_too": item.is_too,
            "targets": len(item.targets),
        }
        for item in held
    ]
    values = {"queues": queues, "seen_at": now(), "tried_at": now(), "error": ""}
    session.execute(
        insert(RobotQueue)
        .values(telescope=telescope, **values)
        .on_conflict_do_update(index_elements=["telescope"], set_=values)
    )


def _store(session: Session, telescope: str, done: Iterable[ExecutedExposure]) -> set[int]:
    """Keep the exposures; returns the submissions that gained one, or better knowledge of one."""
    known = session.execute(
        select(Submission.queue_name, Submission.id).where(Submission.telescope == telescope)
    )
    names = dict(known.all())
    touched = set()
    for item in done:
        values = _row(telescope, item, names.get(item.queue_name or ""))
        statement = insert(Exposure).values(values)
        changed = session.scalar(
            statement.on_conflict_do_update(
                index_elements=["telescope", "exposure_id"],
                set_={name: statement.excluded[name] for name in _IMPROVABLE},
                where=Exposure.detectors != statement.excluded.detectors,
            ).returning(Exposure.submission_id)
        )
        if changed is not None:
            touched.add(changed)
    return touched


_IMPROVABLE = ("detectors", "seeing", "limiting_magnitude")


def _row(telescope: str, item: ExecutedExposure, submission_id: int | None) -> dict[str, Any]:
    return {
        "telescope": telescope,
        "exposure_id": item.exposure_id,
        "submission_id": submission_id,
        "queue_name": item.queue_name,
        "field_id": item.field_id,
        "ra": float(item.ra.to_value(u.deg)),
        "dec": float(item.dec.to_value(u.deg)),
        "hpx29": int(hpx29(SkyCoord(item.ra, item.dec))),
        "filter": item.filter,
        "start": item.start.to_datetime(timezone=UTC),
        "exposure_time": float(item.exposure_time.to_value(u.s)),
        "detectors": [int(number) for number in item.detectors],
        "airmass": item.airmass,
        "seeing": None if item.seeing is None else float(item.seeing.to_value(u.arcsec)),
        "limiting_magnitude": item.limiting_magnitude,
        "received_at": now(),
    }


def _advance(session: Session, telescope: str, held: set[str]) -> None:
    """Move submissions on: executing once an exposure exists, done once the robot let go."""
    submissions = session.scalars(
        select(Submission)
        .where(Submission.telescope == telescope, Submission.state.in_(AT_THE_ROBOT))
        .with_for_update(of=Submission)
    )
    for submission in submissions:
        count = len(session.scalars(
            select(Exposure.id).where(Exposure.submission_id == submission.id)
        ).all())  # fmt: skip
        if count and submission.state != SubmissionState.EXECUTING:
            submission.change(SubmissionState.EXECUTING)
            tell(session, submission, "is being executed")
        gone = submission.queue_name not in held
        if (
            gone
            and not submission.withdraw_wanted
            and submission.state
            in (
                SubmissionState.EXECUTING,
                SubmissionState.ACCEPTED,
            )
        ):
            submission.change(SubmissionState.DONE)
            tell(session, submission, f"is done: {count} exposures")


def _events_of(session: Session, submission_ids: set[int]) -> set[int]:
    if not submission_ids:
        return set()
    query = select(Plan.event_id).join(Submission).where(Submission.id.in_(submission_ids))
    return set(session.scalars(query))


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


def _iso(when: Time | datetime) -> str:
    return str(Time(when).utc.isot) + "Z"
