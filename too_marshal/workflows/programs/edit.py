"""Enter programs, change them, and take them away."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from telescopes import TELESCOPES
from too_marshal.db.accounts.people import Person
from too_marshal.db.accounts.programs import Program
from too_marshal.db.accounts.teams import Team
from too_marshal.db.base import now
from too_marshal.db.locks import lock
from too_marshal.workflows.errors import Invalid

MAX_HOURS = 10_000.0


class ProgramInvalid(Invalid):
    """A program cannot be as asked; the message is for the person."""


@dataclass(frozen=True)
class Wanted:
    """A program, as a person says it."""

    telescope: str
    name: str
    """As the telescope's robot takes it."""

    semester: str
    first_day: str
    """ISO date, UTC."""

    last_day: str
    """ISO date, UTC; it belongs to the semester."""

    hours: str
    rules_may_charge: bool = False
    members: tuple[str, ...] = ()
    """User names."""

    teams: tuple[str, ...] = ()
    """Names of teams."""


def add_program(session: Session, wanted: Wanted) -> Program:
    """Enter a program; committed.

    Raises
    ------
    ProgramInvalid
        If something of it cannot be, or the program has time of these days already.
    """
    program = Program()
    _write(session, program, wanted)
    session.add(program)
    _commit(session)
    return program


def change_program(session: Session, program_id: int, wanted: Wanted) -> Program:
    """Change a program; what was charged to it stays so. Committed.

    Raises
    ------
    ProgramInvalid
        If something of it cannot be.
    """
    program = lock(session, Program, program_id)
    _write(session, program, wanted)
    _commit(session)
    return program


def remove_program(session: Session, program_id: int) -> None:
    """Take a program away: nothing is charged to it any more. Committed."""
    program = lock(session, Program, program_id)
    program.removed_at = program.removed_at or now()
    session.commit()


def _write(session: Session, program: Program, wanted: Wanted) -> None:
    """Take everything over, once all of it was looked at."""
    if wanted.telescope not in TELESCOPES:
        raise ProgramInvalid(f"there is no telescope {wanted.telescope!r}")
    name, semester = wanted.name.strip(), wanted.semester.strip()
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise ProgramInvalid("a program's name has 1 to 80 characters")
    if not 1 <= len(semester) <= 40 or not semester.isprintable():
        raise ProgramInvalid("a semester has a name, as 2026B")
    begins_at = _midnight(wanted.first_day, "first")
    ends_at = _midnight(wanted.last_day, "last") + timedelta(days=1)
    if ends_at <= begins_at:
        raise ProgramInvalid("a semester ends after it begins")
    values = {
        "telescope": wanted.telescope,
        "name": name,
        "semester": semester,
        "begins_at": begins_at,
        "ends_at": ends_at,
        "hours": _hours(wanted.hours),
        "rules_may_charge": wanted.rules_may_charge,
        "members": _people(session, wanted.members),
        "teams": _teams(session, wanted.teams),
    }
    if other := _in_these_days(session, program, values):
        raise ProgramInvalid(f"{name} has time of {wanted.telescope} then already, in {other}")
    for attribute, value in values.items():
        setattr(program, attribute, value)


def _commit(session: Session) -> None:
    try:
        session.commit()
    except IntegrityError as err:
        session.rollback()
        raise ProgramInvalid("somebody has just entered this program for this semester") from err


def _midnight(text: str, which: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text.strip()), time(), UTC)
    except ValueError:
        raise ProgramInvalid(f"give the {which} day of the semester as 2026-08-01") from None


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = math.nan
    if not 0 < hours <= MAX_HOURS:
        raise ProgramInvalid(f"hours are a number, up to {MAX_HOURS:g}")
    return hours


def _people(session: Session, names: Iterable[str]) -> list[Person]:
    wanted = set(names)
    found = list(session.scalars(select(Person).where(Person.username.in_(wanted))))
    if missing := sorted(wanted - {each.username for each in found}):
        raise ProgramInvalid(f"there is nobody named {', '.join(missing)}")
    return found


def _teams(session: Session, names: Iterable[str]) -> list[Team]:
    wanted = set(names)
    found = list(session.scalars(select(Team).where(Team.name.in_(wanted))))
    if missing := sorted(wanted - {each.name for each in found}):
        raise ProgramInvalid(f"there is no team {', '.join(missing)}")
    return found


def _in_these_days(session: Session, program: Program, values: Mapping[str, Any]) -> str | None:
    """Semester in which the same program has time of some of these days, if there is one."""
    query = select(Program.semester).where(
        Program.telescope == values["telescope"],
        Program.name == values["name"],
        Program.removed_at.is_(None),
        Program.begins_at < values["ends_at"],
        Program.ends_at > values["begins_at"],
        Program.id != (program.id or 0),
    )
    return session.scalar(query.limit(1))
