"""Objects with alerts in the region, as a layer: saved candidates, or all but the rejected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from too_marshal.db.counterparts.candidates import Candidate, CandidateStatus
from too_marshal.db.events import Event
from too_marshal.workflows.counterparts.objects import (
    RegionObject,
    count_objects,
    in_region,
    objects_of,
)

SAVED, OPEN = "saved", "open"
NAMES = {SAVED: "saved candidates", OPEN: "all but the rejected"}

MOST = 300
"""Objects that are drawn: of more none can be told from the next."""


def choices(session: Session, event: Event) -> list[dict[str, Any]]:
    """What can be chosen; nothing where no alert has come and nobody has saved one."""
    there = {
        SAVED: session.scalar(select(exists().where(*_saved(event)))),
        OPEN: session.scalar(select(exists().where(*in_region(event)))),
    }
    return [{"id": which, "name": NAMES[which]} for which in NAMES if there[which]]


def saved_objects(session: Session, event: Event) -> dict[str, Any]:
    """What people have saved and not rejected, wherever the current map has it."""
    rows = session.scalars(
        select(Candidate).where(*_saved(event)).order_by(Candidate.id.desc()).limit(MOST)
    )
    objects = [
        {
            "name": row.object_id,
            "ra": row.ra,
            "dec": row.dec,
            "status": row.status,
            "by": row.changed_by,
        }
        for row in rows
    ]
    count = select(func.count()).select_from(Candidate).where(*_saved(event))
    return {"objects": objects, "all": session.scalar(count) or 0}


def open_objects(session: Session, event: Event) -> dict[str, Any]:
    """Objects in the region of the current map that nobody has rejected, the most likely first."""
    found = objects_of(session, event, limit=MOST, is_rejected=False)
    return {
        "objects": [_object(each) for each in found],
        "all": count_objects(session, event, is_rejected=False),
    }


def _saved(event: Event) -> tuple[Any, ...]:
    return Candidate.event_id == event.id, Candidate.status != CandidateStatus.REJECTED


def _object(each: RegionObject) -> dict[str, Any]:
    judged = each.candidate
    return {
        "name": each.object_id,
        "ra": each.ra,
        "dec": each.dec,
        "status": None if judged is None else judged.status,
        "by": None if judged is None else judged.changed_by,
        "level": each.level,
        "magnitude": each.magnitude,
        "band": each.filter,
        "time": f"{each.last_seen_at:%Y-%m-%dT%H:%M:%SZ}",
    }


LAYERS: Mapping[str, Callable[[Session, Event], dict[str, Any]]] = {
    SAVED: saved_objects,
    OPEN: open_objects,
}
