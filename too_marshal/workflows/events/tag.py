"""Words by which people find events again."""

from __future__ import annotations

import re

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from too_marshal.db.events import Event, EventTag, record
from too_marshal.db.locks import lock
from too_marshal.db.observing.plans import PlanRule

MAX_LENGTH = 30
MAX_TAGS = 12
"""Of one event: more tell nothing apart."""


def tag_name(text: str) -> str:
    """A tag as it is kept and compared: ``Golden event`` is ``golden-event``.

    Raises
    ------
    ValueError
        If nothing is left, or too much; the message is for the person.
    """
    name = re.sub(r"[\W_]+", "-", text.strip().casefold()).strip("-")
    if not name:
        raise ValueError(f"{text.strip()[:40]!r} is no tag: give letters or digits")
    if len(name) > MAX_LENGTH:
        raise ValueError(f"{name[:40]!r} is too long for a tag: {MAX_LENGTH} characters at most")
    return name


def tag(session: Session, event_id: int, text: str, *, by: str) -> str:
    """Give an event a tag; one that it has stays as it is. Committed.

    Raises
    ------
    ValueError
        If it is no tag, or one too many; the message is for the person.
    """
    name = tag_name(text)
    lock(session, Event, event_id)
    # Read anew under the lock, whatever was known of the event before.
    names = session.scalars(select(EventTag.name).where(EventTag.event_id == event_id)).all()
    if name not in names:
        if len(names) >= MAX_TAGS:
            session.rollback()
            raise ValueError(f"an event has {MAX_TAGS} tags at the most: take one away first")
        session.add(EventTag(event_id=event_id, name=name, made_by=by))
        record(session, f"Tagged {name}", subject="event", event_id=event_id, actor=by)
    session.commit()
    return name


def tag_by_rule(session: Session, event_id: int, rule: PlanRule) -> None:
    """Give an event the tags of a rule, as far as it has room for them; not committed."""
    lock(session, Event, event_id)
    names = set(session.scalars(select(EventTag.name).where(EventTag.event_id == event_id)))
    new = [name for name in rule.tags if name not in names][: max(MAX_TAGS - len(names), 0)]
    by = f"rule {rule.name}"[:80]
    for name in new:
        session.add(EventTag(event_id=event_id, name=name, made_by=by))
        record(
            session, f"Tagged {name} by the rule {rule.name!r}", subject="event", event_id=event_id
        )
    session.flush()


def untag(session: Session, event_id: int, text: str, *, by: str) -> None:
    """Take a tag away; what is not there needs not be. Committed."""
    name = tag_name(text)
    lock(session, Event, event_id)
    row = (EventTag.event_id == event_id, EventTag.name == name)
    if session.scalar(delete(EventTag).where(*row).returning(EventTag.name)) is not None:
        record(session, f"No longer tagged {name}", subject="event", event_id=event_id, actor=by)
    session.commit()


def known_tags(session: Session) -> list[str]:
    """Every tag that some event has."""
    return list(session.scalars(select(EventTag.name).distinct().order_by(EventTag.name)))
