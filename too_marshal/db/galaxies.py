"""Tables of galaxies that people bring, for the planner that aims at them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from too_marshal.db.base import Base, Utc, now


class GalaxyTable(Base):
    """One table, of an event or for every event."""

    __tablename__ = "galaxy_table"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int | None] = mapped_column(
        ForeignKey("event.id"), index=True, comment="whose galaxies they are; null: of any event"
    )
    name: Mapped[str] = mapped_column(String(120), comment="of the file")
    content: Mapped[bytes] = mapped_column(
        LargeBinary, deferred=True, comment="planners.files.galaxy_tables.pack_galaxies"
    )
    galaxies: Mapped[int] = mapped_column(comment="rows whose position and distance are known")
    incomplete: Mapped[int] = mapped_column(comment="rows that count for nothing")
    has_luminosity: Mapped[bool]
    unused_columns: Mapped[list[str]] = mapped_column(JSONB, default=list)
    made_by: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[Utc] = mapped_column(default=now)
    removed_by: Mapped[str | None] = mapped_column(String(80))
    removed_at: Mapped[Utc | None] = mapped_column(comment="it is not offered any more")


class GalaxyRanking(Base):
    """The most probable galaxies of a table on one map; worked out once, when somebody asks."""

    __tablename__ = "galaxy_ranking"

    table_id: Mapped[int] = mapped_column(ForeignKey("galaxy_table.id"), primary_key=True)
    sky_map_sha256: Mapped[str] = mapped_column(ForeignKey("sky_map.sha256"), primary_key=True)
    galaxies: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, comment="name, ra, dec (deg), distance (Mpc), weight (of 1); the first ones"
    )
    probable: Mapped[int] = mapped_column(comment="galaxies of the table that have any weight")
    error: Mapped[str] = mapped_column(default="", comment="why there are none")
    computed_at: Mapped[Utc] = mapped_column(default=now)
