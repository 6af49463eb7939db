"""Second factors: codes of a device that a person has, besides the password that they know."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from too_marshal.db.base import Base, Utc, now


class SecondFactor(Base):
    """The device of a person that shows codes."""

    __tablename__ = "second_factor"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    secret: Mapped[str] = mapped_column(String(200), comment="encrypted with the service's key")
    last_step: Mapped[int] = mapped_column(
        BigInteger, default=0, comment="of the last code that was taken: none is taken twice"
    )
    recovery: Mapped[list[str]] = mapped_column(
        JSONB, default=list, comment="SHA-256 of codes for when the device is lost, each once"
    )
    made_at: Mapped[Utc] = mapped_column(default=now)
    confirmed_at: Mapped[Utc | None] = mapped_column(comment="null: no code was shown yet")
