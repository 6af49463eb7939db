"""Offer a plan on a new map in the place of what a robot holds, where the exchange is worth it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from planners.coverage.replan import difference, rescored
from planners.skymaps.skymap import SkyMap
from telescopes import TELESCOPES
from telescopes.observing_plan import ObservingPlan
from too_marshal.db.documents import PlanChange
from too_marshal.db.events import Event, record
from too_marshal.db.locks import lock
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.db.observing.queues import LIVE, Submission
from too_marshal.db.observing.replacements import (
    Replacement,
    ReplacementState,
)
from too_marshal.workflows.exposures.records import as_executed, exposures_of
from too_marshal.workflows.exposures.visits import split_executed
from too_marshal.workflows.localizations.localize import load_skymap
from too_marshal.workflows.plan_document import read_plan

WORTH = 0.01
"""A replacement covers so much more of the new map, at the least: an exchange costs the robot's
time, and leaves it without a queue for a moment."""


def offer(session: Session, plan_id: int) -> None:
    """Compare a plan that was made to replace another with that other, and offer it.

    Parameters
    ----------
    session
        Open session; committed.
    plan_id
        A plan that is computed; nothing is done for one that replaces nothing.
    """
    replacement_id = session.scalars(
        select(Replacement.id).where(
            Replacement.plan_id == plan_id, Replacement.state == ReplacementState.COMPUTING
        )
    ).one_or_none()
    if replacement_id is None:
        return
    row = session.get_one(Replacement, replacement_id)
    difference = _difference(session, row) if row.plan.state == PlanState.READY else None
    session.commit()
    event = lock(session, Event, row.event_id)
    row = lock(session, Replacement, replacement_id)
    if row.state != ReplacementState.COMPUTING:
        session.commit()
        return
    if reason := _against_offering(session, event, row, difference):
        row.change(ReplacementState.OUTDATED, reason)
        session.commit()
        return
    assert difference is not None  # else there was a reason
    row.difference = difference
    row.change(ReplacementState.OFFERED)
    record(session, _sentence(row), subject="replacement", subject_id=row.id, event_id=row.event_id)
    session.commit()


def _against_offering(
    session: Session, event: Event, row: Replacement, difference: PlanChange | None
) -> str:
    """Why a plan is not offered in the place of a queue; empty where it is worth it."""
    plan = session.get_one(Plan, row.plan_id, populate_existing=True)
    old = lock(session, Submission, row.submission_id)
    if not difference:
        return plan.remark or "there is no better plan"
    if plan.localization_id != event.current_localization_id:
        return "the map has changed again"
    if event.is_retracted or old.state not in LIVE or old.withdrawal_requested:
        return f"{old.queue_name} is {old.state}"
    gains = [
        after - before
        for before, after in (difference["probability"], difference["probability_all_filters"])
    ]
    if max(gains) >= WORTH and min(gains) > -WORTH:
        return ""
    before, after = difference["probability"]
    reason = (
        f"on the new map another plan covers {after:.1%} where it covers {before:.1%}, which is"
        f" not worth an exchange (it takes {WORTH:.0%} more)"
    )
    record(
        session,
        f"{old.telescope} {old.queue_name} stays: {reason}",
        subject="replacement",
        subject_id=row.id,
        event_id=row.event_id,
    )
    return reason


def _difference(session: Session, row: Replacement) -> PlanChange:
    """What changes, both plans scored on the new map; what was executed belongs to both."""
    old, new = (_read(session, plan_id) for plan_id in (row.submission.plan_id, row.plan_id))
    taken = exposures_of(session, row.event_id, row.plan.telescope)
    executed = [
        as_executed(exposure) for exposure in taken if exposure.received_at < row.plan.created_at
    ]
    done, _ = split_executed(old, executed)
    skymap = load_skymap(session, row.plan.localization)
    telescope = TELESCOPES[row.plan.telescope]
    before = _scored(skymap, telescope.name, old)
    together = replace(new, request=old.request, exposures=(*done.exposures, *new.exposures))
    after = _scored(skymap, telescope.name, together)
    change = difference(before, after)
    return {
        "executed": len(done.exposures),
        "kept": len(change.kept) - len(done.exposures),
        "added": len(change.added),
        "dropped": len(change.dropped),
        "added_fields": sorted({exposure.field_id for exposure in change.added}),
        "dropped_fields": sorted({exposure.field_id for exposure in change.dropped}),
        "probability": [before.statistics["probability"], after.statistics["probability"]],
        "probability_all_filters": [
            before.statistics["probability_all_filters"],
            after.statistics["probability_all_filters"],
        ],
    }


def _scored(skymap: SkyMap, telescope: str, plan: ObservingPlan) -> ObservingPlan:
    ordered = tuple(sorted(plan.exposures, key=lambda exposure: exposure.start.utc.mjd))
    return rescored(skymap, TELESCOPES[telescope], replace(plan, exposures=ordered))


def _read(session: Session, plan_id: int) -> ObservingPlan:
    return read_plan(session.get_one(Plan, plan_id, options=[undefer(Plan.document)]))


def _sentence(row: Replacement) -> str:
    change = row.difference
    before, after = change["probability"]
    return (
        f"{row.plan.telescope} plan {row.plan_id} is offered for {row.submission.queue_name}: "
        f"{change['kept']} exposures kept, {change['added']} added, {change['dropped']} dropped, "
        f"{100 * before:.1f} % becomes {100 * after:.1f} %"
    )
