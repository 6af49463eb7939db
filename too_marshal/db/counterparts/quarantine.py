"""Packets of alerts that could not be read."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from too_marshal.db.base import Base, Utc, now


class QuarantinedPacket(Base):
    """One message of a stream of alerts, by its place there."""

    __tablename__ = "quarantined_packet"
    __table_args__ = (
        UniqueConstraint("source", "topic", "partition", "position"),
        Index("ix_quarantined_packet_received", "received_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    source: Mapped[str] = mapped_column(String(40), comment="as the operator calls it")
    topic: Mapped[str] = mapped_column(String(249))
    partition: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(BigInteger, comment="offset in the partition")
    reason: Mapped[str]
    is_stored: Mapped[bool] = mapped_column(comment="whether its bytes are in the data folder")
    received_at: Mapped[Utc] = mapped_column(default=now)
