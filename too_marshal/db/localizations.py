"""Localizations: where an event is, by each notice that says so; and the maps themselves."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from too_marshal.db.base import Base, Utc, now
from too_marshal.db.documents import MapDescription


class LocalizationState(StrEnum):
    """How far the map of a notice has come."""

    PENDING = "pending"
    READY = "ready"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


class SkyMapFile(Base):
    """One sky map, stored once by the hash of its bytes."""

    __tablename__ = "sky_map"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    original: Mapped[bytes | None] = mapped_column(
        LargeBinary, deferred=True, comment="FITS as received; null where made from a position"
    )
    prepared: Mapped[bytes] = mapped_column(
        LargeBinary, deferred=True, comment="planners.skymaps.skymap.SkyMap.to_bytes"
    )
    area_50: Mapped[float] = mapped_column(comment="50 % credible area, deg2")
    area_90: Mapped[float] = mapped_column(comment="90 % credible area, deg2")
    distance_mean: Mapped[float | None] = mapped_column(comment="Mpc")
    distance_std: Mapped[float | None] = mapped_column(comment="Mpc")
    peak_ra: Mapped[float] = mapped_column(comment="of the highest density, ICRS, deg")
    peak_dec: Mapped[float] = mapped_column(comment="of the highest density, ICRS, deg")
    contours: Mapped[dict[str, Any]] = mapped_column(JSONB, deferred=True, comment="GeoJSON, deg")
    creator: Mapped[str] = mapped_column(String(80), default="")
    flags: Mapped[list[str]] = mapped_column(
        JSONB, default=list, server_default="[]", comment="what of the file was taken as zero"
    )
    created_at: Mapped[Utc] = mapped_column(default=now)


class Drawing(Base):
    """Pictures of a localization, for where no script runs."""

    __tablename__ = "drawing"

    localization_id: Mapped[int] = mapped_column(ForeignKey("localization.id"), primary_key=True)
    all_sky: Mapped[bytes] = mapped_column(
        LargeBinary, deferred=True, comment="PNG of the whole sky"
    )
    zoom: Mapped[bytes] = mapped_column(
        LargeBinary, deferred=True, comment="PNG of the 90 % region"
    )
    drawn_at: Mapped[Utc] = mapped_column(default=now)


class MapDifferenceRow(Base):
    """What one map says otherwise than an earlier one; worked out once, when somebody asks."""

    __tablename__ = "map_difference"

    old_sha256: Mapped[str] = mapped_column(ForeignKey("sky_map.sha256"), primary_key=True)
    new_sha256: Mapped[str] = mapped_column(ForeignKey("sky_map.sha256"), primary_key=True)
    moved: Mapped[float] = mapped_column(comment="probability that lies elsewhere than before")
    in_old_50: Mapped[float] = mapped_column(comment="of the new map, in the old 50 % region")
    in_old_90: Mapped[float] = mapped_column(comment="of the new map, in the old 90 % region")
    common_90: Mapped[float] = mapped_column(
        comment="area that both 90 % regions hold over that which either holds"
    )
    gained: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True),
        comment="GeoJSON, deg: where 90 % of what was gained lies; null: the same map",
    )
    lost: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="the same of what was lost"
    )
    computed_at: Mapped[Utc] = mapped_column(default=now)


class Localization(Base):
    """What one notice says of where its event is."""

    __tablename__ = "localization"
    __table_args__ = (UniqueConstraint("notice_id", "variant"), Index(None, "event_id", "order"))

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"))
    variant: Mapped[str] = mapped_column(
        String(20),
        default="own",
        comment="own; combined (by the mission); fetched, fetched-2, ...; product-<event>; "
        "no-earth-<localization>",
    )
    order: Mapped[list[int]] = mapped_column(
        ARRAY(BigInteger), comment="the mission's own sequence; the largest ready one is current"
    )
    kind: Mapped[str] = mapped_column(
        String(20), comment="circle, ellipse, polygon, inlinemap, maplink, product, masked, point"
    )
    description: Mapped[MapDescription] = mapped_column(JSONB, comment="as the notice gives it")
    state: Mapped[LocalizationState] = mapped_column(String(20), default=LocalizationState.PENDING)
    reason: Mapped[str] = mapped_column(default="", comment="why it is not ready")
    attempts: Mapped[int] = mapped_column(default=0, comment="to fetch its map")
    next_attempt_at: Mapped[Utc | None] = mapped_column(comment="when its map is asked for again")
    sky_map_sha256: Mapped[str | None] = mapped_column(ForeignKey("sky_map.sha256"))
    created_at: Mapped[Utc] = mapped_column(default=now)
    ready_at: Mapped[Utc | None]

    sky_map: Mapped[SkyMapFile | None] = relationship(lazy="joined")
