"""What is shared with the world: what archives told, and what the Treasure Map holds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from too_marshal.db.base import Base, Utc, now


class ArchiveCopy(Base):
    """The state of one telescope's archive, as it was last read."""

    __tablename__ = "archive_copy"

    telescope: Mapped[str] = mapped_column(String(40), primary_key=True)
    read_until: Mapped[Utc | None] = mapped_column()
    references: Mapped[dict[str, list[int]] | None] = mapped_column(
        JSONB, comment="fields that have a reference image, by filter"
    )
    references_at: Mapped[Utc | None]
    rejected: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, default=list, comment="row, reason and text of what was not understood last"
    )
    tried_at: Mapped[Utc] = mapped_column(default=now)
    error: Mapped[str] = mapped_column(default="", comment="why the last try failed")


class PostedPointing(Base):
    """One planned exposure that the Treasure Map knows of."""

    __tablename__ = "posted_pointing"
    __table_args__ = (UniqueConstraint("submission_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    number: Mapped[int] = mapped_column(comment="of the planned exposure in its plan")
    pointing_id: Mapped[int] = mapped_column(unique=True, comment="at the Treasure Map")
    status: Mapped[str] = mapped_column(String(20), comment="planned, completed, cancelled")
    changed_at: Mapped[Utc] = mapped_column(default=now)


class OthersPointings(Base):
    """Other groups' pointings for an event, as the Treasure Map told them last."""

    __tablename__ = "others_pointings"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), primary_key=True)
    pointings: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB,
        deferred=True,
        comment="id, instrument_id, instrument, status, ra, dec (deg), time (ISO UTC), band, "
        "depth (AB, or null), position_angle (deg); by time",
    )
    outlines: Mapped[dict[str, list[list[float]]]] = mapped_column(
        JSONB,
        deferred=True,
        comment="instrument_id to corners at position angle zero, deg; none where not known",
    )
    completed: Mapped[int] = mapped_column(comment="pointings that were taken")
    planned: Mapped[int] = mapped_column(comment="pointings that are intended")
    rejected: Mapped[int] = mapped_column(comment="entries that could not be understood")
    read_at: Mapped[Utc]
