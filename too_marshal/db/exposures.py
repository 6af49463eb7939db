"""Exposures that telescopes really took, and what they cover of an event."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from too_marshal.db.base import Base, Utc, now


class Exposure(Base):
    """One executed exposure, unique by its telescope's own identifier."""

    __tablename__ = "exposure"
    __table_args__ = (
        UniqueConstraint("telescope", "exposure_id"),
        Index(None, "telescope", "start"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    telescope: Mapped[str] = mapped_column(String(40))
    exposure_id: Mapped[str] = mapped_column(String(80))
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"), index=True)
    queue_name: Mapped[str | None] = mapped_column(String(80))
    field_id: Mapped[int]
    ra: Mapped[float] = mapped_column(comment="ICRS, deg")
    dec: Mapped[float] = mapped_column(comment="ICRS, deg")
    hpx29: Mapped[int] = mapped_column(BigInteger, index=True, comment="order-29 NESTED index")
    filter: Mapped[str] = mapped_column(String(10))
    start: Mapped[Utc]
    exposure_time: Mapped[float] = mapped_column(comment="s")
    detectors: Mapped[list[int]] = mapped_column(ARRAY(Integer), comment="with good images")
    airmass: Mapped[float | None]
    seeing: Mapped[float | None] = mapped_column(comment="arcsec")
    limiting_magnitude: Mapped[float | None] = mapped_column(comment="AB, 5 sigma, measured")
    received_at: Mapped[Utc] = mapped_column(default=now)


class Coverage(Base):
    """What the executed exposures of an event's submissions cover of one localization."""

    __tablename__ = "coverage"

    localization_id: Mapped[int] = mapped_column(ForeignKey("localization.id"), primary_key=True)
    telescope: Mapped[str] = mapped_column(String(40), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    exposures: Mapped[int]
    probability: Mapped[float] = mapped_column(comment="observed at least once")
    probability_twice: Mapped[float] = mapped_column(comment="observed at least twice")
    area: Mapped[float] = mapped_column(comment="observed at least once, deg2")
    area_twice: Mapped[float] = mapped_column(comment="observed at least twice, deg2")
    by_filter: Mapped[dict[str, Any]] = mapped_column(JSONB)
    series: Mapped[list[Any]] = mapped_column(JSONB, comment="[ISO UTC, once, twice]")
    computed_at: Mapped[Utc] = mapped_column(default=now)
