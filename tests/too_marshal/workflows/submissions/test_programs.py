"""Who may charge a program, and that two who charge it at once cannot both have its last hour."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from astropy import units as u
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from telescopes.protocols.programs import PROGRAM_IDS
from telescopes.simulators.clock import SimulatedClock
from telescopes.simulators.ztf import serve
from tests.too_marshal.clocks import MIDNIGHT, RA
from tests.too_marshal.factories import (
    PROGRAM,
    add_event,
    add_localization,
    add_person,
    add_plan,
    add_program,
    circle_map,
)
from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.accounts.teams import Team
from too_marshal.db.base import now, session_factory
from too_marshal.db.events import Activity
from too_marshal.db.observing.plans import Plan, PlanRule
from too_marshal.db.observing.preflights import WARNING, Preflight
from too_marshal.db.observing.queues import Submission, SubmissionState
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.robots_file import Robot
from too_marshal.workflows.submissions.approve import SubmissionForbidden, approve_checked
from too_marshal.workflows.submissions.automatic import submit_by_rule
from too_marshal.workflows.submissions.check import ask_for_preflight
from too_marshal.workflows.submissions.choose_program import choose_program
from too_marshal.workflows.submissions.preflight import preflight
from too_marshal.workflows.submissions.submit import submit

pytestmark = pytest.mark.usefixtures("evening")


@pytest.fixture
def robots():
    with serve(clock=SimulatedClock(MIDNIGHT.mjd - 0.3, wall=lambda: 0.0)) as (server, _):
        yield Robots(
            {
                "ZTF": Robot(
                    {"url": server.url}, is_simulated=True, program=PROGRAM, pi="T",
                    nightly_budget=9 * u.h, allows_automatic=True,
                )
            }
        )  # fmt: skip


@pytest.fixture
def anna(session: Session) -> Person:
    return add_person(session, "anna", Role.APPROVER)


def new_plan(session: Session, name: str = "S250101a") -> Plan:
    event = add_event(session, name, event_time=now() - timedelta(minutes=5))
    add_localization(session, event, circle_map(RA, 30.0, 8.0))
    start = MIDNIGHT.to_datetime(timezone=now().tzinfo)
    return add_plan(session, event, start=start, filters=("g",))


def checked(session: Session, robots: Robots, plan: Plan) -> Preflight:
    row = ask_for_preflight(session, plan, by="anna")
    preflight(session, robots, row.id)
    return row


def submitted(
    session: Session, robots: Robots, plan: Plan, row: Preflight, *, accepts: bool = False
) -> Submission:
    return approve_checked(
        session, robots, plan.id, by="anna", idempotency_key=f"press-{row.id:08d}",
        preflight_id=row.id, accepts_warnings=accepts,
    )  # fmt: skip


def hours_of(plan: Plan) -> float:
    return plan.statistics["total_time"] / 3600


@pytest.mark.usefixtures("anna")
def test_a_telescope_without_programs_is_everybodys(session, robots):
    plan = new_plan(session)
    made = submitted(session, robots, plan, checked(session, robots, plan))
    assert (made.program, made.program_id) == (PROGRAM, None)


def test_a_member_charges_a_program_and_the_check_tells_what_is_left(session, robots, anna):
    program, plan = add_program(session, anna), new_plan(session)
    row = checked(session, robots, plan)
    said = f"10.00 h of the 10 h of {PROGRAM} in this one are left"
    assert any(said in finding["words"] for finding in row.findings)
    assert row.messages(WARNING) == []
    made = submitted(session, robots, plan, row)
    assert (made.program, made.program_id) == (PROGRAM, program.id)


def test_whoever_is_no_member_is_refused_whatever_the_role(session, robots, anna):
    program, plan = add_program(session), new_plan(session)
    anna.role = Role.ADMIN
    session.commit()
    row = checked(session, robots, plan)
    with pytest.raises(SubmissionForbidden, match="anna is not among those"):
        submitted(session, robots, plan, row)
    session.rollback()
    program.teams = [Team(name="nights", members=[anna])]
    session.commit()
    assert submitted(session, robots, plan, row).program_id == program.id


def test_hours_that_are_lacking_are_a_warning_to_be_accepted(session, robots, anna):
    plan = new_plan(session)
    add_program(session, anna, hours=hours_of(plan) / 2)
    row = checked(session, robots, plan)
    assert len(row.messages(WARNING)) == 1
    with pytest.raises(SubmissionForbidden, match="were not accepted"):
        submitted(session, robots, plan, row)
    session.rollback()
    submitted(session, robots, plan, row, accepts=True)


def test_hours_that_another_took_since_the_check_were_not_accepted(session, robots, anna):
    first, second = new_plan(session, "S250101a"), new_plan(session, "S250101b")
    add_program(session, anna, hours=1.5 * hours_of(first))
    rows = [checked(session, robots, plan) for plan in (first, second)]
    assert [row.messages(WARNING) for row in rows] == [[], []]
    submitted(session, robots, first, rows[0])
    with pytest.raises(SubmissionForbidden, match="are left: check again"):
        submitted(session, robots, second, rows[1], accepts=True)
    session.rollback()
    again = checked(session, robots, second)
    assert "are left" in again.messages(WARNING)[0]
    submitted(session, robots, second, again, accepts=True)


def test_of_two_at_the_very_same_moment_one_gets_the_last_hour(
    session, engine: Engine, robots, anna
):
    plans = [new_plan(session, name) for name in ("S250101a", "S250101b", "S250101c")]
    add_program(session, anna, hours=1.5 * hours_of(plans[0]))
    rows = [checked(session, robots, plan) for plan in plans]
    ready, refused = threading.Barrier(len(plans)), []

    def press(plan_id: int, row_id: int) -> None:
        with session_factory(engine)() as other:
            plan, row = other.get_one(Plan, plan_id), other.get_one(Preflight, row_id)
            ready.wait(30)
            try:
                submitted(other, robots, plan, row)
            except SubmissionForbidden as err:
                refused.append(str(err))

    threads = [
        threading.Thread(target=press, args=(plan.id, row.id))
        for plan, row in zip(plans, rows, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(session.scalars(select(Submission)).all()) == 1
    assert len(refused) == 2
    assert all("check again" in words for words in refused)


def test_a_program_that_the_telescope_does_not_have_then_is_named(session, robots, anna):
    add_program(session, anna, name="Caltech")
    plan = new_plan(session)
    row = checked(session, robots, plan)
    with pytest.raises(SubmissionForbidden, match=f"no program '{PROGRAM}' then: it has Caltech"):
        submitted(session, robots, plan, row)


def test_a_semester_that_nobody_has_entered_stops_nobody_but_rules(session, robots, anna):
    add_program(session, anna, ends_at=now() - timedelta(days=1))
    plan = new_plan(session)
    row = checked(session, robots, plan)
    assert "nobody's hours count" in row.messages(WARNING)[0]
    submitted(session, robots, plan, row, accepts=True)


def test_another_program_is_chosen_checked_for_and_sent(session, robots, anna):
    add_program(session)
    mine = add_program(session, anna, name="Caltech")
    plan = new_plan(session)
    before = checked(session, robots, plan)
    choose_program(session, plan.id, "Caltech", by="anna")
    with pytest.raises(SubmissionForbidden, match=f"checked for {PROGRAM}: check again"):
        submitted(session, robots, plan, before)
    session.rollback()
    made = submitted(session, robots, plan, checked(session, robots, plan))
    assert (made.program, made.program_id) == ("Caltech", mine.id)
    submit(session, robots, made.id)
    session.refresh(made)
    assert made.state == SubmissionState.ACCEPTED
    assert f'"program_id": {PROGRAM_IDS["Caltech"]},' in made.request
    with pytest.raises(SubmissionForbidden, match="submitted already"):
        choose_program(session, plan.id, PROGRAM, by="anna")
    with pytest.raises(SubmissionForbidden, match="no program 'Mine'"):
        choose_program(session, plan.id, "Mine", by="anna")


@pytest.mark.parametrize(
    ("rules_may_charge", "hours", "words"),
    [(False, 10.0, "rules may not charge"), (True, 0.01, "are left"), (True, 10.0, "")],
)
def test_a_rule_charges_only_what_it_may_and_never_more_than_is_left(
    session, robots, rules_may_charge, hours: float, words: str
):
    add_program(session, hours=hours, rules_may_charge=rules_may_charge)
    plan = new_plan(session)
    rule = session.scalars(select(PlanRule).where(PlanRule.plans).order_by(PlanRule.id)).first()
    rule.submits, rule.minimum_probability = True, 0.5
    plan.rule_id = rule.id
    session.commit()
    submit_by_rule(session, robots, plan.id)
    made = session.scalars(select(Submission)).all()
    if not words:
        assert [each.program for each in made] == [PROGRAM]
        return
    assert made == []
    query = select(Activity.text).where(Activity.text.contains("left to a person"))
    assert words in session.scalars(query).one()
