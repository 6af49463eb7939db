"""Programs: telescope time that was granted for a semester, and who may charge it."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from too_marshal.db.accounts.people import Person
from too_marshal.db.accounts.teams import Team
from too_marshal.db.base import Base, Utc, now


class Program(Base):
    """What one program has of one telescope in one semester."""

    __tablename__ = "program"
    __table_args__ = (
        # Two who enter the same at once.
        Index(
            "uq_program_semester", "telescope", "name", "semester", unique=True,
            postgresql_where="removed_at IS NULL",
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    telescope: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(80), comment="as the telescope's robot takes it")
    semester: Mapped[str] = mapped_column(String(40), comment="as people call it")
    begins_at: Mapped[Utc]
    ends_at: Mapped[Utc]
    hours: Mapped[float] = mapped_column(comment="granted")
    rules_may_charge: Mapped[bool] = mapped_column(comment="without a person")
    created_at: Mapped[Utc] = mapped_column(default=now)
    removed_at: Mapped[Utc | None] = mapped_column(comment="kept: submissions were charged to it")

    members: Mapped[list[Person]] = relationship(
        secondary="program_member", order_by="Person.username"
    )
    teams: Mapped[list[Team]] = relationship(secondary="program_team", order_by="Team.name")


class ProgramMember(Base):
    """A person who may charge a program."""

    __tablename__ = "program_member"

    program_id: Mapped[int] = mapped_column(
        ForeignKey("program.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )


class ProgramTeam(Base):
    """A team whose members may charge a program."""

    __tablename__ = "program_team"

    program_id: Mapped[int] = mapped_column(
        ForeignKey("program.id", ondelete="CASCADE"), primary_key=True
    )
    team_id: Mapped[int] = mapped_column(
        ForeignKey("team.id", ondelete="CASCADE"), primary_key=True
    )
