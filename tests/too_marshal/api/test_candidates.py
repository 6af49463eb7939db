from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.workflows.counterparts.sky import burst, seen
from too_marshal.db.events import Event
from too_marshal.workflows.counterparts.live_maps import LiveMaps
from too_marshal.workflows.counterparts.take import take


@pytest.fixture
def event(session: Session, tmp_path: Path) -> Event:
    event = burst(session)
    take(session, [seen(event, object_id=name) for name in "AB"], LiveMaps(), tmp_path)
    session.commit()
    return event


def test_objects_are_listed_and_judged(program: FlaskClient, event: Event):
    address = f"/api/v1/events/{event.id}/candidates"
    items = program.get(address).json["items"]
    assert [item["object_id"] for item in items] == ["A", "B"]
    assert items[0]["candidate"] is None
    assert 0 <= items[0]["level"] < 0.95
    said = {"survey": "ZTF", "object_id": "A", "status": "confirmed"}
    made = program.put(address, json=said).json
    assert (made["status"], made["saved_by"]) == ("confirmed", "program-approver")
    assert program.put(address, json=said).status_code == 409
    said |= {"status": "rejected", "reason": "a flare", "seen_version": made["version"]}
    assert program.put(address, json=said).json["reason"] == "a flare"
    listed = program.get(f"{address}?limit=1&offset=1").json["items"]
    assert [item["candidate"]["status"] for item in listed] == ["rejected"]


@pytest.mark.parametrize(
    "said",
    [
        {"survey": "ZTF", "object_id": "A", "status": "good"},
        {"survey": "ZTF", "object_id": "A", "status": "rejected"},
        {"survey": "ZTF", "object_id": 3, "status": "pending"},
        {"survey": "ZTF", "object_id": "A\0", "status": "pending"},
        {"survey": "ZTF", "object_id": "A", "status": "pending", "seen_version": "0"},
        {"survey": "ATLAS", "object_id": "A", "status": "pending"},
        {"survey": "ZTF", "object_id": "A", "status": "pending", "more": 1},
    ],
)
def test_what_cannot_be_judged_is_a_problem(program: FlaskClient, event: Event, said: dict):
    answer = program.put(f"/api/v1/events/{event.id}/candidates", json=said)
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
