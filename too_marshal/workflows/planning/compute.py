"""What a planner is asked, and its thinking, for as long as somebody wants the plan."""

from __future__ import annotations

import logging
from dataclasses import replace

from astropy.time import Time
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from planners.comparison.gwemopt_planner import GwemoptFailed
from planners.coverage.replan import remaining_request
from planners.files.plan_files import request_from_json
from planners.registry import PLANNERS
from planners.skymaps.skymap import SkyMap
from planners.stopping import Stopped, stopped_when
from telescopes import TELESCOPES
from telescopes.observing import ObservingPlan, ObservingRequest
from too_marshal.db.base import now
from too_marshal.db.plans import Plan, PlanState
from too_marshal.workflows.exposures.archives import references_of
from too_marshal.workflows.exposures.cover import as_executed, exposures_of
from too_marshal.workflows.exposures.deficit import useless

logger = logging.getLogger(__name__)


class PlanningFailed(Exception):
    """A planner made no plan; the message is for people."""


def think(
    session: Session, plan: Plan, skymap: SkyMap, request: ObservingRequest
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
    """What is asked, where there are reference images; of what another plan has left, the rest."""
    request = replace(
        request_from_json(plan.request), references=references_of(session, plan.telescope)
    )
    if plan.parent_id is None:
        return request
    # What is received later is not known to it.
    plan.created_at = now()
    again = useless(session, session.get_one(Plan, plan.parent_id))
    executed = [
        as_executed(row)
        for row in exposures_of(session, plan.event_id, plan.telescope)
        if row.id not in again
    ]
    # A rehearsal's robot may be ahead of our clock.
    present = max([Time(now()), *(item.start + item.exposure_time for item in executed)])
    return remaining_request(request, executed, present)
