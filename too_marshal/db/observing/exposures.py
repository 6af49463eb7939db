"""Exposures that telescopes really took, and what they cover of an event."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from too_marshal.db.base import Base, Utc, now
from too_marshal.db.documents import SourceCoverage


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
    import_id: Mapped[int | None] = mapped_column(ForeignKey("exposure_import.id"), index=True)
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


class Source(StrEnum):
    """How an exposure comes to count for an event."""

    PLANNED = "planned"
    """A submission of the event asked for it."""

    UPLOADED = "uploaded"
    """A person, or a program, says so."""

    SURVEY = "survey"
    """Taken for something else, in the event's window."""

    OTHERS = "other groups"
    """Another group reports it to the Treasure Map."""


OURS = (Source.PLANNED, Source.UPLOADED)
"""What a circular speaks of."""


ALL_TELESCOPES = "all telescopes"
"""Stands for a telescope where all count together."""


class ExposureImport(Base):
    """One table of exposures that was brought in for an event, and what became of its rows."""

    __tablename__ = "exposure_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    telescope: Mapped[str] = mapped_column(String(40))
    source: Mapped[Source] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120), comment="of the file, or of the instrument")
    footprint: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB, comment="detector_id, corners (deg), of a camera that is not one of ours"
    )
    added: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0, comment="rows whose exposure was known before")
    rejected: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, default=list, comment="row, reason and text of each"
    )
    unused_columns: Mapped[list[str]] = mapped_column(
        JSONB, default=list, server_default="[]", comment="headings that nothing was taken from"
    )
    made_by: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[Utc] = mapped_column(default=now)
    undone_by: Mapped[str | None] = mapped_column(String(80))
    undone_at: Mapped[Utc | None]


class Coverage(Base):
    """What one telescope's executed exposures cover of one localization of an event.

    The columns speak of our own exposures, planned or uploaded; `by_source` of every source.
    """

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
    by_source: Mapped[dict[str, SourceCoverage]] = mapped_column(
        JSONB, default=dict, comment="exposures, probability, probability_twice, area; also of all"
    )
    depths: Mapped[dict[str, Any]] = mapped_column(
        JSONB, default=dict, comment="filter to [AB 5-sigma limit, probability], all sources"
    )
    series: Mapped[list[Any]] = mapped_column(JSONB, comment="[ISO UTC, once, twice]")
    computed_at: Mapped[Utc] = mapped_column(default=now)
