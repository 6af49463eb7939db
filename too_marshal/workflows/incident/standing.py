"""Where events stand: everything that decides what a person does next, read at one time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer, joinedload

from too_marshal.db.circulars import CircularDraft
from too_marshal.db.events import Acknowledgment, Event
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.db.observing.exposures import ALL_TELESCOPES, Coverage, Exposure
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import LIVE, RobotQueue, Submission, submission_is_stopped
from too_marshal.db.observing.replacements import Replacement, ReplacementState
from too_marshal.deployment.robots import Robots
from too_marshal.workflows.submissions.approve import no_way
from too_marshal.workflows.submissions.go_live import on_copy


@dataclass(frozen=True)
class Standing:
    """One event, and what was done about it."""

    event: Event
    plans: Sequence[Plan]
    """The newest first."""

    submissions: Sequence[Submission]
    """The newest first."""

    offered: Sequence[Replacement]
    """What waits for a person's word."""

    coverages: Sequence[Coverage]
    """What telescopes have covered of the current map, ours and others, and all together."""

    drafts: Sequence[CircularDraft]
    """The newest first."""

    waits_for_map: bool
    """Whether a map is still to come."""

    acknowledged_at: datetime | None
    """When a person last said that they have seen it."""

    taken: Mapping[int, int]
    """How many exposures were taken for each submission, by its number."""

    @property
    def live(self) -> list[Submission]:
        """What a robot holds, or may hold."""
        return [submission for submission in self.submissions if submission.state in LIVE]

    @property
    def best_coverage(self) -> Coverage | None:
        """That of our telescopes which has covered most."""
        ours = [row for row in self.coverages if row.exposures and row.telescope != ALL_TELESCOPES]
        return max(ours, key=lambda row: row.probability, default=None)

    def last_exposure(self, telescope: str) -> datetime | None:
        """Start of the last exposure that a telescope took for the event; None: none is known."""
        for coverage in self.coverages:
            if coverage.telescope == telescope and coverage.exposures and coverage.series:
                return datetime.fromisoformat(coverage.series[-1][0])
        return None


@dataclass(frozen=True)
class Sending:
    """To which telescopes anything can be submitted now."""

    robots: Robots
    halt: str
    """Why nothing at all may be sent; empty if it may."""

    held: Mapping[str, frozenset[str]]
    """Names of requests that each robot was last seen to hold."""

    silent: Sequence[RobotQueue]
    """What robots held of which nothing was heard for long."""

    def refusal(self, event: Event, telescope: str) -> str:
        """Why nothing of the event can be sent to a telescope; empty where it can."""
        return no_way(self.robots, event, telescope) or self.halt


def sending(session: Session, robots: Robots) -> Sending:
    """Read what may be sent, and where to."""
    halt = on_copy(session)
    if not halt and submission_is_stopped(session):
        halt = "all submission is stopped"
    queues = session.scalars(select(RobotQueue)).all()
    return Sending(
        robots,
        halt,
        held={row.telescope: frozenset(row.requests.values()) for row in queues},
        silent=[row for row in queues if row.is_stale],
    )


def standings(session: Session, events: Sequence[Event]) -> dict[int, Standing]:
    """Where each of `events` stands, by its number, in as many queries for fifty as for one."""
    ids = [event.id for event in events]
    plans, submissions = _plans(session, ids), _submissions(session, ids)
    offered, drafts = _offered(session, ids), _drafts(session, ids)
    coverages = _coverages(session, events)
    waiting, seen, taken = _waiting(session, ids), _seen(session, ids), _taken(session, ids)
    return {
        event.id: Standing(
            event=event,
            plans=plans[event.id],
            submissions=submissions[event.id],
            offered=offered[event.id],
            coverages=coverages[event.id],
            drafts=drafts[event.id],
            waits_for_map=event.id in waiting,
            acknowledged_at=seen.get(event.id),
            taken={row.id: taken.get(row.id, 0) for row in submissions[event.id]},
        )
        for event in events
    }


def _plans(session: Session, event_ids: Sequence[int]) -> dict[int, list[Plan]]:
    query = (
        select(Plan)
        .where(Plan.event_id.in_(event_ids))
        .options(defer(Plan.curve))
        .order_by(Plan.id.desc())
    )
    return _by_event(session.scalars(query))


def _submissions(session: Session, event_ids: Sequence[int]) -> dict[int, list[Submission]]:
    query = (
        select(Submission)
        .join(Plan)
        .where(Plan.event_id.in_(event_ids))
        .options(joinedload(Submission.plan))
        .order_by(Submission.id.desc())
    )
    groups = defaultdict(list)
    for submission in session.scalars(query):
        groups[submission.plan.event_id].append(submission)
    return groups


def _offered(session: Session, event_ids: Sequence[int]) -> dict[int, list[Replacement]]:
    query = (
        select(Replacement)
        .where(Replacement.event_id.in_(event_ids), Replacement.state == ReplacementState.OFFERED)
        .options(joinedload(Replacement.plan), joinedload(Replacement.submission))
        .order_by(Replacement.id.desc())
    )
    return _by_event(session.scalars(query))


def _coverages(session: Session, events: Sequence[Event]) -> dict[int, list[Coverage]]:
    """Of the current maps."""
    maps = [event.current_localization_id for event in events]
    query = select(Coverage).where(Coverage.localization_id.in_(maps))
    return _by_event(session.scalars(query.order_by(Coverage.telescope)))


def _drafts(session: Session, event_ids: Sequence[int]) -> dict[int, list[CircularDraft]]:
    query = select(CircularDraft).where(CircularDraft.event_id.in_(event_ids))
    return _by_event(session.scalars(query.order_by(CircularDraft.id.desc())))


def _waiting(session: Session, event_ids: Sequence[int]) -> set[int]:
    """Events that have a map which is still to be read."""
    query = select(Localization.event_id).where(
        Localization.event_id.in_(event_ids), Localization.state == LocalizationState.PENDING
    )
    return set(session.scalars(query))


def _seen(session: Session, event_ids: Sequence[int]) -> dict[int, datetime]:
    """When somebody last acknowledged each event."""
    query = (
        select(Acknowledgment.event_id, func.max(Acknowledgment.made_at))
        .where(Acknowledgment.event_id.in_(event_ids))
        .group_by(Acknowledgment.event_id)
    )
    return dict(session.execute(query).all())


def _taken(session: Session, event_ids: Sequence[int]) -> dict[int | None, int]:
    """Exposures that were executed of each submission."""
    query = (
        select(Exposure.submission_id, func.count())
        .join(Submission, Submission.id == Exposure.submission_id)
        .join(Plan)
        .where(Plan.event_id.in_(event_ids))
        .group_by(Exposure.submission_id)
    )
    return dict(session.execute(query).all())


def _by_event(rows: Iterable[Any]) -> dict[int, list[Any]]:
    groups: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        groups[row.event_id].append(row)
    return groups
