"""Candidates: objects of which a person has said what they may be for an event."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from too_marshal.db.base import Base, Utc, now


class CandidateStatus(StrEnum):
    """What an object is for an event."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    AMBIGUOUS = "ambiguous"
    REJECTED = "rejected"


class Candidate(Base):
    """An object that somebody has judged, by event; earlier judgments are on the timeline."""

    __tablename__ = "candidate"
    __table_args__ = (UniqueConstraint("event_id", "survey", "object_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    survey: Mapped[str] = mapped_column(String(20))
    object_id: Mapped[str] = mapped_column(String(100))
    ra: Mapped[float] = mapped_column(comment="ICRS, deg")
    dec: Mapped[float] = mapped_column(comment="ICRS, deg")
    status: Mapped[CandidateStatus] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(200), default="")
    saved_by: Mapped[str] = mapped_column(String(80))
    saved_at: Mapped[Utc] = mapped_column(default=now)
    changed_by: Mapped[str] = mapped_column(String(80))
    changed_at: Mapped[Utc] = mapped_column(default=now)
    version: Mapped[int] = mapped_column(comment="counts the changes of this row")

    # Who decides on what was read before somebody else's decision is told so.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - as SQLAlchemy reads it
