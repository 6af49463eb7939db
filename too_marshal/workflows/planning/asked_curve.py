"""What telescope time would buy, for whoever has not asked for a plan yet."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from planners.curve import probability_curve
from telescopes import TELESCOPES
from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.curves import AskedCurve
from too_marshal.db.documents import PlanRequest
from too_marshal.db.events import Event
from too_marshal.db.locks import lock
from too_marshal.db.plans import Plan
from too_marshal.workflows.localizations.localize import load_skymap
from too_marshal.workflows.planning.choose_map import chosen_map
from too_marshal.workflows.planning.compute import as_asked
from too_marshal.workflows.planning.curve import as_document
from too_marshal.workflows.planning.wish import checked_wish

logger = logging.getLogger(__name__)

HOLDS_FOR = timedelta(minutes=10)
"""Who asks the same within this time gets the same answer: exposures may have come in since."""


_STOPS = frozenset({"maximum_time", "minimum_gain", "target_probability"})


def ask_for_curve(  # noqa: PLR0913 - what a person chooses
    session: Session,
    event: Event,
    *,
    telescope: str,
    request: dict[str, Any],
    by: str,
    localization_id: int | None = None,
    no_earth: bool = False,
) -> AskedCurve:
    """Ask what telescope time would buy; a worker works it out.

    Parameters
    ----------
    session
        Open session; committed.
    event
        Of which event.
    telescope, request, localization_id, no_earth
        As of a plan that is asked for.
    by
        The person.

    Raises
    ------
    ValueError
        If no plan could be asked for; the message is for the person.
    """
    # A budget would be the end of the curve, and it is asked to find one.
    request = {name: value for name, value in request.items() if name not in _STOPS}
    checked_wish(session, event, telescope=telescope, planner="optimal", request=request)
    localization = chosen_map(session, event, localization_id, no_earth=no_earth)
    wish = cast("PlanRequest", request)
    known = session.scalars(
        select(AskedCurve)
        .where(
            AskedCurve.event_id == event.id,
            AskedCurve.localization_id == localization.id,
            AskedCurve.telescope == telescope,
            AskedCurve.request == wish,
            AskedCurve.error == "",
            AskedCurve.asked_at > now() - HOLDS_FOR,
        )
        .order_by(AskedCurve.id.desc())
    ).first()
    if known is not None:
        return known
    row = AskedCurve(
        event_id=event.id,
        localization_id=localization.id,
        telescope=telescope,
        request=wish,
        asked_by=by,
    )
    session.add(row)
    session.flush()
    tasks.work_out_asked_curve(curve_id=row.id).defer(session)
    session.commit()
    return row


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
