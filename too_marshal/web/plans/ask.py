"""What becomes of the form by which a person asks for a plan."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from planners.detection.sources import SOURCES
from planners.files.brought_files import BroughtFileInvalid
from planners.registry import PERSONS_PLANNERS
from telescopes import TELESCOPES
from too_marshal.db.events import Event
from too_marshal.db.observing.plans import Plan
from too_marshal.web.plans.form import (
    EXPOSURE_TIME,
    GOAL,
    LIMITS,
    LISTS,
    NO_EARTH,
    STOPS,
    TARGETS,
    TIME_LIMIT,
    PlanForm,
)
from too_marshal.workflows.localizations.masked import can_be_masked
from too_marshal.workflows.localizations.names import MASKED, name_of
from too_marshal.workflows.planning.bring_in import bring_in
from too_marshal.workflows.planning.choose_map import maps_to_plan_on
from too_marshal.workflows.planning.galaxies import offered_galaxies
from too_marshal.workflows.planning.plan import ask_for_plan

MAX_NAME_LENGTH = 120


def choices(session: Session, event: Event) -> dict[str, Any]:
    """Everything that the form offers."""
    return {
        # Asked for by the form alone, which not everybody sees.
        "maps": partial(maps, session, event),
        "galaxy_tables": partial(offered_galaxies, session, event.id),
        "telescopes": TELESCOPES,
        "planners": PERSONS_PLANNERS,
        "targets": TARGETS,
        "exposure_time": EXPOSURE_TIME,
        "goal": GOAL,
        "sources": SOURCES,
        "stops": STOPS,
        "limits": LIMITS,
        "lists": LISTS,
        "time_limit": TIME_LIMIT,
    }


def maps(session: Session, event: Event) -> list[tuple[str, str]]:
    """Value and name of each map that can be planned on; the current one has no value."""
    offered: list[tuple[str, str]] = []
    for row in maps_to_plan_on(session, event):
        if row.kind == MASKED:
            continue  # it is offered beside the map that it is made of
        is_current = row.id == event.current_localization_id
        offered.append(
            ("", f"current ({name_of(row)})") if is_current else (str(row.id), name_of(row))
        )
        if can_be_masked(event, row):
            offered.append((f"{row.id}{NO_EARTH}", f"{row.id} without the sky behind the Earth"))
    return offered


def plan_asked(
    session: Session, event: Event, form: PlanForm, file: FileStorage | None, *, by: str
) -> Plan | None:
    """Ask for what a form says; None if it cannot be, and the form then says why.

    Parameters
    ----------
    session
        Open session; committed, or rolled back.
    event
        Of which a plan is asked for.
    form
        What was typed.
    file
        What was sent along.
    by
        The person.
    """
    data = b"" if file is None else file.read()
    form.has_file = bool(data)
    wanted = form.request()
    if form.errors:
        return None
    try:
        if file is not None and data:
            return bring_in(
                session, event, data=data, name=(file.filename or "a file")[:MAX_NAME_LENGTH],
                telescope=form.values["telescope"], program=form.values["program"],
                request=wanted, author=by, localization_id=form.localization_id,
                no_earth=form.no_earth,
            )  # fmt: skip
        return ask_for_plan(
            session,
            event,
            telescope=form.values["telescope"],
            planner=form.values["planner"] or PERSONS_PLANNERS[0],
            program=form.values["program"],
            request=wanted,
            galaxies=form.galaxies,
            localization_id=form.localization_id,
            no_earth=form.no_earth,
            author=by,
        )
    except BroughtFileInvalid as err:
        session.rollback()
        form.errors["file"] = str(err).partition(": row ")[0] if err.rows else str(err)
        form.rejected = err.rows
    except ValueError as err:
        session.rollback()
        form.errors["form"] = str(err)
    return None
