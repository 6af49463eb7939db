"""Programs, the time that they have, and what is left of it."""

from __future__ import annotations

from typing import Any

from astropy import units as u
from sqlalchemy import select

from too_marshal.api.operations import Content, iso, operation
from too_marshal.api.schemas import (
    INTEGER,
    NUMBER,
    TEXT,
    TIME,
    TRUTH,
    described,
    listed,
    named,
    record,
)
from too_marshal.db.accounts.programs import Program
from too_marshal.http.service import database
from too_marshal.workflows.programs.charge import members_of
from too_marshal.workflows.programs.hours import Balance, balances

PROGRAM = named(
    "Program",
    id=INTEGER,
    telescope=TEXT,
    name=described(TEXT, "as the telescope's robot takes it"),
    semester=TEXT,
    begins_at=TIME,
    ends_at=TIME,
    granted=described(NUMBER, "h"),
    used=described(NUMBER, "executed, with slews and readouts, h"),
    committed=described(NUMBER, "what live queues may still take, h"),
    left=described(NUMBER, "h; negative where it is overdrawn"),
    members=described(listed(TEXT), "who may charge it, by themselves or in a team"),
    rules_may_charge=described(TRUTH, "without a person"),
)


def program_to_json(program: Program, balance: Balance) -> dict[str, Any]:
    """One program in one semester."""
    return {
        "id": program.id,
        "telescope": program.telescope,
        "name": program.name,
        "semester": program.semester,
        "begins_at": iso(program.begins_at),
        "ends_at": iso(program.ends_at),
        "granted": balance.granted.to_value(u.h),
        "used": balance.used.to_value(u.h),
        "committed": balance.committed.to_value(u.h),
        "left": balance.left.to_value(u.h),
        "members": [person.username for person in members_of(program)],
        "rules_may_charge": program.rules_may_charge,
    }


@operation("GET", "/programs", Content(record(items=listed(PROGRAM))))
def list_programs() -> dict[str, Any]:
    """List the programs of all semesters, with what is left of each."""
    query = select(Program).where(Program.removed_at.is_(None)).order_by(Program.id)
    rows = database().scalars(query).all()
    known = balances(database(), rows)
    return {"items": [program_to_json(row, known[row.id]) for row in rows]}
