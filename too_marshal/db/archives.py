"""What published archives told: how far they were read, and which reference images there are."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
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
