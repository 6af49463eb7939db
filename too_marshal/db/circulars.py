"""Drafts of GCN Circulars."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from too_marshal.db.base import Base, Utc, now
from too_marshal.db.events import Event


class CircularDraft(Base):
    """A text written from executed exposures; nothing here is ever sent."""

    __tablename__ = "circular_draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    telescope: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str]
    body: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="what the text was written from")
    author: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[Utc] = mapped_column(default=now)

    event: Mapped[Event] = relationship()
