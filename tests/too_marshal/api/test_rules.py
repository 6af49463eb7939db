"""Rules, trials, links and the search, as programs use them."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.api.conftest import Caller
from tests.too_marshal.factories import add_event, add_notice
from tests.too_marshal.web.test_search import named
from too_marshal.db.accounts.people import Role
from too_marshal.workflows.rules.backtest import try_rule

pytestmark = pytest.mark.usefixtures("fresh_rules")

TELL = {"name": "a rule", "notifies": True, "streams": ["lvk"], "maximum_far": 1e-8}


def test_a_rule_lives_and_dies_and_lives_again(caller: Caller):
    program = caller(Role.ADMIN)
    added = program.post("/api/v1/rules", json=TELL).get_json()
    assert {name: added[name] for name in TELL} == TELL
    assert (added["maximum_age_to_tell"], added["maximum_age_to_submit"]) == (168.0, 24.0)
    address = f"/api/v1/rules/{added['id']}"
    changes = {
        "maximum_far": None, "maximum_age_to_tell": None, "maximum_age_to_plan": 12,
        "right_ascension": [350, 20], "excluded_fields": [543], "galactic_latitude": 10,
        "blocks": 2,
    }  # fmt: skip
    changed = program.put(address, json=TELL | changes).get_json()
    assert {name: changed[name] for name in changes} == changes
    assert program.delete(address).get_json()["deleted_by"] == "program-admin"
    assert program.post(f"{address}/restore").get_json()["deleted_at"] is None
    assert program.get(address).get_json() == changed


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"name": "Tell: IceCube neutrinos", "notifies": True}, "Another rule has this name"),
        (TELL | {"maximum_far": "1e-8"}, "maximum_far: From 0 to 1 Hz"),
        (TELL | {"maximum_far": True}, "maximum_far"),
        (TELL | {"maximum_age_to_plan": -1}, "maximum_age_to_plan: From 0 to 876600 h"),
        (TELL | {"streams": "lvk"}, "streams: A list"),
        (TELL | {"minimum_classes": {"BNS": None}}, "minimum_classes"),
        (TELL | {"notifies": "yes"}, "notifies: True or false"),
        (TELL | {"color": 1}, "unknown: color"),
        (TELL | {"targets": [543]}, "unknown: targets"),
        (TELL | {"right_ascension": [350]}, "right_ascension: Two angles"),
        (TELL | {"excluded_fields": ["543"]}, "excluded_fields: A whole number"),
        (TELL | {"blocks": 0}, "blocks: From 1 on"),
        ({"name": "x"}, "tells people, wakes them"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(caller: Caller, body: dict, words: str):
    answer = caller(Role.ADMIN).post("/api/v1/rules", json=body)
    assert answer.status_code == 422
    assert words in answer.get_json()["detail"]


def test_only_administrators_change_rules(program: FlaskClient):
    assert program.post("/api/v1/rules", json=TELL).status_code == 403
    assert program.delete("/api/v1/rules/1").status_code == 403


def test_a_trial_is_asked_for_and_read(program: FlaskClient, session: Session):
    event = add_event(session)
    document = {"stream": "lvk", "kind": "initial", "role": "observation", "far": 1e-9}
    add_notice(session, event, document=document)
    trial = program.post("/api/v1/rules/trials", json={"rule": TELL, "days": 7}).get_json()
    assert trial["result"] is None
    try_rule(session, trial["id"])
    result = program.get(f"/api/v1/rules/trials/{trial['id']}").get_json()["result"]
    assert (result["notices"], result["before"], result["after"]) == (1, 0, 1)
    assert result["changes"][0]["event_name"] == event.name
    for body in ({"rule": TELL, "days": 0}, {"rule": []}, {"rule": TELL, "rule_id": 4711}):
        assert program.post("/api/v1/rules/trials", json=body).status_code == 422


def test_events_are_linked_and_parted(program: FlaskClient, session: Session):
    wave, burst = add_event(session, "S1"), add_event(session, "bn1", stream="fermi_gbm")
    address = f"/api/v1/events/{burst.id}/links"
    made = program.post(address, json={"event_id": wave.id, "reason": "same place"}).get_json()
    assert (made["first_id"], made["second_id"], made["made_by"]) == (
        wave.id, burst.id, "program-approver"
    )  # fmt: skip
    undone = program.post(f"/api/v1/links/{made['id']}/undo").get_json()
    assert undone["undone_by"] == "program-approver"
    assert program.get(address).get_json()["items"] == [undone]
    for body in ({"event_id": burst.id}, {"event_id": 4711}, {"event_id": "1"}, {}):
        assert program.post(address, json=body).status_code == 422


def test_events_are_found_by_name(program: FlaskClient, session: Session):
    event = named(session, "bn240812094", "GRB 240812C")
    for name in ("grb240812c", "GRB 2408"):
        events = program.get("/api/v1/search", query_string={"name": name}).get_json()["items"]
        assert [item["id"] for item in events] == [event.id]
    assert program.get("/api/v1/search?name=nobody").get_json() == {"items": []}
    assert program.get("/api/v1/search?name=%25").status_code == 422
