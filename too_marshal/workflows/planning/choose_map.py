"""The map on which a person wants a plan."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.workflows.localizations.masked import masked


def maps_to_plan_on(session: Session, event: Event) -> list[Localization]:
    """Every map of an event that is there: the current one first, then the newest."""
    rows = session.scalars(
        select(Localization)
        .where(
            Localization.event_id == event.id,
            Localization.state == LocalizationState.READY,
            Localization.sky_map_sha256.is_not(None),
        )
        .order_by((Localization.id == event.current_localization_id).desc(), Localization.id.desc())
    )
    return list(rows)


def chosen_map(
    session: Session, event: Event, localization_id: int | None, *, no_earth: bool
) -> Localization:
    """The map to plan on.

    Parameters
    ----------
    session
        Open session; not committed.
    event
        Whose map it is.
    localization_id
        Which; None: the current one.
    no_earth
        Whether to take out the sky that the Earth hid.

    Raises
    ------
    ValueError
        If there is none, or not yet; the message is for the person.
    """
    if localization_id is None:
        localization = event.current_localization
        if localization is None or localization.state != LocalizationState.READY:
            raise ValueError(f"{event.name} has no sky map yet")
    else:
        known = {row.id: row for row in maps_to_plan_on(session, event)}
        if localization_id not in known:
            numbers = ", ".join(map(str, known)) or "none"
            raise ValueError(f"{event.name} has no map {localization_id}; it has {numbers}")
        localization = known[localization_id]
    return masked(session, event, localization) if no_earth else localization
