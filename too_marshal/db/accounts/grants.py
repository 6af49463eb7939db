"""What people let the marshal do in their name at GCN."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from too_marshal.db.base import Base, Utc, now


class GcnGrant(Base):
    """That circulars may be sent as one person's GCN account."""

    __tablename__ = "gcn_grant"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    subject: Mapped[str] = mapped_column(String(255), comment="as GCN calls the account")
    name: Mapped[str] = mapped_column(String(120), comment="to be shown, no more")
    refresh_token: Mapped[str] = mapped_column(comment="encrypted with the service's key")
    version: Mapped[int] = mapped_column(default=1, comment="of the token: it may be replaced")
    taken_until: Mapped[Utc | None] = mapped_column(
        comment="somebody exchanges the token until then, and nobody else may"
    )
    granted_at: Mapped[Utc] = mapped_column(default=now)
    ended_at: Mapped[Utc | None] = mapped_column(comment="when GCN has said that it is over")

    @property
    def is_taken(self) -> bool:
        """Whether somebody exchanges the token just now."""
        return self.taken_until is not None and self.taken_until > now()
