"""Who people are at other places: at an identity provider, and at GCN."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from too_marshal.db.accounts.people import Person
from too_marshal.db.base import Base, Utc, now


class Identity(Base):
    """Somebody whom an identity provider knows, and who it is here."""

    __tablename__ = "identity"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        UniqueConstraint("person_id", "issuer"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    issuer: Mapped[str] = mapped_column(String(255), comment="address of the provider")
    subject: Mapped[str] = mapped_column(
        String(255), comment="as it calls the person: never given to another, unlike a name"
    )
    name: Mapped[str] = mapped_column(String(120), default="", comment="to be shown, no more")
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    made_at: Mapped[Utc] = mapped_column(default=now)

    person: Mapped[Person] = relationship(lazy="joined")
