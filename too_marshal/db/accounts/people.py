"""People, what they may do, their sessions and their tokens."""

from __future__ import annotations

import hashlib
from enum import IntEnum, StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from too_marshal.db.base import Base, Utc, now

NO_PASSWORD = ""
"""In place of a hash: it is that of no password at all."""


class Role(IntEnum):
    """What a person may do; each role may all that the ones below may."""

    VIEWER = 1
    OBSERVER = 2
    """Plans, checks, withdraws, writes."""

    APPROVER = 3
    """Lets a plan go to a robot, and a text to GCN."""

    ADMIN = 4


class Scope(StrEnum):
    """What a token of the API is for: it may do nothing else, whatever its role."""

    READ = "read"
    METRICS = "metrics"
    NOTICES = "notices"
    EVENTS = "events"
    PLANS = "plans"
    QUEUES = "queues"
    EXPOSURES = "exposures"
    CIRCULARS = "circulars"
    RULES = "rules"


class Person(Base):
    """Somebody who logs in."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(80), unique=True)
    full_name: Mapped[str] = mapped_column(String(120), default="", comment="as in circulars")
    affiliation: Mapped[str] = mapped_column(String(120), default="")
    password_hash: Mapped[str] = mapped_column(String(200), comment="argon2id")
    role: Mapped[int] = mapped_column(default=Role.VIEWER)
    is_active: Mapped[bool] = mapped_column(default=True)
    views: Mapped[dict[str, str]] = mapped_column(
        JSONB,
        default=dict,
        server_default="{}",
        comment="the list of events as they like to see it: name to query",
    )
    created_at: Mapped[Utc] = mapped_column(default=now)

    @property
    def has_password(self) -> bool:
        """Whether there is one to log in with."""
        return self.password_hash != NO_PASSWORD


class WebSession(Base):
    """A login; the browser holds a random number, the row its hash."""

    __tablename__ = "web_session"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    created_at: Mapped[Utc] = mapped_column(default=now)
    seen_at: Mapped[Utc] = mapped_column(default=now)
    confirmed_at: Mapped[Utc] = mapped_column(default=now, comment="when it last saw the password")

    person: Mapped[Person] = relationship(lazy="joined")


class ApiToken(Base):
    """A token for the API; shown once, stored as a hash."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    role: Mapped[int] = mapped_column(comment="never more than the person's own")
    scopes: Mapped[list[str]] = mapped_column(JSONB, comment="what it is for, and nothing else")
    created_at: Mapped[Utc] = mapped_column(default=now)
    expires_at: Mapped[Utc]
    used_at: Mapped[Utc | None]
    revoked_at: Mapped[Utc | None]

    person: Mapped[Person] = relationship(lazy="joined")


class LoginAttempt(Base):
    """A failed login, counted to slow the next ones down."""

    __tablename__ = "login_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(80), index=True)
    address: Mapped[str] = mapped_column(String(60), index=True)
    tried_at: Mapped[Utc] = mapped_column(default=now, index=True)


def sha256_of(value: str) -> str:
    """Hash under which a session or token is kept."""
    return hashlib.sha256(value.encode()).hexdigest()
