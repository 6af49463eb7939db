"""When a map changes: score plans on the new one, and offer better ones for what robots hold."""

from __future__ import annotations

from astropy.time import Time
from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from planners.coverage.replan import rescored
from planners.files.plan_files import plan_to_json
from telescopes import TELESCOPES
from telescopes.times import iso
from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.documents import PlanRequest
from too_marshal.db.events import Event
from too_marshal.db.jobs import URGENT
from too_marshal.db.localizations import Localization
from too_marshal.db.locks import lock, lock_all
from too_marshal.db.observing.plans import Plan, PlannedExposureRow, PlanState
from too_marshal.db.observing.queues import LIVE, Submission
from too_marshal.db.observing.replacements import (
    OPEN,
    SWAPPING,
    Replacement,
    ReplacementState,
)
from too_marshal.workflows.localizations.localize import load_skymap
from too_marshal.workflows.plan_document import read_plan
from too_marshal.workflows.planning.plan_queue import WINDOW, ask_to_compute


def rescore(session: Session, localization_id: int) -> None:
    """Score an event's plans that are not over on a new map; ask for plans to replace live ones.

    Parameters
    ----------
    session
        Open session; committed.
    localization_id
        The map; nothing is done once it is no longer its event's current one.
    """
    localization = session.get_one(Localization, localization_id)
    event = session.get_one(Event, localization.event_id, populate_existing=True)
    if event.current_localization_id != localization.id or event.is_retracted:
        return
    tasks.cover_version(event_id=localization.event_id, localization_id=localization.id).defer(
        session
    )
    skymap = load_skymap(session, localization)
    for plan in _not_over(session, event, localization):
        observing_plan = read_plan(plan)
        session.commit()  # no transaction stays open while numbers are crunched
        rescored_plan = rescored(skymap, TELESCOPES[observing_plan.telescope], observing_plan)
        statistics = plan_to_json(rescored_plan)["statistics"]
        if not _is_current(session, localization):
            session.commit()
            return  # a newer map has come meanwhile, and its own scoring with it
        lock(session, Plan, plan.id).rescored = {
            "localization_id": localization.id,
            "statistics": statistics,
        }
    session.commit()
    if _is_current(session, localization):
        for submission in _live(session, event, localization):
            _ask(session, event, localization, submission)
    session.commit()


def _is_current(session: Session, localization: Localization) -> bool:
    """Whether it is still its event's map; the event is held, so that it stays so."""
    event = lock(session, Event, localization.event_id)
    return event.current_localization_id == localization.id and not event.is_retracted


def rescore_event(session: Session, event_id: int) -> None:
    """Do as `rescore` with the map that the event has now."""
    event = session.get_one(Event, event_id, populate_existing=True)
    if event.current_localization_id is not None:
        rescore(session, event.current_localization_id)


def _not_over(session: Session, event: Event, localization: Localization) -> list[Plan]:
    last = (
        select(func.max(PlannedExposureRow.start))
        .where(PlannedExposureRow.plan_id == Plan.id)
        .scalar_subquery()
    )
    return list(
        session.scalars(
            select(Plan)
            .where(
                Plan.event_id == event.id,
                Plan.state == PlanState.READY,
                Plan.localization_id != localization.id,
                last > now(),
            )
            .options(undefer(Plan.document))
        )
    )


def _live(session: Session, event: Event, localization: Localization) -> list[Submission]:
    """What robots hold, or shall get, that was planned on a map that was current then."""
    return lock_all(
        session,
        select(Submission)
        .join(Plan)
        .where(
            Plan.event_id == event.id,
            Plan.localization_id != localization.id,
            # Who planned on another map on purpose knew the current one.
            ~Plan.has_chosen_map,
            Submission.state.in_(LIVE),
            ~Submission.withdrawal_requested,
        )
        .order_by(Submission.id),
        Submission,
    )


def _ask(
    session: Session, event: Event, localization: Localization, submission: Submission
) -> None:
    """Ask for the plan that may take a submission's place; an older offer is outdated."""
    for known in lock_all(
        session,
        select(Replacement).where(
            Replacement.submission_id == submission.id, Replacement.state.in_(OPEN)
        ),
        Replacement,
    ):
        if known.state in SWAPPING or known.plan.localization_id == localization.id:
            return  # a swap that ends asks again
        known.change(ReplacementState.OUTDATED, "the map has changed again")
        session.flush()
    old = submission.plan
    plan = Plan(
        event_id=event.id,
        localization_id=localization.id,
        parent_id=old.id,
        telescope=old.telescope,
        planner=old.planner,
        program=old.program,
        galaxy_table_id=old.galaxy_table_id,
        request=_with_its_own_night(old.request),
    )
    session.add(plan)
    session.flush()
    session.add(Replacement(event_id=event.id, submission_id=submission.id, plan_id=plan.id))
    ask_to_compute(session, plan, event, URGENT)


def _with_its_own_night(request: PlanRequest) -> PlanRequest:
    """The same request with the window that is left, and what a fresh one would have besides."""
    end = max(Time(request["end"]), Time(now() + WINDOW))
    return {**request, "end": iso(end)}
