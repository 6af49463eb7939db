"""Follow what robots execute: exposures in, states on, coverage recomputed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from astropy.time import Time
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from telescopes.errors import QueueError
from telescopes.observing import QueuedPlan
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.exposures import Exposure
from too_marshal.db.plans import Plan, PlannedExposureRow
from too_marshal.db.queues import AT_THE_ROBOT, RobotQueue, Submission, SubmissionState, tell
from too_marshal.logs import without_secrets
from too_marshal.robots import Robots
from too_marshal.workflows.cover import SURVEY_WINDOW, cover
from too_marshal.workflows.keep_exposures import Kept, keep_exposures
from too_marshal.workflows.share import ask_to_share

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
        begun = time.monotonic()
        queue.ping()
        answer_time = time.monotonic() - begun
        held = queue.queued()
        done = list(queue.executed(start, end))
    except QueueError as err:
        _note_silence(session, telescope, without_secrets(str(err)))
        session.commit()
        return
    _note_queues(session, telescope, held, answer_time)
    kept = keep_exposures(session, telescope, done)
    _advance(session, telescope, {item.name for item in held})
    session.commit()
    for event_id in sorted(events_of(session, telescope, kept)):
        cover(session, event_id, telescope)
        ask_to_share(session, event_id)
        session.commit()


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


def _note_queues(
    session: Session, telescope: str, held: Iterable[QueuedPlan], answer_time: float
) -> None:
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
    values = {
        "queues": queues,
        "seen_at": now(),
        "tried_at": now(),
        "answer_time": answer_time,
        "error": "",
    }
    session.execute(
        insert(RobotQueue)
        .values(telescope=telescope, **values)
        .on_conflict_do_update(index_elements=["telescope"], set_=values)
    )


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
            ask_to_share(session, submission.plan.event_id)
            tell(session, submission, f"is done: {count} exposures")


def events_of(session: Session, telescope: str, kept: Kept) -> set[int]:
    """Events for which something new counts: that asked for it, or whose window it was in."""
    asked = select(Plan.event_id).join(Submission).where(Submission.id.in_(kept.submissions))
    events = set(session.scalars(asked))
    if kept.strays:
        query = (
            select(Event.id)
            .join(Plan, Plan.event_id == Event.id)
            .where(
                Plan.telescope == telescope,
                ~Event.is_retracted,
                Event.event_time.between(min(kept.strays) - SURVEY_WINDOW, max(kept.strays)),
            )
        )
        events |= set(session.scalars(query))
    return events


def _iso(when: Time | datetime) -> str:
    return str(Time(when).utc.isot) + "Z"
