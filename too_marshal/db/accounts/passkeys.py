"""Passkeys: keys on people's devices that log them in, and the challenges that those sign."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from too_marshal.db.accounts.people import Person
from too_marshal.db.base import Base, Utc, now


class Purpose(StrEnum):
    """What a challenge was given out for; it is good for nothing else."""

    ADD = "add"
    LOG_IN = "log in"
    CONFIRM = "confirm"


class PasskeyHandle(Base):
    """What devices know a person by: random, so that it says nothing of who it is."""

    __tablename__ = "passkey_handle"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    handle: Mapped[bytes] = mapped_column(LargeBinary, unique=True)


class Passkey(Base):
    """A key on a device of a person; here is its public half, which opens nothing by itself."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary, comment="COSE")
    sign_count: Mapped[int] = mapped_column(
        BigInteger, comment="of the last signature: one that counts no further is of a copy"
    )
    rp_id: Mapped[str] = mapped_column(String(253), comment="name of the site that it is bound to")
    transports: Mapped[list[str]] = mapped_column(JSONB, comment="how the device is reached")
    name: Mapped[str] = mapped_column(String(60), comment="that the person gave it")
    made_at: Mapped[Utc] = mapped_column(default=now)
    used_at: Mapped[Utc | None]

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class PasskeyChallenge(Base):
    """A number that a device is asked to sign; the row goes when an answer comes."""

    __tablename__ = "passkey_challenge"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[Purpose] = mapped_column(String(20))
    browser: Mapped[str] = mapped_column(
        String(64), comment="SHA-256 of what the browser's session cookie holds"
    )
    person_id: Mapped[int | None] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), comment="null before a login"
    )
    made_at: Mapped[Utc] = mapped_column(default=now, index=True)
