"""Preflights: what was found when a plan was held against its robot's queue."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from too_marshal.db.base import Base, Utc, now
from too_marshal.db.documents import PlanFinding
from too_marshal.db.observing.plans import Plan

FRESH = timedelta(minutes=10)
"""A robot's queue may be another one after this."""

ERROR, WARNING = "error", "warning"
"""Levels that block, and that a person must accept; any other informs."""


class Preflight(Base):
    """One look at a robot's live queue before a plan is sent to it."""

    __tablename__ = "preflight"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), index=True)
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[Utc] = mapped_column(default=now)
    program: Mapped[str] = mapped_column(String(80), default="", comment="that would be charged")
    done_at: Mapped[Utc | None]
    findings: Mapped[list[PlanFinding]] = mapped_column(
        JSONB, default=list, comment="level (error, warning, note) and words of each"
    )

    plan: Mapped[Plan] = relationship()

    def messages(self, level: str) -> list[str]:
        """What was found at that level."""
        return [finding["words"] for finding in self.findings if finding["level"] == level]

    def is_fresh(self) -> bool:
        """Whether it still tells of the queue as it is."""
        return now() - (self.done_at or self.asked_at) < FRESH


def latest_preflight(session: Session, plan_id: int) -> Preflight | None:
    """The last one of a plan, done or not; None where that was too long ago."""
    preflight = session.scalars(
        select(Preflight).where(Preflight.plan_id == plan_id).order_by(Preflight.id.desc()).limit(1)
    ).one_or_none()
    return preflight if preflight is not None and preflight.is_fresh() else None
