"""Make observing plans: by the rules when a map is ready, or because a person asks."""

from __future__ import annotations

import logging
from datetime import UTC, timedelta
from typing import Any, cast

from astropy import units as u
from astropy.coordinates import SkyCoord
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from planners.files.plan_files import plan_to_json
from planners.geometry.ranges import hpx29
from telescopes.observing_plan import ObservingPlan
from telescopes.times import iso
from too_marshal import tasks
from too_marshal.db.base import MARSHAL, now
from too_marshal.db.documents import PlanStatistics
from too_marshal.db.events import Event, is_recent, record, urgency
from too_marshal.db.localizations import Localization
from too_marshal.db.locks import lock
from too_marshal.db.observing.plans import Plan, PlannedExposureRow, PlanRule, PlanState
from too_marshal.workflows.alerts.deliver import ask_for_changes
from too_marshal.workflows.alerts.notify import call_by_rule
from too_marshal.workflows.events.tag import tag_by_rule
from too_marshal.workflows.localizations.localize import load_skymap
from too_marshal.workflows.plan_document import read_plan
from too_marshal.workflows.planning.choose_map import chosen_map
from too_marshal.workflows.planning.compute import PlanningFailed, has_curve, request_of, think
from too_marshal.workflows.planning.plan_queue import (
    WINDOW,
    ask_to_compute,
)
from too_marshal.workflows.planning.wish import checked_wish
from too_marshal.workflows.rules.decide import decide_localization
from too_marshal.workflows.rules.fields import requested

logger = logging.getLogger(__name__)

DRAWN_AFTER = timedelta(seconds=20)
"""A map that a rule heeds, or a person plans on, is drawn so long after: plans come first, and are
on it. Any other is drawn when somebody asks for it."""


def propose_plans(session: Session, localization_id: int) -> None:
    """Ask for one plan of each telescope, by the first of its rules that applies.

    Parameters
    ----------
    session
        Open session; committed.
    localization_id
        A ready localization; nothing is done once it is no longer its event's current one.
    """
    localization = session.get_one(Localization, localization_id)
    event = session.get_one(Event, localization.event_id)
    if event.current_localization_id != localization.id:
        return
    planning, notifying, tagging = decide_localization(session, event, localization)
    for rule in planning:
        _ask_by_rule(session, event, localization, rule)
    if planning or notifying:
        tasks.draw(localization_id=localization.id).defer(session, wait=DRAWN_AFTER)
    for rule in notifying:
        call_by_rule(session, rule, event, "its map is ready", notice_id=localization.notice_id)
    ask_for_changes(session, event)
    tasks.tell_listeners(event_id=event.id).defer(session)
    for rule in tagging:
        tag_by_rule(session, event.id, rule)
    tasks.rescore(localization_id=localization.id).defer(session, priority=urgency(event))
    tasks.look_back(localization_id=localization.id).defer(session)
    if is_recent(event):
        # Not before: a worker that has nothing to do would begin with it, and plans wait for it.
        tasks.work_out_nights(localization_id=localization.id).defer(session)
    session.commit()


def _ask_by_rule(
    session: Session, event: Event, localization: Localization, rule: PlanRule
) -> None:
    start = now()
    request = {
        "start": iso(start),
        "end": iso(start + WINDOW),
        **requested(rule),
    }
    plan_id = session.scalar(
        insert(Plan)
        .values(
            event_id=event.id,
            localization_id=localization.id,
            rule_id=rule.id,
            telescope=rule.telescope,
            planner=rule.planner,
            program=rule.program,
            author=MARSHAL,
            request=request,
            state=PlanState.COMPUTING,
            remark="",
            statistics={},
            created_at=start,
        )
        .on_conflict_do_nothing()
        .returning(Plan.id)
    )
    if plan_id is not None:
        plan = session.get_one(Plan, plan_id)
        ask_to_compute(session, plan, event, urgency(event))


def ask_for_plan(  # noqa: PLR0913 - what a person chooses
    session: Session,
    event: Event,
    *,
    telescope: str,
    planner: str,
    program: str,
    request: dict[str, Any],
    author: str,
    galaxies: int | None = None,
    localization_id: int | None = None,
    no_earth: bool = False,
    document: dict[str, Any] | None = None,
    changed_from: Plan | None = None,
) -> Plan:
    """Ask for a plan of an event.

    Parameters
    ----------
    localization_id
        The map, if it is to be another than the current one.
    no_earth
        Whether to take the sky out of it that the Earth hid from the satellite.
    galaxies
        A table of galaxies, for the planner that aims at them.
    document
        A plan that is there already, in the plan file format: it is not made but scored.
    changed_from
        The plan of which the author made that one by hand.

    Raises
    ------
    ValueError
        If the event has no map, or the request cannot be read; the message is for the person.
    """
    checked_wish(
        session, event, telescope=telescope, planner=planner, request=request, galaxies=galaxies
    )
    localization = chosen_map(session, event, localization_id, no_earth=no_earth)
    plan = Plan(
        event_id=event.id,
        localization_id=localization.id,
        telescope=telescope,
        planner=planner,
        program=program,
        author=author,
        request=request,
        galaxy_table_id=galaxies,
        has_chosen_map=localization.id != event.current_localization_id,
        document=document,
        changed_from_id=None if changed_from is None else changed_from.id,
    )
    session.add(plan)
    session.flush()
    origin = "" if changed_from is None else f", plan {changed_from.id} changed by hand"
    record(
        session, f"Plan asked for: {telescope}{origin}", subject="plan", subject_id=plan.id,
        event_id=event.id, actor=author,
    )  # fmt: skip
    ask_to_compute(session, plan, event)
    session.commit()
    return plan


