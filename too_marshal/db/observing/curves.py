"""What telescope time would buy, asked before there is a plan."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from too_marshal.db.base import Base, Utc, now
from too_marshal.db.documents import PlanCurve, PlanRequest
from too_marshal.db.localizations import Localization


class AskedCurve(Base):
    """A request of which somebody wants to know what time buys."""

    __tablename__ = "asked_curve"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    localization_id: Mapped[int] = mapped_column(ForeignKey("localization.id"))
    telescope: Mapped[str] = mapped_column(String(40))
    request: Mapped[PlanRequest] = mapped_column(JSONB, comment="as in the plan file format")
    curve: Mapped[PlanCurve | None] = mapped_column(JSONB, comment="null until it is worked out")
    error: Mapped[str] = mapped_column(default="", comment="why there is none")
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[Utc] = mapped_column(default=now)
    done_at: Mapped[Utc | None]

    localization: Mapped[Localization] = relationship()
