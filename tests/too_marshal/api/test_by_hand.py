import base64

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event
from too_marshal.db.events import EventName

SAID = {"name": "AT 2026abc", "event_time": "2026-01-01T00:00:00", "ra": 10.0, "dec": 20.0}


def test_a_program_enters_corrects_and_retracts(program: FlaskClient):
    answer = program.post("/api/v1/events", json=SAID | {"radius": 0.1})
    assert answer.status_code == 201
    event = answer.json
    assert (event["stream"], event["spoken_name"]) == ("by_hand", "AT 2026abc")
    address = f"/api/v1/events/{event['id']}/by-hand"
    corrected = program.put(address, json=SAID | {"name": "SN 2026abc"}).json
    assert (corrected["spoken_name"], corrected["key"]) == ("SN 2026abc", "at2026abc")
    assert program.post(f"{address}/retraction").json["is_retracted"] is True


def test_what_cannot_be_used_names_its_member(program: FlaskClient, session: Session):
    broken = {"moc_file": base64.b64encode(b"no moc").decode()}
    for wrong, words in (
        ({"name": "AT 1", "event_time": "noon"}, "event_time: 'noon' is no time"),
        (SAID | {"radius": -1}, "radius: "),
        ({"name": "AT 1", "event_time": "2026-01-01T00:00:00"} | broken, "moc_file: no MOC"),
        (SAID | {"color": "red"}, "color"),
    ):
        answer = program.post("/api/v1/events", json=wrong)
        assert answer.status_code == 422
        assert words in answer.get_data(as_text=True)
    mission = add_event(session)
    answer = program.put(f"/api/v1/events/{mission.id}/by-hand", json=SAID)
    assert answer.status_code == 422


def test_a_known_name_is_refused_unless_it_is_another(program: FlaskClient, session: Session):
    mission = add_event(session)
    session.add(
        EventName(event_id=mission.id, name=mission.name, normalized_name=mission.name.lower())
    )
    session.commit()
    named = SAID | {"name": mission.name}
    answer = program.post("/api/v1/events", json=named)
    assert answer.status_code == 409
    assert f"event {mission.id} (lvk)" in answer.get_data(as_text=True)
    assert program.post("/api/v1/events", json=named | {"is_another": True}).status_code == 201
