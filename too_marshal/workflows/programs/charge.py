"""Which program pays for a plan, who may charge it, and whether enough of it is left."""

from __future__ import annotations

from datetime import datetime

from astropy import units as u
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.accounts.programs import Program
from too_marshal.db.base import now
from too_marshal.db.locks import lock_all
from too_marshal.db.observing.plans import Plan
from too_marshal.deployment.robots import Robots
from too_marshal.workflows.programs.hours import balances


def charged_name(robots: Robots, plan: Plan) -> str:
    """Name of the program that a plan is charged to, as its robot takes it."""
    if plan.program or not robots.has(plan.telescope):
        return plan.program
    return robots.program(plan.telescope)


def programs_at(session: Session, telescope: str, when: datetime) -> list[Program]:
    """Programs that have time of a telescope then."""
    return list(session.scalars(_at(telescope, when)))


def _at(telescope: str, when: datetime) -> Select[Program]:
    return (
        select(Program)
        .where(
            Program.telescope == telescope,
            Program.removed_at.is_(None),
            Program.begins_at <= when,
            Program.ends_at > when,
        )
        .order_by(Program.name)
    )


def start_of(plan: Plan) -> datetime:
    """When a plan's first exposure begins; now, where it has none."""
    text = plan.statistics.get("start")
    return datetime.fromisoformat(text) if text else now()


def hold_program(session: Session, robots: Robots, plan: Plan) -> Program | None:
    """The program that pays, held: nobody else charges it until the transaction ends.

    Returns
    -------
    Program or None
        None where the telescope has no program at that time, so that any is as good.
    """
    query = _at(plan.telescope, start_of(plan)).where(Program.name == charged_name(robots, plan))
    return next(iter(lock_all(session, query, Program)), None)


def paying_program(session: Session, robots: Robots, plan: Plan) -> Program | None:
    """As `hold_program`, only to look at."""
    query = _at(plan.telescope, start_of(plan)).where(Program.name == charged_name(robots, plan))
    return session.scalars(query, execution_options={"populate_existing": True}).first()


def why_no_program(session: Session, robots: Robots, plan: Plan) -> str:
    """Why nothing can be charged for a plan; empty where it can, or where no time is granted."""
    name = charged_name(robots, plan)
    there = [program.name for program in programs_at(session, plan.telescope, start_of(plan))]
    if not there or name in there:
        return ""
    return f"{plan.telescope} has no program {name!r} then: it has {', '.join(there)}"


def is_uncounted(session: Session, plan: Plan) -> bool:
    """Whether a telescope that has programs at other times has none for a plan."""
    if programs_at(session, plan.telescope, start_of(plan)):
        return False
    query = select(Program.id).where(
        Program.telescope == plan.telescope, Program.removed_at.is_(None)
    )
    return session.scalar(query.limit(1)) is not None


def members_of(program: Program) -> list[Person]:
    """People who may charge a program, by themselves or in a team, and still log in."""
    people = {*program.members, *(each for team in program.teams for each in team.members)}
    return sorted(
        (person for person in people if person.is_active), key=lambda person: person.username
    )


def approvers_for(session: Session, program: Program | None) -> list[str]:
    """Who may submit what a program pays for; whoever approves, where none does."""
    if program is not None:
        return [each.username for each in members_of(program) if each.role >= Role.APPROVER]
    query = select(Person.username).where(Person.is_active, Person.role >= Role.APPROVER)
    return list(session.scalars(query.order_by(Person.username)))


def why_not_by(program: Program | None, username: str) -> str:
    """Why a person may not charge a program; empty where they may."""
    if program is None or username in {person.username for person in members_of(program)}:
        return ""
    return f"{username} is not among those who may charge {program.name} ({program.semester})"


def hours_needed(session: Session, program: Program, plan: Plan) -> tuple[bool, str]:
    """Whether a plan takes more than is left of its program, and what is left, as a sentence."""
    wanted = (plan.statistics.get("total_time") or 0.0) * u.s
    left = balances(session, [program])[program.id].left
    words = (
        f"it takes {wanted.to_value(u.h):.2f} h; {left.to_value(u.h):.2f} h of the "
        f"{program.hours:g} h of {program.name} in {program.semester} are left"
    )
    return bool(wanted > left), words
