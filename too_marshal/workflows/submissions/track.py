"""Follow what robots execute: exposures in, states on, coverage recomputed."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from astropy.time import Time
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from telescopes.errors import QueueError, QueueUnknowable
from telescopes.observing_plan import ExecutedExposure
from telescopes.observing_queue import ObservingQueue, QueuedPlan
from telescopes.times import iso
from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.observing.plans import Plan, PlannedExposureRow
from too_marshal.db.observing.queues import RobotQueue, Submission
from too_marshal.deployment.logs import without_secrets
from too_marshal.deployment.robots import Robots
from too_marshal.workflows.exposures.cover import cover
from too_marshal.workflows.exposures.store import events_of, store_exposures
from too_marshal.workflows.submissions.reconcile import (
    Observation,
    reconcile,
    requests_in,
    versions_of,
)

logger = logging.getLogger(__name__)

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
    versions = versions_of(session, telescope)
    start, end = _span(session, telescope)
    queue = robots.queue(telescope)
    session.commit()  # no transaction stays open while the robot is spoken to
    try:
        answer = _ask(queue, start, end)
    except QueueError as err:
        _note_silence(session, telescope, without_secrets(str(err)))
        session.commit()
        return
    except Exception as err:
        logger.exception("the client of %s failed at reading its queue", telescope)
        _note_silence(session, telescope, without_secrets(repr(err)))
        session.commit()
        return
    _note_queues(session, telescope, answer)
    kept = store_exposures(session, telescope, answer.done)
    session.commit()
    held = None if answer.listed is None else requests_in(answer.listed)
    reconcile(session, queue, Observation(telescope, answer.listed_at, versions, held))
    for event_id in sorted(events_of(session, telescope, kept)):
        cover(session, event_id, telescope)
        tasks.share(event_id=event_id).defer(session)
        session.commit()


@dataclass(frozen=True)
class _Answer:
    """What a robot said, each part with the time at which it was asked for it."""

    answer_time: float
    """To the ping, s."""
    listed_at: datetime
    listed: tuple[QueuedPlan, ...] | None
    """None where it cannot tell."""
    done_at: datetime
    done: list[ExecutedExposure]


def _ask(queue: ObservingQueue, start: Time, end: Time) -> _Answer:
    begun = time.monotonic()
    queue.ping()
    answer_time = time.monotonic() - begun
    listed_at = now()
    listed: tuple[QueuedPlan, ...] | None
    try:
        listed = queue.queued()
    except QueueUnknowable:
        listed = None
    done_at = now()
    return _Answer(answer_time, listed_at, listed, done_at, list(queue.executed(start, end)))


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


def _note_queues(session: Session, telescope: str, answer: _Answer) -> None:
    """Keep what the robot said, unless a later question was answered before."""
    queues = [
        {
            "name": queue.name,
            "request_name": queue.request_name,
            "start": iso(queue.start),
            "end": iso(queue.end),
            "is_too": queue.is_too,
            "targets": len(queue.targets),
        }
        for queue in answer.listed or ()
    ]
    values = {
        "queues": queues,
        "seen_at": answer.listed_at,
        "history_at": answer.done_at,
        "tried_at": now(),
        "answer_time": answer.answer_time,
        "error": "" if answer.listed is not None else "the robot cannot tell what it holds",
    }
    session.execute(
        insert(RobotQueue)
        .values(telescope=telescope, **values)
        .on_conflict_do_update(
            index_elements=["telescope"],
            set_=values,
            where=RobotQueue.seen_at.is_(None) | (RobotQueue.seen_at < answer.listed_at),
        )
    )
