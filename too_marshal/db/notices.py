"""Notices as received: the raw bytes first, then what was understood of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from too_marshal.db.base import Base, Utc, now
from too_marshal.db.events import Event


class NoticeState(StrEnum):
    """How far a received notice has come."""

    RECEIVED = "received"
    UNDERSTOOD = "understood"
    UNKNOWN = "unknown"
    QUARANTINED = "quarantined"
    REPEATED = "repeated"
    """It says exactly what another notice has said, and does not count."""


class ReceivedNotice(Base):
    """A message, unique by its content, kept for ever unless it could not be read."""

    __tablename__ = "notice"
    __table_args__ = (
        Index(None, "event_id", "order"),
        Index("ix_notice_waiting", "id", postgresql_where="state = 'received'"),
        # The number of a circular, of which there may be several versions.
        Index("ix_notice_circular", text('("order"[1])'), postgresql_where="stream = 'circulars'"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    payload: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    channel: Mapped[str] = mapped_column(String(20), comment="kafka, file, api or replay")
    topic: Mapped[str | None] = mapped_column(String(120))
    received_at: Mapped[Utc] = mapped_column(default=now, index=True)
    state: Mapped[NoticeState] = mapped_column(String(20), default=NoticeState.RECEIVED)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str] = mapped_column(default="")
    understood_at: Mapped[Utc | None]
    event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id"))
    stream: Mapped[str | None] = mapped_column(String(40))
    kind: Mapped[str | None] = mapped_column(String(20))
    order: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    document: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB, comment="the parsed notice; maps by size and hash"
    )

    content_hash: Mapped[str | None] = mapped_column(
        String(64),
        index=True,
        comment="SHA-256 of what it says; of two notices that say the same one counts",
    )

    event: Mapped[Event | None] = relationship()


class NoticeReference(Base):
    """An event that a notice names: exactly, by stream and key, or by a name of any stream.

    It is kept also where there is no such event yet: the event finds it when it appears.
    """

    __tablename__ = "notice_reference"
    __table_args__ = (
        UniqueConstraint("notice_id", "rank"),
        Index(None, "name", "stream"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"))
    rank: Mapped[int] = mapped_column(comment="the smaller, the more the notice is about it")
    stream: Mapped[str | None] = mapped_column(String(40), comment="null: a name, as compared")
    name: Mapped[str] = mapped_column(String(80), comment="the key, or the name as compared")


class FurtherEvent(Base):
    """An event that a list of candidates names besides its first."""

    __tablename__ = "further_event"

    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), primary_key=True, index=True)


class StreamPosition(Base):
    """The next offset of each partition; it moves in the transaction that stores notices."""

    __tablename__ = "stream_position"

    cluster: Mapped[str] = mapped_column(String(120), primary_key=True)
    topic: Mapped[str] = mapped_column(String(249), primary_key=True)
    partition: Mapped[int] = mapped_column(Integer, primary_key=True)
    next_offset: Mapped[int] = mapped_column(BigInteger)
    moved_at: Mapped[Utc] = mapped_column(default=now)


class Heartbeat(Base):
    """When each process, and each stream, last showed that it lives."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    beat_at: Mapped[Utc] = mapped_column(default=now)
    detail: Mapped[str] = mapped_column(default="")


def of_event(event_id: int) -> ColumnElement[bool]:
    """Condition on `ReceivedNotice`: it is about the event, alone or among others."""
    further = select(FurtherEvent.notice_id).where(FurtherEvent.event_id == event_id)
    return or_(ReceivedNotice.event_id == event_id, ReceivedNotice.id.in_(further))
