"""Whom to wake, by which ways, who is on call, and what became of each message."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from too_marshal.db.accounts.people import Person
from too_marshal.db.accounts.teams import Team
from too_marshal.db.base import Base, Utc, now
from too_marshal.db.deliveries import DeliveryState
from too_marshal.db.events import Event


class Hours(Base):
    """When a person may be told; without a row: at any time, in UTC."""

    __tablename__ = "hours"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC", comment="IANA name")
    quiet_from: Mapped[str] = mapped_column(String(5), default="", comment="local, HH:MM")
    quiet_until: Mapped[str] = mapped_column(String(5), default="", comment="local, HH:MM")
    always_wakes: Mapped[bool] = mapped_column(
        default=True, comment="for the most urgent, also in quiet hours and on holidays"
    )
    holidays: Mapped[list[list[str]]] = mapped_column(
        JSONB, default=list, comment="local dates: first and last day of each"
    )


class Contact(Base):
    """A way to reach a person."""

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("person_id", "kind", "address"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20), comment="of deployment.senders")
    address: Mapped[str] = mapped_column(String(400), comment="may be a secret")
    is_enabled: Mapped[bool] = mapped_column(default=True)
    wakes: Mapped[bool] = mapped_column(
        default=False, comment="it rings: used for alarms of who is on call only"
    )
    made_at: Mapped[Utc] = mapped_column(default=now)

    person: Mapped[Person] = relationship(lazy="joined")


class Subscription(Base):
    """Events that a person, or a team, wants to be told of."""

    __tablename__ = "subscription"
    __table_args__ = (CheckConstraint("(person_id IS NULL) <> (team_id IS NULL)", name="whose"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    conditions: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    minimum_reachable: Mapped[float | None] = mapped_column(
        comment="probability still up tonight at some telescope, 0 to 1"
    )
    is_top: Mapped[bool] = mapped_column(default=False, comment="it may break quiet hours")
    made_at: Mapped[Utc] = mapped_column(default=now)

    team: Mapped[Team | None] = relationship(lazy="joined")


class Occasion(StrEnum):
    """Why a person is written to."""

    EVENT = "event"
    UPDATE = "update"
    RETRACTION = "retraction"
    ALARM = "alarm"
    MENTION = "mention"
    TEST = "test"


class Notification(Base):
    """One message to one address of a person, and what became of it."""

    __tablename__ = "notification"
    __table_args__ = (
        # Nobody is told twice of the same by the same way, however many subscriptions say so.
        UniqueConstraint("contact_id", "occasion", "about"),
        Index(None, "event_id", "occasion"),
        Index(None, "person_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))
    kind: Mapped[str] = mapped_column(String(20), comment="of the contact, as it was")
    occasion: Mapped[Occasion] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(String(80), comment="which event, notice, alarm or note")
    event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id"))
    alarm_id: Mapped[int | None] = mapped_column(ForeignKey("alarm.id"))
    why: Mapped[str] = mapped_column(default="", comment="which subscription or shift said so")
    subject: Mapped[str] = mapped_column(default="", comment="as it was sent")
    text: Mapped[str] = mapped_column(default="", comment="as it was sent")
    state: Mapped[DeliveryState] = mapped_column(String(20), default=DeliveryState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(default="", comment="why it has not arrived")
    created_at: Mapped[Utc] = mapped_column(default=now)
    due_at: Mapped[Utc] = mapped_column(default=now, comment="not before: quiet hours")
    as_of: Mapped[Utc | None] = mapped_column(
        comment="when the event had changed last, as the message has it"
    )
    sent_at: Mapped[Utc | None]

    person: Mapped[Person] = relationship(lazy="joined")


class Shift(Base):
    """Who is on call from when to when."""

    __tablename__ = "shift"
    __table_args__ = (CheckConstraint("starts_at < ends_at", name="order"), Index(None, "ends_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    starts_at: Mapped[Utc]
    ends_at: Mapped[Utc]
    primary_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    secondary_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(default="", comment="what is handed over at its end")
    noted_by: Mapped[str] = mapped_column(String(80), default="")
    made_by: Mapped[str] = mapped_column(String(80))

    primary: Mapped[Person] = relationship(foreign_keys=[primary_id], lazy="joined")
    secondary: Mapped[Person | None] = relationship(foreign_keys=[secondary_id], lazy="joined")


class ShiftChange(Base):
    """A person offers to take a shift, or asks another to: it holds once the other agrees."""

    __tablename__ = "shift_change"
    __table_args__ = (
        Index(
            "uq_shift_change_open", "shift_id", "place", unique=True,
            postgresql_where="answered_at IS NULL",
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id", ondelete="CASCADE"))
    place: Mapped[str] = mapped_column(String(10), comment="primary or secondary")
    from_id: Mapped[int] = mapped_column(ForeignKey("person.id"), comment="whose it was then")
    to_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[Utc] = mapped_column(default=now)
    answered_at: Mapped[Utc | None]
    is_agreed: Mapped[bool] = mapped_column(default=False)

    shift: Mapped[Shift] = relationship(lazy="joined")
    to: Mapped[Person] = relationship(foreign_keys=[to_id], lazy="joined")
    asked_by: Mapped[Person] = relationship(foreign_keys=[asked_by_id], lazy="joined")
    giver: Mapped[Person] = relationship(foreign_keys=[from_id], lazy="joined")


class Alarm(Base):
    """An event that somebody has to see to: who is on call is woken until somebody says so."""

    __tablename__ = "alarm"
    __table_args__ = (Index(None, "event_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), unique=True)
    why: Mapped[str] = mapped_column(comment="which rule, or who, said so")
    is_drill: Mapped[bool] = mapped_column(default=False)
    opened_at: Mapped[Utc] = mapped_column(default=now)
    step: Mapped[int] = mapped_column(default=0, comment="how many circles have been woken")
    acknowledged_by: Mapped[str | None] = mapped_column(String(80))
    acknowledged_at: Mapped[Utc | None]
    acknowledged_how: Mapped[str] = mapped_column(String(20), default="")
    ended_at: Mapped[Utc | None] = mapped_column(
        comment="nobody has to see to it any more: the event is retracted"
    )

    event: Mapped[Event] = relationship()
