"""Events: one row for each thing in the sky that a mission reports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from too_marshal.db.base import Base, Utc, now
from too_marshal.db.localizations import Localization


class Event(Base):
    """An event, keyed by its mission's own identifier.

    Every column but the keys is derived from the event's notices (`workflows.ingest`), so
    that the order in which they arrived does not matter.
    """

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("stream", "key"), Index(None, "event_time"))

    id: Mapped[int] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(String(40), comment="mission's stream, e.g. lvk")
    key: Mapped[str] = mapped_column(String(80), comment="the mission's own identifier")
    name: Mapped[str] = mapped_column(String(80), comment="what people call it")
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
    created_at: Mapped[Utc] = mapped_column(default=now)
    changed_at: Mapped[Utc] = mapped_column(default=now)
    current_localization_id: Mapped[int | None] = mapped_column(
        ForeignKey("localization.id", use_alter=True)
    )

    current_localization: Mapped[Localization | None] = relationship(
        foreign_keys=[current_localization_id], post_update=True
    )


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
    actor: str = "marshal",
) -> None:
    """Add a line to the timeline; it is seen once the session commits."""
    session.add(
        Activity(event_id=event_id, subject=subject, subject_id=subject_id, actor=actor, text=text)
    )


def find_event(session: Session, stream: str, key: str, *, lock: bool = False) -> Event | None:
    """Event of that mission and identifier; `lock` holds its row until the transaction ends."""
    query = select(Event).where(Event.stream == stream, Event.key == key)
    if lock:
        query = query.with_for_update(of=Event)
    return session.scalars(query).one_or_none()


def latest_events(
    session: Session, *, tests: bool, retracted: bool, limit: int, before: datetime | None = None
) -> list[Event]:
    """Events, the latest first.

    Parameters
    ----------
    session
        Open session.
    tests, retracted
        Whether to include these.
    limit
        How many at the most.
    before
        Only events created earlier, for paging.
    """
    query = (
        select(Event)
        .options(joinedload(Event.current_localization))
        .order_by(Event.created_at.desc(), Event.id.desc())
        .limit(limit)
    )
    if not tests:
        query = query.where(~Event.is_test)
    if not retracted:
        query = query.where(~Event.is_retracted)
    if before is not None:
        query = query.where(Event.created_at < before)
    return list(session.scalars(query))
