"""What people are told outside the marshal, and what became of it."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from too_marshal.db.base import Base, Utc, now


class DeliveryState(StrEnum):
    """How far a message has come."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    UNCONFIRMED = "unconfirmed"
    """It may have arrived: it is not sent again."""
    FAILED = "failed"


class Delivery(Base):
    """One message about one notice to one channel."""

    __tablename__ = "delivery"
    # Nobody is told of a notice twice, however many rules say so.
    __table_args__ = (UniqueConstraint("notice_id", "channel"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"))
    channel: Mapped[str] = mapped_column(String(40), comment="as the settings call it")
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    rule_name: Mapped[str] = mapped_column(String(80), comment="that said so first")
    text: Mapped[str]
    state: Mapped[DeliveryState] = mapped_column(String(20), default=DeliveryState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(default="", comment="why it has not arrived")
    created_at: Mapped[Utc] = mapped_column(default=now)
    sent_at: Mapped[Utc | None]
