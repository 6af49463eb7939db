"""Hold a plan against its robot's live queue, and its night's budget, before it is sent."""

from __future__ import annotations

from astropy import units as u
from astropy.time import Time
from sqlalchemy.orm import Session, undefer

from telescopes import TELESCOPES
from telescopes.errors import PlanUnsuitable, QueueError
from telescopes.observing_plan import ObservingPlan
from telescopes.preflight.preflight import preflight as look
from telescopes.up_to_date import up_to_date
from too_marshal.db.base import now
from too_marshal.db.documents import PlanFinding
from too_marshal.db.events import Event, record
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.preflights import ERROR, WARNING, Preflight
from too_marshal.deployment.logs import without_secrets
from too_marshal.deployment.robots import Robots
from too_marshal.workflows.localizations.names import name_of
from too_marshal.workflows.plan_document import read_plan
from too_marshal.workflows.programs.charge import (
    charged_name,
    hours_needed,
    is_uncounted,
    paying_program,
)
from too_marshal.workflows.submissions.approve import queue_name
from too_marshal.workflows.submissions.budget import time_left


def preflight(session: Session, robots: Robots, preflight_id: int) -> None:
    """Do a preflight that was asked for, and keep what it finds.

    Parameters
    ----------
    session
        Open session; committed.
    robots
        The robots that can be reached.
    preflight_id
        One that is done is left as it is.
    """
    row = session.get_one(Preflight, preflight_id)
    if row.done_at is not None:
        return
    plan = session.get_one(Plan, row.plan_id, populate_existing=True)
    row.program = charged_name(robots, plan)
    row.findings = examine(session, robots, plan)
    row.done_at = now()
    record(
        session,
        f"{row.plan.telescope} plan {row.plan_id} was checked: {_sentence(row)}",
        subject="preflight",
        subject_id=row.id,
        event_id=row.plan.event_id,
        actor=row.asked_by,
    )
    session.commit()


def examine(session: Session, robots: Robots, plan: Plan) -> list[PlanFinding]:
    """Everything that speaks for and against sending a plan now, in words.

    The session is committed: no transaction stays open while the robot is spoken to.
    """
    observing_plan = read_plan(session.get_one(Plan, plan.id, options=[undefer(Plan.document)]))
    known = [
        *_of_the_map(session, plan),
        *_of_the_budget(session, robots, plan),
        *_of_the_program(session, robots, plan),
    ]
    name, program = queue_name(session, plan), charged_name(robots, plan)
    session.commit()
    return [*known, *_of_the_queue(robots, observing_plan, name, program)]


def _of_the_queue(
    robots: Robots, plan: ObservingPlan, name: str, program: str
) -> list[PlanFinding]:
    telescope = plan.telescope
    queue, facts, then = robots.queue(telescope), TELESCOPES[telescope], Time(now())
    # As it will be when it is sent.
    observing_plan = up_to_date(plan, facts, then)
    try:
        request = queue.prepare(observing_plan, name, program, robots.pi(telescope))
        findings = look(queue, observing_plan, request, facts, then)
    except PlanUnsuitable as err:
        return [_finding(ERROR, f"the robot could not accept it: {err}")]
    except QueueError as err:
        error = without_secrets(str(err))
        return [_finding(WARNING, f"the robot cannot be reached, its queue is not known: {error}")]
    remarks = (
        [_finding("note", f"brought up to date: {observing_plan.remark}")]
        if observing_plan is not plan
        else []
    )
    return [*remarks, *(_finding(str(finding.level), finding.message) for finding in findings)]


def _of_the_map(session: Session, plan: Plan) -> list[PlanFinding]:
    event = session.get_one(Event, plan.event_id, populate_existing=True)
    if plan.localization_id == event.current_localization_id:
        return []
    text = f"it was made on map {name_of(plan.localization)}, which is not the current one"
    return [_finding(WARNING, text)]


def _of_the_budget(session: Session, robots: Robots, plan: Plan) -> list[PlanFinding]:
    known = time_left(session, robots, plan)
    if known is None:
        return []
    wanted, left = known
    remaining = _hours(max(left, 0 * u.s))
    text = f"it takes {_hours(wanted)}; {remaining} of the budget of its night is left"
    return [_finding(WARNING if wanted > left else "note", text)]


def _of_the_program(session: Session, robots: Robots, plan: Plan) -> list[PlanFinding]:
    if is_uncounted(session, plan):
        text = f"no program of {plan.telescope} is entered for that time: nobody's hours count"
        return [_finding(WARNING, text)]
    program = paying_program(session, robots, plan)
    if program is None:
        return []
    is_too_much, words = hours_needed(session, program, plan)
    return [_finding(WARNING if is_too_much else "note", words)]


def _hours(time: u.Quantity[u.physical.time]) -> str:
    return f"{time.to_value(u.h):.2f} h"


def _finding(level: str, text: str) -> PlanFinding:
    return {"level": level, "words": text}


def _sentence(row: Preflight) -> str:
    errors, warnings = len(row.messages(ERROR)), len(row.messages(WARNING))
    if errors:
        return f"{errors} {'error forbids' if errors == 1 else 'errors forbid'} it"
    return f"{warnings} to be accepted" if warnings else "nothing speaks against it"
