"""Follow what robots execute: exposures in, states on, coverage recomputed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from planners.ranges import hpx29
from telescopes.errors import QueueError
from telescopes.observing import ExecutedExposure, QueuedPlan
from too_marshal.db.base import now
from too_marshal.db.exposures import Exposure
from too_marshal.db.plans import Plan, PlannedExposureRow
from too_marshal.db.queues import AT_THE_ROBOT, RobotQueue, Submission, SubmissionState, tell
from too_marshal.logs import without_secrets
from too_marshal.robots import Robots
from too_marshal.workflows.cover import cover

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
        _note_silence(session, telescope, without_secrets(str(err)))
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


def _iso(when: Time | datetime) -> str:
    return str(Time(when).utc.isot) + "Z"
