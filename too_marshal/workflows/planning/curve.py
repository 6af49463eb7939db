"""What telescope time would buy, beside a plan: worked out once the plan itself is there."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from astropy import units as u
from sqlalchemy.orm import Session

from planners.curve import ProbabilityCurve, probability_curve
from telescopes import TELESCOPES
from too_marshal.db.base import now
from too_marshal.db.locks import lock
from too_marshal.db.observing.curves import AskedCurve
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.workflows.localizations.localize import load_skymap
from too_marshal.workflows.planning.compute import as_asked

if TYPE_CHECKING:
    from too_marshal.db.documents import PlanCurve

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
    lock(session, Plan, plan_id).curve = as_document(curve)
    session.commit()


def work_out_asked_curve(session: Session, curve_id: int) -> None:
    """Work out what telescope time would buy, and keep it.

    Parameters
    ----------
    session
        Open session; committed.
    curve_id
        One that is done is left as it is.
    """
    row = session.get_one(AskedCurve, curve_id)
    if row.done_at is not None:
        return
    # What was taken already counts as it would for a plan that was asked for now.
    plan = Plan(
        event_id=row.event_id,
        localization_id=row.localization_id,
        telescope=row.telescope,
        request=row.request,
    )
    skymap, request = load_skymap(session, row.localization), as_asked(session, plan)
    session.commit()  # no transaction stays open while numbers are crunched
    curve, error = None, ""
    try:
        curve = probability_curve(skymap, TELESCOPES[row.telescope], request)
    except ValueError as err:
        error = str(err)
    except Exception as err:
        # What stays "being worked out" for ever tells nobody.
        logger.exception("the curve %d failed", curve_id)
        error = f"{type(err).__name__}: {err}"
    row = lock(session, AskedCurve, curve_id)
    if row.done_at is None:
        row.curve, row.error, row.done_at = (None if error else as_document(curve)), error, now()
    session.commit()


def as_document(curve: ProbabilityCurve | None) -> PlanCurve:
    """A curve as it is kept; an empty one where nothing can be observed."""
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
        "objective": curve.objective,
        "knee": curve.knee,
    }
