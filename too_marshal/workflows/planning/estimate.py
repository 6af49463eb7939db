"""What a plan would come to, before it is asked for: the greedy list, in less than a second."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy.orm import Session

from planners.registry import PLANNERS
from telescopes import TELESCOPES
from too_marshal.db.documents import PlanRequest
from too_marshal.db.events import Event
from too_marshal.db.observing.plans import Plan
from too_marshal.workflows.localizations.localize import load_skymap
from too_marshal.workflows.planning.bring_in import OF_A_SOURCE
from too_marshal.workflows.planning.choose_map import chosen_map
from too_marshal.workflows.planning.compute import as_asked
from too_marshal.workflows.planning.wish import checked_wish

_ESTIMATING = threading.BoundedSemaphore(1)
"""Numbers are crunched in the process that serves pages: for one person at a time."""


class EstimateBusy(Exception):
    """Another estimate is being worked out."""


@dataclass(frozen=True)
class Estimate:
    """What a greedy list of exposures covers within what was asked for."""

    telescope: str
    probability: float
    """In all filters."""

    exposures: int
    total_time: float
    """Of the telescope, s."""

    start: str | None
    """Of the first exposure, ISO 8601 in UTC; None if there is none."""

    knows_all: bool
    """False where a source is to be detected: then this is what is covered."""

    remark: str
    """Why there is none, or less; else empty."""


def estimate(  # noqa: PLR0913 - what a person chooses
    session: Session,
    event: Event,
    *,
    telescope: str,
    request: dict[str, Any],
    localization_id: int | None = None,
    no_earth: bool = False,
) -> Estimate:
    """Say about what a plan would cover: the plan itself covers as much or more.

    Parameters
    ----------
    session
        Open session; rolled back, nothing is kept.
    event
        Of which event.
    telescope, request, localization_id, no_earth
        As of a plan that is asked for.

    Raises
    ------
    EstimateBusy
        If one is being worked out already.
    ValueError
        If no plan could be asked for; the message is for the person.
    """
    # A greedy list knows nothing of it.
    wanted = {name: value for name, value in request.items() if name not in OF_A_SOURCE}
    checked_wish(session, event, telescope=telescope, planner="greedy", request=wanted)
    localization = chosen_map(session, event, localization_id, no_earth=no_earth)
    plan = Plan(
        event_id=event.id,
        localization_id=localization.id,
        telescope=telescope,
        request=cast("PlanRequest", wanted),
    )
    if not _ESTIMATING.acquire(blocking=False):
        raise EstimateBusy
    try:
        skymap, asked = load_skymap(session, localization), as_asked(session, plan)
        session.rollback()  # no transaction stays open while numbers are crunched
        made = PLANNERS["greedy"](skymap, TELESCOPES[telescope], asked)
    finally:
        _ESTIMATING.release()
    statistics = made.statistics
    return Estimate(
        telescope=telescope,
        probability=statistics["probability_all_filters"],
        exposures=len(made.exposures),
        total_time=statistics["total_time"],
        start=statistics["start"],
        knows_all=request.get("objective", "coverage") == "coverage",
        remark=made.remark,
    )
