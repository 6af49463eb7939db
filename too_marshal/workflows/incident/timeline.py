"""All that happened to an event, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from too_marshal.db.events import Activity

SUBJECTS: Mapping[str, str] = {
    "event": "the event itself",
    "notice": "notices",
    "localization": "sky maps",
    "link": "linked events",
    "rule": "what rules told people",
    "delivery": "messages",
    "alarm": "alarms",
    "galaxies": "tables of galaxies",
    "night": "nights",
    "plan": "plans",
    "preflight": "checks of plans",
    "submission": "queues",
    "replacement": "replacements of queues",
    "coverage": "what was observed",
    "treasure map": "Treasure Map",
    "circular": "circulars",
    "note": "notes",
}
"""What a line may be about, in words."""


def read_timeline(
    session: Session,
    event_id: int,
    *,
    limit: int,
    subject: str | None = None,
    before: int | None = None,
) -> tuple[Sequence[Activity], int | None]:
    """Lines about an event, the latest first, whoever wrote them when.

    Parameters
    ----------
    subject
        Only lines about that, one of `SUBJECTS`.
    before
        Number of the line after which the page begins.

    Returns
    -------
    rows
        At most `limit`.
    next_before
        Where the next page begins; None if there is none.
    """
    query = select(Activity).where(Activity.event_id == event_id)
    if subject is not None:
        query = query.where(Activity.subject == subject)
    if before is not None:
        place = select(Activity.happened_at, Activity.id).where(Activity.id == before)
        query = query.where(tuple_(Activity.happened_at, Activity.id) < place.scalar_subquery())
    newest = query.order_by(Activity.happened_at.desc(), Activity.id.desc())
    rows = session.scalars(newest.limit(limit + 1)).all()
    shown = rows[:limit]
    return shown, shown[-1].id if len(rows) > limit else None
