"""What people write to each other about events, plans and candidates."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from too_marshal.db.base import Base, Utc, now


class Note(Base):
    """A comment on an event, or on one of its plans or candidates."""

    __tablename__ = "note"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plan.id"), index=True)
    candidate_id: Mapped[int | None] = mapped_column(ForeignKey("candidate.id"), index=True)
    author: Mapped[str] = mapped_column(String(80))
    text: Mapped[str]
    mentions: Mapped[list[str]] = mapped_column(
        JSONB, default=list, comment="people whom it calls by @name"
    )
    made_at: Mapped[Utc] = mapped_column(default=now)
    changed_at: Mapped[Utc | None]
    removed_at: Mapped[Utc | None] = mapped_column(comment="it is not shown any more")
