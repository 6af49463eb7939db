"""What the nights to come offer for a map, at each telescope."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from too_marshal.db.base import Base, Utc, now
from too_marshal.db.documents import NightNumbers


class RegionNightRow(Base):
    """One night of one telescope for one map; worked out once, and again wherever it is missing."""

    __tablename__ = "region_night"

    localization_id: Mapped[int] = mapped_column(ForeignKey("localization.id"), primary_key=True)
    telescope: Mapped[str] = mapped_column(String(40), primary_key=True)
    night: Mapped[date] = mapped_column(
        primary_key=True, comment="date of the evening, by the site's mean solar time"
    )
    starts_at: Mapped[Utc] = mapped_column(
        comment="of the first sample: before the Sun sets, or noon where it does not rise or set"
    )
    numbers: Mapped[NightNumbers] = mapped_column(
        JSONB, comment="as planners.visibility.region_night has it; times are s since starts_at"
    )
    computed_at: Mapped[Utc] = mapped_column(default=now)
