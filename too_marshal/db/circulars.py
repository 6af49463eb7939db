"""GCN Circulars of ours: drafts with their versions and approvals, and what became of each."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from too_marshal.db.base import Base, Utc, now
from too_marshal.db.deliveries import DeliveryState
from too_marshal.db.events import Event

BY_HAND = "by hand"
"""A way of sending: a person copies the text, or fills in GCN's form."""

SEEN = "seen"
"""Not sent from here at all: it was found among the circulars that came in."""


class CircularState(StrEnum):
    """How far a circular has come."""

    DRAFT = "draft"
    APPROVED = "approved"
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    UNCONFIRMED = "unconfirmed"


class CircularDraft(Base):
    """A text written from executed exposures, as it stands now."""

    __tablename__ = "circular_draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20), default="observations")
    telescopes: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    subject: Mapped[str]
    text: Mapped[str] = mapped_column(comment="body as it is edited, its values marked")
    body: Mapped[str] = mapped_column(comment="as it is sent")
    values: Mapped[dict[str, dict[str, str]]] = mapped_column(
        JSONB, default=dict, comment="name to text and source of what is bound"
    )
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="what the text was written from")
    request: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, comment="what was asked")
    version: Mapped[int] = mapped_column(default=1)
    author: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[Utc] = mapped_column(default=now)
    changed_by: Mapped[str] = mapped_column(String(80))
    changed_at: Mapped[Utc] = mapped_column(default=now)
    approved_by: Mapped[str | None] = mapped_column(String(80))
    approved_at: Mapped[Utc | None]
    approved_sha256: Mapped[str | None] = mapped_column(
        String(64), comment="of the text that was approved"
    )

    event: Mapped[Event] = relationship()
    sendings: Mapped[list[CircularSending]] = relationship(
        order_by="CircularSending.id.desc()", back_populates="draft", lazy="selectin"
    )

    @property
    def sha256(self) -> str:
        """Hash of the text as it stands."""
        return sha256_of_circular(self.subject, self.body)

    @property
    def is_approved(self) -> bool:
        """Whether a person has approved this very text."""
        return self.approved_sha256 is not None and self.approved_sha256 == self.sha256

    @property
    def sending(self) -> CircularSending | None:
        """What is on its way, or has gone out, or may have."""
        return next((row for row in self.sendings if row.state != DeliveryState.FAILED), None)

    @property
    def state(self) -> CircularState:
        """How far it has come."""
        if self.sending is not None:
            return CircularState(self.sending.state)
        return CircularState.APPROVED if self.is_approved else CircularState.DRAFT


class CircularVersion(Base):
    """A draft as it stood."""

    __tablename__ = "circular_version"

    draft_id: Mapped[int] = mapped_column(ForeignKey("circular_draft.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str]
    text: Mapped[str] = mapped_column(comment="body as it is edited, its values marked")
    body: Mapped[str] = mapped_column(comment="as it would have been sent")
    changed_by: Mapped[str] = mapped_column(String(80))
    changed_at: Mapped[Utc]


class CircularSending(Base):
    """One text that was, or is to be, handed to GCN: at the most once, unless it has failed."""

    __tablename__ = "circular_sending"
    __table_args__ = (
        Index(
            "uq_circular_sending_draft_id", "draft_id", unique=True,
            postgresql_where=text("state <> 'failed'"),
        ),
        Index(
            "uq_circular_sending_sha256", "sha256", unique=True,
            postgresql_where=text("state <> 'failed'"),
        ),
        UniqueConstraint("number"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("circular_draft.id"), index=True)
    version: Mapped[int] = mapped_column(comment="of the draft")
    sha256: Mapped[str] = mapped_column(String(64), comment="of subject and body")
    subject: Mapped[str]
    body: Mapped[str]
    way: Mapped[str] = mapped_column(String(20), comment="by hand, email, api, or seen")
    signer: Mapped[str] = mapped_column(
        String(255),
        default="",
        server_default="",
        comment="subject of the GCN account that signs; empty: the deployment's",
    )
    state: Mapped[DeliveryState] = mapped_column(String(20), default=DeliveryState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(default="", comment="why it is not known to have arrived")
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[Utc] = mapped_column(default=now)
    sent_at: Mapped[Utc | None]
    number: Mapped[int | None] = mapped_column(comment="of the circular, as GCN gave it")
    notice_id: Mapped[int | None] = mapped_column(
        ForeignKey("notice.id"), comment="with which it came back"
    )

    draft: Mapped[CircularDraft] = relationship(back_populates="sendings")


def is_about(event_id: int | None, subject: str) -> list[ColumnElement[bool]]:
    """Which drafts a circular that came in may be: of its event, or of its very subject."""
    same_subject = func.lower(CircularDraft.subject) == subject.lower()
    return (
        [same_subject] if event_id is None else [same_subject, CircularDraft.event_id == event_id]
    )


def sha256_of_circular(subject: str, body: str) -> str:
    """Hash by which an approval, and a sending, know their text."""
    return hashlib.sha256(f"{subject}\n\n{body}".encode()).hexdigest()
