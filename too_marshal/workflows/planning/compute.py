"""What a planner is asked, and its thinking, for as long as somebody wants the plan."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC

from astropy.time import Time
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from planners.comparison.gwemopt_planner import GwemoptFailed
from planners.coverage.replan import remaining_request, rescored
from planners.files.plan_files import request_from_json
from planners.registry import MAP_PLANNERS, PLANNERS
from planners.skymaps.skymap import SkyMap
from planners.stopping import Stopped, stopped_when
from planners.visibility.nights import morning_before
from telescopes import TELESCOPES
from telescopes.observing_plan import ExecutedExposure, ObservingPlan, ObservingRequest
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.workflows.exposures.archives import references_of
from too_marshal.workflows.exposures.records import as_executed, exposures_of
from too_marshal.workflows.exposures.visits import to_repeat
from too_marshal.workflows.planning.dust import dust_map
from too_marshal.workflows.planning.galaxies import load_galaxies

logger = logging.getLogger(__name__)


def has_curve(plan: Plan) -> bool:
    """Whether a curve says something of a plan: of one that somebody's list makes it does not."""
    return plan.planner in MAP_PLANNERS and not PLANNERS[plan.planner].is_slow


class PlanningFailed(Exception):
    """A planner made no plan; the message is for people."""


def think(
    session: Session,
    plan: Plan,
    skymap: SkyMap,
    request: ObservingRequest,
    made: ObservingPlan | None = None,
) -> ObservingPlan | None:
    """Compute a plan.

    Parameters
    ----------
    session
        Open session, with no transaction begun: only its database is used.
    plan
        What is to be planned.
    skymap, request
        The map and what is asked.
    made
        Exposures that somebody has brought: they are scored on the map.

    Returns
    -------
    ObservingPlan or None
        None if the plan was cancelled meanwhile.

    Raises
    ------
    PlanningFailed
        Whatever the planner did instead.
    """
    engine, plan_id = session.get_bind().engine, plan.id

    def is_over() -> bool:
        try:
            with Session(engine) as own:
                state = own.scalar(select(Plan.state).where(Plan.id == plan_id))
        except OperationalError:
            return False  # a database that is away says nothing
        return state != PlanState.COMPUTING

    try:
        with stopped_when(is_over):
            if made is not None:
                return rescored(skymap, TELESCOPES[plan.telescope], made)
            return PLANNERS[plan.planner](skymap, TELESCOPES[plan.telescope], request)
    except Stopped:
        return None
    except (ValueError, GwemoptFailed) as err:
        logger.warning("plan %d failed: %s", plan_id, err)
        raise PlanningFailed(str(err)) from err
    except Exception as err:
        # Whatever a planner raises: a plan that stays "computing" for ever tells nobody.
        logger.exception("plan %d failed", plan_id)
        raise PlanningFailed(f"{type(err).__name__}: {err}") from err


def request_of(session: Session, plan: Plan) -> ObservingRequest:
    """What is asked of a planner now; the plan notes when that was, if it takes up another."""
    if plan.parent_id is not None:
        # What is received later is not known to it.
        plan.created_at = now()
    return as_asked(session, plan)


def as_asked(session: Session, plan: Plan) -> ObservingRequest:
    """What is asked, where there are reference images, but for what was taken already.

    A plan that takes up another counts all that was taken for the event, a new one what was
    taken in its own night.
    """
    asked = request_from_json(plan.request, is_stored=True)
    request = replace(
        asked,
        references=references_of(session, plan.telescope),
        trigger_time=asked.trigger_time or _triggered(session, plan),
        reddening=dust_map() if asked.objective == "detection" else None,
        galaxies=None
        if plan.galaxy_table_id is None
        else load_galaxies(session, plan.galaxy_table_id),
    )
    if plan.parent_id is None:
        # Whoever lists targets wants them, also if they were taken in this night.
        if request.targets:
            return request
        return replace(request, observed=_of_its_night(session, plan, request.start))
    executed = _useful(session, plan, [session.get_one(Plan, plan.parent_id)])
    # A rehearsal's robot may be ahead of our clock.
    present = max(
        [Time(now()), *(exposure.start + exposure.exposure_time for exposure in executed)]
    )
    return remaining_request(request, executed, present)


def _triggered(session: Session, plan: Plan) -> Time | None:
    """When the event was triggered, from which on its source fades."""
    time = session.get_one(Event, plan.event_id).event_time
    return None if time is None else Time(time)


def _of_its_night(session: Session, plan: Plan, start: Time) -> tuple[ExecutedExposure, ...]:
    """What was taken for the event in the night in which a new plan begins.

    Nobody wants it again at once. What was taken in a night before is another epoch: who asks
    for a plan anew wants those fields again, and who does not asks for a follow-up.
    """
    site = TELESCOPES[plan.telescope].site
    begin = Time(morning_before(site, start.to_datetime(timezone=UTC)))
    plans = session.scalars(
        select(Plan).where(
            Plan.event_id == plan.event_id,
            Plan.telescope == plan.telescope,
            Plan.state.in_((PlanState.READY, PlanState.SUPERSEDED)),
        )
    ).all()
    return tuple(each for each in _useful(session, plan, plans) if each.start >= begin)


def _useful(session: Session, plan: Plan, others: Sequence[Plan]) -> list[ExecutedExposure]:
    """What was taken for a plan's event, but for what other plans have to take again."""
    repeated = {exposure_id for other in others for exposure_id in to_repeat(session, other)}
    return [
        as_executed(row)
        for row in exposures_of(session, plan.event_id, plan.telescope)
        if row.id not in repeated
    ]
