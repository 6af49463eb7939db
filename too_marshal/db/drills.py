"""Drills: what an alert goes through, done with a simulated one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from too_marshal.db.base import Base, Utc, now
from too_marshal.db.events import Event


class Drill(Base):
    """One drill, and what came of each of its steps."""

    __tablename__ = "drill"

    id: Mapped[int] = mapped_column(primary_key=True)
    started_by: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[Utc] = mapped_column(default=now)
    wakes: Mapped[bool] = mapped_column(comment="whether who is on call is woken by it")
    event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id"))
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plan.id"))
    steps: Mapped[dict[str, Any]] = mapped_column(
        JSONB, default=dict, comment="step to its time and what there is to say of it"
    )
    ended_at: Mapped[Utc | None]
    is_good: Mapped[bool] = mapped_column(default=False, comment="whether every step was taken")
    outcome: Mapped[str] = mapped_column(default="", comment="one sentence, once it has ended")

    event: Mapped[Event | None] = relationship()
