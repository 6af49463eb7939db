"""Begin a drill: one at a time."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.db.drills import Drill
from too_marshal.workflows.errors import Invalid

DRILL_LOCK = 0x746F6F6472696C6C
"""Key of the advisory lock ("toodrill") that lets one begin at a time."""


class DrillGoesOn(Invalid):
    """There is a drill already; the message is for the person."""


def begin_drill(session: Session, *, by: str, wakes: bool) -> Drill:
    """Begin a drill; a worker takes its steps. Committed.

    Parameters
    ----------
    session, by
        Open session, and who wants it.
    wakes
        Whether who is on call is woken, with messages that say that it is a drill.

    Raises
    ------
    DrillGoesOn
        If another one has not ended.
    """
    session.execute(select(func.pg_advisory_xact_lock(DRILL_LOCK)))
    present = session.scalars(select(Drill).where(Drill.ended_at.is_(None))).first()
    if present is not None:
        session.rollback()
        raise DrillGoesOn(f"Drill {present.id} has not ended yet.")
    drill = Drill(started_by=by, wakes=wakes)
    session.add(drill)
    session.flush()
    tasks.run_drill(drill_id=drill.id).defer(session)
    session.commit()
    return drill


def start_drill(session: Session, by: str, wakes: bool) -> None:  # noqa: FBT001 - as its job has it
    """Begin a drill, unless there is one; committed."""
    try:
        begin_drill(session, by=by, wakes=wakes)
    except DrillGoesOn:
        return
