"""Who changed what, by which way: rows that the database itself neither changes nor removes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from too_marshal.db.base import Base, Utc, now


class AuditEntry(Base):
    """One thing that a person did, or tried."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[Utc] = mapped_column(default=now, index=True)
    actor: Mapped[str] = mapped_column(String(80), index=True, comment="the name to log in with")
    way: Mapped[str] = mapped_column(String(20), comment="page, token or command")
    action: Mapped[str] = mapped_column(String(80), comment="what was done, as the service has it")
    about: Mapped[dict[str, Any]] = mapped_column(
        JSONB, default=dict, comment="numbers in the address; never what was typed"
    )
    event_id: Mapped[int | None] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(String(60), default="", comment="that it came from")
