"""What telescope time would buy, for whoever has not asked for a plan yet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.documents import PlanRequest
from too_marshal.db.events import Event
from too_marshal.db.observing.curves import AskedCurve
from too_marshal.workflows.planning.choose_map import chosen_map
from too_marshal.workflows.planning.wish import checked_wish

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
