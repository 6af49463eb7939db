"""Let a person name an event: what they say comes before every other name."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from too_marshal.db.events import Event, normalized_name, record
from too_marshal.db.locks import lock
from too_marshal.workflows.events.associate import ASSOCIATION_LOCK, find_informed
from too_marshal.workflows.events.day_names import recount
from too_marshal.workflows.events.naming import names_of, rename
from too_marshal.workflows.events.spoken import spoken_name

MAX_LENGTH = 40


def give_name(session: Session, event_id: int, text: str, *, by: str) -> str:
    """Call an event by another name, or by none that a person gave; committed.

    Notices that have waited for an event of that name find it.

    Parameters
    ----------
    session
        Open session.
    event_id, text, by
        Which event, its name (nothing: as it would be called otherwise), and who says so.

    Returns
    -------
    str
        What it is called now.

    Raises
    ------
    ValueError
        If that is no name; the message is for the person.
    """
    name = " ".join(text.split())
    _check(name)
    # As every change of names: a notice that calls for the name may arrive in the same moment.
    session.execute(select(func.pg_advisory_xact_lock(ASSOCIATION_LOCK)))
    event = lock(session, Event, event_id)
    if (event.given_name or "") != name:
        before = {event: names_of(event)}
        event.given_name, event.given_by = (name, by) if name else (None, None)
        changed = [*rename(session, before).values(), *recount(session, [event]).values()]
        find_informed(session, {each for names in changed for each in names})
        said = f"Named {name}" if name else f"Called {spoken_name(event)} again"
        record(session, said, subject="event", subject_id=event.id, event_id=event.id, actor=by)
    called = spoken_name(event)
    session.commit()
    return called


def _check(name: str) -> None:
    if not name:
        return
    if len(name) > MAX_LENGTH:
        raise ValueError(f"{name[:60]!r} is too long for a name: {MAX_LENGTH} characters at most")
    if not name.isascii() or not name.isprintable():
        raise ValueError(f"{name!r} cannot stand in the subject of a circular: plain ASCII only")
    if not normalized_name(name):
        raise ValueError(f"{name!r} is no name: give letters or digits")
