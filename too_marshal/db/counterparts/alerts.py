"""Alerts that are kept, since they lie where a live event may be, and how deep in which map."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from too_marshal.db.base import Base, Utc, now


class KeptAlert(Base):
    """One detection of a survey, unique by the survey's own number."""

    __tablename__ = "kept_alert"
    __table_args__ = (
        UniqueConstraint("survey", "candid"),
        Index("ix_kept_alert_object", "survey", "object_id"),
        Index(
            "ix_kept_alert_untried",
            "id",
            postgresql_where=text("scored_at IS NULL AND packet_sha256 IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    survey: Mapped[str] = mapped_column(String(20))
    broker: Mapped[str | None] = mapped_column(String(20), comment="who sent it on")
    candid: Mapped[str] = mapped_column(
        String(100), comment="of the detection; the object and its time where there is none"
    )
    object_id: Mapped[str] = mapped_column(
        String(100), comment="of the object; the detection where there is none"
    )
    ra: Mapped[float] = mapped_column(comment="ICRS, deg")
    dec: Mapped[float] = mapped_column(comment="ICRS, deg")
    hpx29: Mapped[int] = mapped_column(BigInteger, index=True, comment="order-29 NESTED index")
    observed_at: Mapped[Utc] = mapped_column(index=True)
    filter: Mapped[str | None] = mapped_column(String(10))
    magnitude: Mapped[float | None] = mapped_column(comment="of the difference, AB as a rule")
    magnitude_error: Mapped[float | None]
    is_positive: Mapped[bool | None] = mapped_column(comment="brighter than in the reference")
    limiting_magnitude: Mapped[float | None] = mapped_column(comment="5 sigma")
    real_bogus: Mapped[float | None] = mapped_column(comment="the survey's own, 0 to 1")
    real_bogus_name: Mapped[str | None] = mapped_column(String(20))
    braai: Mapped[float | None] = mapped_column(comment="ours, from its cutouts, 0 to 1")
    scored_at: Mapped[Utc | None] = mapped_column(
        comment="when its cutouts were looked at; null: not yet"
    )
    notes: Mapped[list[str]] = mapped_column(JSONB, default=list, comment="what is odd about it")
    packet_sha256: Mapped[str | None] = mapped_column(
        String(64), comment="of the packet in the data folder; null: it was not kept"
    )
    received_at: Mapped[Utc] = mapped_column(default=now)


class AlertLevel(Base):
    """How deep in an event's map a kept alert lies."""

    __tablename__ = "alert_level"
    __table_args__ = (Index("ix_alert_level_level", "event_id", "localization_id", "level"),)

    alert_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("kept_alert.id", ondelete="CASCADE"), primary_key=True
    )
    localization_id: Mapped[int] = mapped_column(ForeignKey("localization.id"), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    level: Mapped[float] = mapped_column(comment="credible level, exclusive, 0 to 1")
