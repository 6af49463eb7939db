"""What telescope time would buy, beside a plan: worked out once the plan itself is there."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from astropy import units as u
from sqlalchemy.orm import Session

from planners.curve import ProbabilityCurve, probability_curve
from telescopes import TELESCOPES
from telescopes.times import iso
from too_marshal.db.base import now
from too_marshal.db.locks import lock
from too_marshal.db.plans import Plan, PlanState
from too_marshal.workflows.localizations.localize import load_skymap
from too_marshal.workflows.planning.compute import as_asked
from too_marshal.workflows.planning.plan import ask_for_plan
from too_marshal.workflows.planning.plan_queue import WINDOW

if TYPE_CHECKING:
    from too_marshal.db.documents import PlanCurve, PlanRequest

logger = logging.getLogger(__name__)


def work_out_curve(session: Session, plan_id: int) -> None:
    """Work out what telescope time buys where a plan was made, and keep it.

    Parameters
    ----------
    session
        Open session; committed.
    plan_id
        A plan that is computed; any other, and one whose curve is known, is left as it is.
    """
    plan = session.get_one(Plan, plan_id)
    if plan.state not in {PlanState.READY, PlanState.EMPTY} or plan.curve is not None:
        return
    skymap = load_skymap(session, plan.localization)
    telescope, request = TELESCOPES[plan.telescope], as_asked(session, plan)
    session.commit()  # no transaction stays open while numbers are crunched
    try:
        curve = probability_curve(skymap, telescope, request)
    except ValueError as err:
        # The window may be over by now.
        logger.warning("no curve of plan %d: %s", plan_id, err)
        curve = None
    # A plan's request and map never change: whoever is second writes the same.
    lock(session, Plan, plan_id).curve = _document(curve)
    session.commit()


def ask_for_budget(session: Session, plan: Plan, point: int, *, by: str) -> Plan:
    """Ask for a plan like another that takes as much telescope time as one point of its curve.

    Parameters
    ----------
    point
        Index in the curve.
    by
        The person.

    Raises
    ------
    ValueError
        If there is no such point, or the plan cannot be asked for; the message is for the person.
    """
    times = [] if plan.curve is None else plan.curve["telescope_time"]
    if not 0 <= point < len(times):
        raise ValueError("The curve has no such point. Reload the page.")
    start = now()
    request: PlanRequest = {
        **plan.request,
        "maximum_time": times[point],
        "minimum_gain": None,
        "target_probability": None,
        "start": max(iso(start), plan.request["start"]),
        "end": plan.request["end"],
    }
    if request["end"] <= request["start"]:
        request["end"] = iso(start + WINDOW)
    return ask_for_plan(
        session,
        plan.event,
        telescope=plan.telescope,
        planner=plan.planner,
        program=plan.program,
        request=dict(request),
        author=by,
    )


def _document(curve: ProbabilityCurve | None) -> PlanCurve:
    if curve is None:
        return {
            "telescope_time": [], "exposures": [], "probability_all_filters": [],
            "probability": [], "upper_bound": [], "knee": 0,
        }  # fmt: skip
    return {
        "telescope_time": curve.telescope_time.to_value(u.s).round(1).tolist(),
        "exposures": curve.exposures.tolist(),
        "probability_all_filters": curve.probability_all_filters.tolist(),
        "probability": curve.probability.tolist(),
        "upper_bound": curve.upper_bound.tolist(),
        "knee": curve.knee,
    }
