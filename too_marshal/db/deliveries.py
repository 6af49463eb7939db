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
    """One message to one channel, about a notice or about a submission that needs a person."""

    __tablename__ = "delivery"
    __table_args__ = (
        # Nobody is told of a notice twice, however many rules say so.
        UniqueConstraint("notice_id", "channel"),
        UniqueConstraint("submission_id", "channel"),
        UniqueConstraint("unread_notice_id", "channel"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"))
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"))
    # Not `notice_id`: once it can be read, people are told what it says.
    unread_notice_id: Mapped[int | None] = mapped_column(
        ForeignKey("notice.id", ondelete="SET NULL"), comment="that could not be read"
    )
    channel: Mapped[str] = mapped_column(String(40), comment="as the settings call it")
    event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id"), index=True)
    rule_name: Mapped[str] = mapped_column(String(80), comment="that said so first")
    text: Mapped[str]
    state: Mapped[DeliveryState] = mapped_column(String(20), default=DeliveryState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(default="", comment="why it has not arrived")
    created_at: Mapped[Utc] = mapped_column(default=now)
    sent_at: Mapped[Utc | None]
