"""What a person may ask of a planner, said before anything is computed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from planners.files.plan_files import request_from_json
from planners.problem.requests import check_fields
from planners.registry import PLANNERS
from telescopes import TELESCOPES
from telescopes.observing_plan import ObservingRequest
from too_marshal.db.events import Event
from too_marshal.workflows.planning.galaxies import galaxies_of
from too_marshal.workflows.planning.plan_queue import TIME_LIMITS, is_allowed


def checked_wish(  # noqa: PLR0913 - what a person chooses
    session: Session,
    event: Event,
    *,
    telescope: str,
    planner: str,
    request: dict[str, Any],
    galaxies: int | None = None,
) -> ObservingRequest:
    """Read a request, if a planner can be asked for it.

    Raises
    ------
    ValueError
        If it cannot be; the message is for the person.
    """
    if telescope not in TELESCOPES:
        raise ValueError(f"unknown telescope {telescope!r}; known: {', '.join(TELESCOPES)}")
    if planner not in PLANNERS:
        raise ValueError(f"unknown planner {planner!r}; known: {', '.join(PLANNERS)}")
    wanted = replace(request_from_json(request), galaxies=galaxies_of(session, event, galaxies))
    PLANNERS[planner].check(TELESCOPES[telescope], wanted)
    # A slip in a number would observe what somebody wanted to leave out.
    check_fields(TELESCOPES[telescope], wanted.excluded_fields)
    if wanted.time_limit is not None and not is_allowed(wanted.time_limit):
        raise ValueError(f"a planner is given {TIME_LIMITS}")
    return wanted
