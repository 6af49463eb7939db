"""What is shared with the world: what archives told, and what the Treasure Map holds of ours."""

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
