"""Events: one row for each thing in the sky that a mission reports."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from too_marshal.db.base import MARSHAL, Base, Utc, now
from too_marshal.db.jobs import LATER, NORMAL, URGENT
from too_marshal.db.localizations import Localization


class Event(Base):
    """An event, keyed by its mission's own identifier.

    Every column but the keys, the name that a person gave and who is in charge is derived from the
    event's notices (`workflows.ingest`), so that the order in which they arrived does not matter.
    """

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("stream", "key"), Index(None, "event_time"))

    id: Mapped[int] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(String(40), comment="mission's stream, e.g. lvk")
    key: Mapped[str] = mapped_column(String(80), comment="the mission's own identifier")
    name: Mapped[str] = mapped_column(String(80), comment="what people call it")
    counted_name: Mapped[str | None] = mapped_column(
        String(80), comment="by the mission's rule, where nobody has stated one"
    )
    given_name: Mapped[str | None] = mapped_column(String(80), comment="that a person gave it")
    given_by: Mapped[str | None] = mapped_column(String(80))
    event_time: Mapped[Utc | None]
    is_test: Mapped[bool] = mapped_column(default=False)
    is_retracted: Mapped[bool] = mapped_column(default=False)
    kind: Mapped[str] = mapped_column(String(20), default="", comment="of the latest notice")
    type_name: Mapped[str] = mapped_column(String(60), default="")
    classification: Mapped[dict[str, float]] = mapped_column(JSONB, default=dict)
    properties: Mapped[dict[str, float]] = mapped_column(JSONB, default=dict)
    far: Mapped[float | None] = mapped_column(comment="false-alarm rate, Hz")
    is_significant: Mapped[bool | None]
    flags: Mapped[list[str]] = mapped_column(JSONB, default=list)
    links: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    aliases: Mapped[list[str]] = mapped_column(JSONB, default=list)
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    in_charge: Mapped[str | None] = mapped_column(String(80), comment="who sees to the event")
    in_charge_since: Mapped[Utc | None]
    created_at: Mapped[Utc] = mapped_column(default=now)
    changed_at: Mapped[Utc] = mapped_column(default=now)
    current_localization_id: Mapped[int | None] = mapped_column(
        ForeignKey("localization.id", use_alter=True)
    )

    current_localization: Mapped[Localization | None] = relationship(
        foreign_keys=[current_localization_id], post_update=True
    )
    tags: Mapped[list[EventTag]] = relationship(order_by="EventTag.name", viewonly=True)


FRESH = timedelta(days=1)
"""An event that was seen longer ago comes from an archive, or can wait."""


def is_fresh(event: Event) -> bool:
    """Whether it has just been seen; one that says no time has when it came."""
    return now() - (event.event_time or event.created_at) <= FRESH


RECENT = timedelta(days=7)
"""For so long an event may still be observed, whatever it is."""


def is_recent(event: Event) -> bool:
    """Whether it may still be observed; one that says no time has when it came."""
    return now() - (event.event_time or event.created_at) <= RECENT


def recent() -> ColumnElement[bool]:
    """Events for which `is_recent` holds."""
    return func.coalesce(Event.event_time, Event.created_at) >= now() - RECENT


def urgency(event: Event) -> int:
    """Priority of the work that an event causes: what is new and real before what is replayed."""
    if event.event_time is not None and now() - event.event_time > FRESH:
        return LATER // 2
    return NORMAL if event.is_test else URGENT // 2


class EventName(Base):
    """A name of an event; several events may share one, as a burst that two missions saw."""

    __tablename__ = "event_name"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True, comment="as it is written")
    normalized_name: Mapped[str] = mapped_column(
        String(80), index=True, comment="without case, spaces and signs"
    )


class LinkKind(StrEnum):
    """Why two events are thought to be of one source."""

    STATED = "stated"
    """A notice names the other event, or circulars call both by one name."""

    COINCIDENT = "coincident"
    """Close in time and on the sky: a suggestion, with its false-alarm rate."""

    PERSON = "person"
    """A person says so."""


class EventLink(Base):
    """Two events, as a rule of different missions, that may be one source. They stay two."""

    __tablename__ = "event_link"
    __table_args__ = (
        UniqueConstraint("first_id", "second_id"),
        CheckConstraint("first_id < second_id", name="order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    first_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    second_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    kind: Mapped[LinkKind] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(comment="one sentence")
    far: Mapped[float | None] = mapped_column(comment="of the coincidence, Hz")
    chance: Mapped[float | None] = mapped_column(
        comment="expected number of unrelated events as close to the first, or to the second"
    )
    overlap: Mapped[float | None] = mapped_column(comment="of the sky maps, 1 if unrelated")
    time_difference: Mapped[float | None] = mapped_column(comment="second minus first, s")
    made_by: Mapped[str] = mapped_column(String(80), default=MARSHAL)
    made_at: Mapped[Utc] = mapped_column(default=now)
    undone_by: Mapped[str | None] = mapped_column(String(80))
    undone_at: Mapped[Utc | None]

    first: Mapped[Event] = relationship(foreign_keys=[first_id])
    second: Mapped[Event] = relationship(foreign_keys=[second_id])


class EventTag(Base):
    """A word by which people find an event again."""

    __tablename__ = "event_tag"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), primary_key=True)
    name: Mapped[str] = mapped_column(
        String(30), primary_key=True, index=True, comment="lower case, with hyphens"
    )
    made_by: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[Utc] = mapped_column(default=now)


class Acknowledgment(Base):
    """A person has seen an event as it stood then."""

    __tablename__ = "acknowledgment"
    __table_args__ = (Index(None, "event_id", "made_at"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    made_by: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[Utc] = mapped_column(default=now)


class Activity(Base):
    """What happened, in order: the timeline of an event and the source of live updates."""

    __tablename__ = "activity"
    __table_args__ = (Index(None, "event_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    happened_at: Mapped[Utc] = mapped_column(default=now)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id"))
    subject: Mapped[str] = mapped_column(String(20), comment="notice, localization, plan, ...")
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    actor: Mapped[str] = mapped_column(String(80), comment="a person's name, or the marshal")
    text: Mapped[str] = mapped_column(comment="one sentence")


def record(  # noqa: PLR0913 - each is a column
    session: Session,
    text: str,
    *,
    subject: str,
    subject_id: int | None = None,
    event_id: int | None = None,
    actor: str = MARSHAL,
) -> None:
    """Add a line to the timeline; it is seen once the session commits."""
    session.add(
        Activity(event_id=event_id, subject=subject, subject_id=subject_id, actor=actor, text=text)
    )


def normalized_name(name: str) -> str:
    """A name as it is compared: without case, spaces and signs; "GRB 230307A" is "grb230307a"."""
    return re.sub(r"[\W_]+", "", name).casefold()[:80]


def find_by_beginning(session: Session, name: str, limit: int = 50) -> list[Event]:
    """Events that have a name which begins so, in any spelling; the latest first."""
    beginning = normalized_name(name)
    if not beginning:
        return []
    named = select(EventName.event_id).where(
        EventName.normalized_name.startswith(beginning, autoescape=True)
    )
    query = select(Event).where(Event.id.in_(named)).order_by(Event.is_test, Event.id.desc())
    return list(session.scalars(query.limit(limit)))


def find_by_name(session: Session, name: str) -> list[Event]:
    """Events of that name, key or alias, in any spelling; real ones first, then the latest."""
    query = (
        select(Event)
        .join(EventName, EventName.event_id == Event.id)
        .where(EventName.normalized_name == normalized_name(name))
        .distinct()
    )
    events = session.scalars(query).all()
    return sorted(events, key=lambda event: (event.is_test, -event.created_at.timestamp()))
