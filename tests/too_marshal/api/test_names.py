from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event


def test_a_program_names_an_event_and_is_told_all_its_names(program: FlaskClient, session: Session):
    address = f"/api/v1/events/{add_event(session).id}"
    named = program.put(f"{address}/name", json={"name": "GW260101"}).json
    assert (named["name"], named["spoken_name"], named["given_name"]) == (
        "S260101a", "GW260101", "GW260101",
    )  # fmt: skip
    cleared = program.put(f"{address}/name", json={"name": ""}).json
    assert (cleared["spoken_name"], cleared["given_name"]) == ("S260101a", None)


def test_what_is_no_name_is_refused_by_its_member(program: FlaskClient, session: Session):
    address = f"/api/v1/events/{add_event(session).id}/name"
    for body in ({"name": "x" * 41}, {"name": 3}, {}):
        answer = program.put(address, json=body)
        assert answer.status_code == 422
        assert "name: " in answer.get_data(as_text=True)
