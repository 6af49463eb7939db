from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import (
    PROGRAM,
    add_event,
    add_localization,
    add_person,
    add_plan,
    add_preflight,
    add_program,
    add_submission,
)
from tests.too_marshal.web.conftest import Visitor
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.accounts.programs import Program
from too_marshal.db.base import now
from too_marshal.db.events import Activity
from too_marshal.db.observing.plans import Plan

FORM = {
    "telescope": "ZTF", "name": "Caltech", "semester": "2031A", "first_day": "2031-02-01",
    "last_day": "2031-07-31", "hours": "40",
}  # fmt: skip


@pytest.fixture
def plan(session: Session) -> Plan:
    event = add_event(session)
    add_localization(session, event)
    return add_plan(session, event)


def person_of(session: Session, role: Role) -> Person:
    return session.scalars(select(Person).where(Person.username == role.name.lower())).one()


def test_nothing_is_there_at_first_and_only_an_administrator_enters(
    admin: FlaskClient, viewer: FlaskClient
):
    assert "No program has time now." in page(viewer, "/programs")
    assert "Enter a program" not in page(viewer, "/programs")
    assert "enter one below" in page(admin, "/programs")


def test_a_program_is_entered_shown_changed_and_taken_away(
    admin: FlaskClient, viewer: FlaskClient, session: Session
):
    assert admin.post("/programs", data=FORM | {"member": "viewer"}).status_code == 303
    shown = page(viewer, "/programs")
    for words in ("Caltech", "2031A", "2031-02-01 to 2031-07-31", "40.00 h", "viewer"):
        assert words in shown
    row = session.scalars(select(Program)).one()
    admin.post(f"/programs/{row.id}", data=FORM | {"hours": "30", "rules_may_charge": "yes"})
    shown = page(viewer, "/programs")
    assert "30.00 h" in shown
    assert "nobody so far; rules may charge it too" in shown
    admin.post(f"/programs/{row.id}", data={"act": "remove"})
    assert "Caltech" not in page(viewer, "/programs")
    said = session.scalars(select(Activity.text).where(Activity.subject == "program")).all()
    assert len(said) == 3
    assert [line.split()[-1] for line in said] == ["entered", "changed", "record"]


def test_what_cannot_be_is_answered_with_its_reason(admin: FlaskClient, session: Session):
    answer = admin.post("/programs", data=FORM | {"hours": "some"})
    assert answer.status_code == 422
    assert "hours are a number" in answer.get_data(as_text=True)
    assert session.scalars(select(Program)).all() == []


def test_every_form_offers_everybody_who_logs_in(admin: FlaskClient, session: Session):
    add_program(session, person_of(session, Role.ADMIN))
    add_program(session, name="Caltech")
    shown = page(admin, "/programs")
    assert shown.count('name="member" value="admin"') == 3
    assert shown.count('name="member" value="admin" checked') == 1


def test_hours_and_earlier_semesters_are_told_apart(
    viewer: FlaskClient, session: Session, plan: Plan
):
    program = add_program(session, hours=0.5)
    past = {"begins_at": now() - timedelta(days=300), "ends_at": now() - timedelta(days=100)}
    add_program(session, name="Bygone", **past)
    add_submission(session, plan).program_id = program.id
    session.commit()
    shown = page(viewer, "/programs")
    assert shown.index(PROGRAM) < shown.index("Earlier semesters") < shown.index("Bygone")
    assert "overdrawn" in shown


def test_the_submission_is_offered_to_members_and_others_read_who_they_are(
    visitor: Visitor, session: Session, plan: Plan
):
    approver, observer = visitor(Role.APPROVER), visitor(Role.OBSERVER)
    berta = add_person(session, "berta", Role.APPROVER)
    program = add_program(session, berta)
    add_preflight(session, plan)
    for browser in (approver, observer):
        shown = page(browser, f"/plans/{plan.id}")
        assert '<dialog id="submit"' not in shown
        assert "It can be submitted by an approver: <bdi>berta</bdi>" in shown
    assert "approver is not among those" in page(approver, f"/plans/{plan.id}")
    program.members = [berta, person_of(session, Role.APPROVER)]
    session.commit()
    assert '<dialog id="submit"' in page(approver, f"/plans/{plan.id}")


def test_another_program_is_charged_from_the_plans_page(
    approver: FlaskClient, session: Session, plan: Plan
):
    add_program(session)
    add_program(session, person_of(session, Role.APPROVER), name="Caltech")
    add_preflight(session, plan)
    shown = page(approver, f"/plans/{plan.id}")
    assert "Check again" in shown
    assert f"<option>Caltech</option><option selected>{PROGRAM}</option>" in shown
    answer = approver.post(f"/plans/{plan.id}/program", data={"program": "Caltech"})
    assert answer.status_code == 303
    session.refresh(plan)
    assert plan.program == "Caltech"
    shown = page(approver, f"/plans/{plan.id}")
    assert "Check and submit" in shown, "the check of before was made for another program"
    answer = approver.post(f"/plans/{plan.id}/program", data={"program": "Nobody's"})
    assert answer.status_code == 409


def test_a_program_that_is_not_there_can_be_exchanged_though_nothing_can_be_sent(
    approver: FlaskClient, session: Session, plan: Plan
):
    add_program(session, person_of(session, Role.APPROVER), name="Caltech")
    shown = page(approver, f"/plans/{plan.id}")
    assert "it has Caltech" in shown
    assert 'id="charged-program"' in shown
