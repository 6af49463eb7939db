"""Coverage of one version of an event's map, by every telescope and by all together."""

from __future__ import annotations

from sqlalchemy.orm import Session

from too_marshal.db.events import Event
from too_marshal.workflows.exposures.cover import cover, cover_together
from too_marshal.workflows.exposures.records import telescopes_of


def cover_version(session: Session, event_id: int, localization_id: int) -> None:
    """Recompute what every telescope, and all together, cover of one version of the map.

    Parameters
    ----------
    session
        Open session; committed.
    event_id, localization_id
        The version.
    """
    telescopes = telescopes_of(session, session.get_one(Event, event_id))
    for telescope in telescopes:
        cover(session, event_id, telescope, localization_id)
    cover_together(session, event_id, telescopes, localization_id)