def compute(session: Session, plan_id: int) -> None:
    """Compute a plan that was asked for, and store its exposures.

    Parameters
    ----------
    session
        Open session; committed.
    plan_id
        Row in state `computing`; any other is left as it is, also if it becomes so meanwhile.
    """
    plan = lock(session, Plan, plan_id)
    if plan.state != PlanState.COMPUTING:
        session.commit()
        return
    plan.begun_at = now()
    skymap = load_skymap(session, plan.localization)
    request = request_of(session, plan)
    made = None if plan.document is None else read_plan(plan)
    session.commit()  # no transaction stays open while the planner thinks
    observing_plan, failure = None, ""
    try:
        observing_plan = think(session, plan, skymap, request, made)
    except PlanningFailed as err:
        failure = str(err)
    plan = lock(session, Plan, plan_id)
    if plan.state != PlanState.COMPUTING:
        session.commit()
        return
    if observing_plan is not None:
        store_plan(session, plan, observing_plan)
        text = _sentence(plan)
    else:
        plan.state, plan.remark = PlanState.FAILED, failure
        text = f"{plan.telescope} plan failed: {failure}"
    plan.ready_at = now()
    record(session, text, subject="plan", subject_id=plan.id, event_id=plan.event_id)
    if plan.state == PlanState.READY:
        ask_to_submit(session, plan)
        tasks.draw(localization_id=plan.localization_id).defer(session, wait=DRAWN_AFTER)
    if plan.state in {PlanState.READY, PlanState.EMPTY} and has_curve(plan):
        tasks.work_out_curve(plan_id=plan.id).defer(session)
    if plan.parent_id is not None:
        tasks.offer(plan_id=plan.id).defer(session)
    session.commit()


def store_plan(session: Session, plan: Plan, observing_plan: ObservingPlan) -> None:
    """Keep what a planner has made, in the place of what is there; not committed."""
    plan.exposures = []
    session.flush()
    plan.document = plan_to_json(observing_plan)
    plan.statistics = cast("PlanStatistics", dict(observing_plan.statistics))
    plan.remark = observing_plan.remark
    plan.state = PlanState.READY if observing_plan.exposures else PlanState.EMPTY
    ra = [exposure.ra.to_value(u.deg) for exposure in observing_plan.exposures]
    dec = [exposure.dec.to_value(u.deg) for exposure in observing_plan.exposures]
    cells = hpx29(SkyCoord(ra, dec, unit=u.deg)).tolist() if ra else []
    plan.exposures = [
        PlannedExposureRow(
            number=index,
            field_id=exposure.field_id,
            ra=ra[index],
            dec=dec[index],
            hpx29=cells[index],
            filter=exposure.filter,
            start=exposure.start.to_datetime(timezone=UTC),
            exposure_time=exposure.exposure_time.to_value(u.s),
            airmass=float(exposure.airmass),
            probability=float(exposure.probability),
            limiting_magnitude=exposure.limiting_magnitude,
        )
        for index, exposure in enumerate(observing_plan.exposures)
    ]
    session.flush()


def _sentence(plan: Plan) -> str:
    if plan.state == PlanState.EMPTY:
        return f"{plan.telescope} plan is empty: {plan.remark}"
    statistics = plan.statistics
    return (
        f"{plan.telescope} plan ready: {statistics['exposures']} exposures, "
        f"{100 * statistics['probability_all_filters']:.1f} % in all filters"
        f"{_detected(statistics)}"
    )


def _detected(statistics: PlanStatistics) -> str:
    detected = statistics.get("detection_probability")
    return "" if detected is None else f", {100 * detected:.1f} % to detect the source"


def ask_to_submit(session: Session, plan: Plan) -> None:
    """Ask for the submission of a rule's plan, if its rule submits; not committed."""
    rule = None if plan.rule_id is None else session.get_one(PlanRule, plan.rule_id)
    if rule is not None and rule.submits:
        lock = tasks.automatic_lock(plan.telescope)
        tasks.submit_by_rule(plan_id=plan.id).defer(session, lock=lock)
