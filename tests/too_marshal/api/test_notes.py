from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_localization, add_plan


def test_a_program_writes_and_reads_notes(program: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    plan = add_plan(session, event)
    address = f"/api/v1/events/{event.id}/notes"
    assert program.post(address, json={"text": "seen"}).status_code == 201
    assert program.post(address, json={"text": "long", "plan_id": plan.id}).status_code == 201
    assert [note["text"] for note in program.get(address).json["items"]] == ["long", "seen"]
    of_plan = program.get(f"{address}?plan_id={plan.id}").json["items"]
    assert [note["plan_id"] for note in of_plan] == [plan.id]


def test_what_is_no_note_is_refused(program: FlaskClient, session: Session):
    address = f"/api/v1/events/{add_event(session).id}/notes"
    for body, status in (
        ({"text": ""}, 422),
        ({"text": 1}, 422),
        ({"text": "x", "plan_id": 9}, 404),
    ):
        assert program.post(address, json=body).status_code == status


def test_somebody_is_put_in_charge(program: FlaskClient, session: Session):
    address = f"/api/v1/events/{add_event(session).id}/charge"
    named = program.put(address, json={"username": "nobody", "instead_of": None})
    assert named.status_code == 409
    assert (
        program.put(address, json={"username": None, "instead_of": None}).json["in_charge"] is None
    )
