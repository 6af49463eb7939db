"""Share what is planned and done with the Treasure Map.

Only real gravitational-wave events are shared, and only with an account in the settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from telescopes import TELESCOPES
from telescopes.errors import QueueError, QueueRefused
from telescopes.observing_plan import PlannedExposure
from telescopes.treasure_map.client import TreasureMap, open_treasure_map
from telescopes.treasure_map.messages import (
    Pointing,
    completed_pointing,
    planned_pointing,
)
from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.events import Event, record
from too_marshal.db.locks import lock_all
from too_marshal.db.observing.archives import PostedPointing
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import AT_THE_ROBOT, Submission, SubmissionState
from too_marshal.deployment.logs import keep_secret, without_secrets
from too_marshal.deployment.settings import Settings
from too_marshal.workflows.exposures.records import as_executed
from too_marshal.workflows.exposures.visits import Outcome, Visit, visits_of
from too_marshal.workflows.live_database import why_copy
from too_marshal.workflows.plan_document import read_plan

RETRY_TIME = timedelta(minutes=1)
"""Until the next try when the Treasure Map does not answer."""

_SHARED = (*AT_THE_ROBOT, SubmissionState.DONE)


def treasure_map_of(settings: Settings) -> TreasureMap | None:
    """The account of this deployment; None where there is none, and in a rehearsal."""
    if not settings.treasure_map_token or settings.rehearsal:
        return None
    keep_secret(settings.treasure_map_token)
    return open_treasure_map(settings.treasure_map_token, settings.treasure_map_url)


def is_shared(event: Event) -> bool:
    """Whether the Treasure Map is told of an event."""
    return event.stream == "lvk" and not event.is_test


def share(session: Session, treasure_map: TreasureMap | None, event_id: int) -> None:
    """Bring the Treasure Map up to date: planned, completed and cancelled pointings of ours.

    Parameters
    ----------
    session
        Open session; committed. Doing it again is safe: what is there is not sent again.
    treasure_map
        The account; nothing is done without.
    event_id
        Of what event.
    """
    event = session.get_one(Event, event_id, populate_existing=True)
    if treasure_map is None or not is_shared(event) or why_copy(session):
        session.commit()
        return
    try:
        cancelled = _cancel(session, treasure_map, event)
        posted = 0 if event.is_retracted else _post(session, treasure_map, event)
    except QueueRefused as err:
        text = f"The Treasure Map refuses: {without_secrets(str(err))[:300]}"
    except QueueError as err:
        session.rollback()
        tasks.share(event_id=event_id).defer(session, wait=RETRY_TIME)
        error = without_secrets(str(err))[:300]
        text = f"The Treasure Map does not answer, it is asked again: {error}"
    else:
        parts = [f"{posted} pointings posted"] * bool(posted)
        parts += [f"{cancelled} cancelled"] * bool(cancelled)
        text = f"Treasure Map: {', '.join(parts)}" if parts else ""
    if text:
        record(session, text, subject="treasure map", event_id=event_id)
    session.commit()


def _cancel(session: Session, treasure_map: TreasureMap, event: Event) -> int:
    """Cancel what is planned there and will not be done."""
    query = (
        select(PostedPointing)
        .join(Submission, Submission.id == PostedPointing.submission_id)
        .join(Plan, Plan.id == Submission.plan_id)
        .where(Plan.event_id == event.id, PostedPointing.status == "planned")
    )
    if not event.is_retracted:
        query = query.where(Submission.state.not_in(AT_THE_ROBOT))
    rows = list(session.scalars(query))
    if not event.is_retracted:
        taken = _taken(session, {row.submission_id for row in rows})
        rows = [row for row in rows if (row.submission_id, row.number) not in taken]
    row_ids = [row.id for row in rows]
    session.commit()  # no transaction stays open while the Treasure Map is spoken to
    treasure_map.cancel([row.pointing_id for row in rows])
    held = select(PostedPointing).where(PostedPointing.id.in_(row_ids))
    for row in lock_all(session, held.order_by(PostedPointing.id), PostedPointing):
        if row.status == "planned":  # it may have been executed, and told so, meanwhile
            row.status, row.changed_at = "cancelled", now()
    session.commit()
    return len(rows)


def _taken(session: Session, submissions: set[int]) -> set[tuple[int, int]]:
    """Planned exposures that were executed, by submission and number."""
    return {
        (submission_id, visit.planned.number)
        for submission_id in submissions
        for visit in visits_of(session, session.get_one(Submission, submission_id).plan)
        if visit.taken is not None
    }


def _post(session: Session, treasure_map: TreasureMap, event: Event) -> int:
    """Post what is planned or done and not yet known there, and keep the numbers."""
    posted = 0
    submissions = session.scalars(
        select(Submission)
        .join(Plan)
        .where(Plan.event_id == event.id, Submission.state.in_(_SHARED))
        .order_by(Submission.id)
    ).all()
    for submission in submissions:
        instrument = TELESCOPES[submission.telescope].treasure_map_id
        if instrument is None:
            continue
        known = {
            row.number: row
            for row in session.scalars(
                select(PostedPointing).where(PostedPointing.submission_id == submission.id)
            )
        }
        wanted = list(_wanted(session, submission, instrument, known))
        answer = treasure_map.post(event.key, [pointing for _, pointing in wanted])
        for (index, pointing), pointing_id in zip(wanted, answer.ids, strict=True):
            if pointing_id is None:
                continue
            row = known.get(index)
            if row is None:
                row = PostedPointing(
                    submission_id=submission.id, number=index, pointing_id=pointing_id
                )
                session.add(row)
            row.status, row.changed_at = pointing.status, now()
            posted += 1
        session.commit()
        if answer.refused:
            raise QueueRefused("; ".join(answer.refused))
    return posted


def _wanted(
    session: Session, submission: Submission, instrument: int, known: dict[int, PostedPointing]
) -> Iterator[tuple[int, Pointing]]:
    """Pointings that the Treasure Map should hold and does not, with their number in the plan."""
    plan = session.get_one(Plan, submission.plan_id, options=[undefer(Plan.document)])
    exposures = read_plan(plan).exposures
    is_over = submission.state == SubmissionState.DONE
    for visit, planned in zip(visits_of(session, plan), exposures, strict=True):
        row = known.get(visit.planned.number)
        pointing = _pointing(visit, planned, instrument, is_over=is_over)
        if pointing is None or (row is not None and row.status == pointing.status):
            continue
        if row is not None and pointing.status == "planned":
            continue
        pointing_id = None if row is None else row.pointing_id
        yield visit.planned.number, replace(pointing, pointing_id=pointing_id)


def _pointing(
    visit: Visit, planned: PlannedExposure, instrument: int, *, is_over: bool
) -> Pointing | None:
    """How the Treasure Map should hold an exposure; None: not at all, or not yet."""
    if visit.taken is None:
        return None if is_over else planned_pointing(planned, instrument)
    if visit.outcome is Outcome.FAILED:
        return None
    taken, depth = as_executed(visit.taken), planned.limiting_magnitude
    if taken.limiting_magnitude is None and depth is None:
        return None
    return completed_pointing(taken, instrument, depth)
