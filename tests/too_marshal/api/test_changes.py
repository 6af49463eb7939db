"""What a program can change: the same as a person, by the same workflows."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.too_marshal.api.test_openapi import PLAN_REQUEST
from tests.too_marshal.factories import (
    add_coverage,
    add_event,
    add_exposures,
    add_localization,
    add_plan,
    add_preflight,
    add_submission,
)
from too_marshal.api.notices import MAX_NOTICE_SIZE
from too_marshal.db.events import Event
from too_marshal.db.notices import ReceivedNotice
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import Submission


def test_a_real_notice_makes_its_event_once(program: FlaskClient, session: Session, corpus: Path):
    payload = (
        corpus / "notices" / "lvk" / "kafka_json" / "MS230425l-preliminary.json"
    ).read_bytes()
    first = program.post("/api/v1/notices?topic=igwn.gwalert", data=payload).get_json()
    again = program.post("/api/v1/notices", data=payload, headers={"X-Topic": "igwn.gwalert"})
    assert first["is_new"] is True
    assert first["state"] == "understood"
    assert again.get_json() == {**first, "is_new": False}
    event = session.scalars(select(Event)).one()
    assert event.id == first["event_id"]
    raw = program.get(f"/api/v1/notices/{first['notice_id']}/raw")
    assert raw.data == payload
    listed = program.get(f"/api/v1/events/{event.id}/notices").get_json()["items"]
    assert [item["id"] for item in listed] == [first["notice_id"]]


def test_what_cannot_be_understood_is_kept(program: FlaskClient, session: Session):
    answer = program.post("/api/v1/notices", data=b"<!DOCTYPE a><voe:VOEvent/>").get_json()
    assert answer["state"] in {"quarantined", "unknown"}
    assert answer["error"]
    assert session.get(ReceivedNotice, answer["notice_id"]).payload.startswith(b"<!DOCTYPE")


def test_a_notice_may_be_as_large_as_the_largest_map(program: FlaskClient):
    body = b"{" + b" " * 2_000_000
    assert program.post("/api/v1/notices", data=body).status_code == 200
    body = b" " * (MAX_NOTICE_SIZE + 1)
    assert program.post("/api/v1/notices", data=body).status_code == 413


def test_other_bodies_are_small(program: FlaskClient, session: Session):
    event = add_event(session)
    answer = program.post(f"/api/v1/events/{event.id}/plans", json={"telescope": "x" * 1_000_001})
    assert answer.status_code in {400, 413}


def test_an_empty_notice_is_none(program: FlaskClient):
    assert program.post("/api/v1/notices").status_code == 422
    assert program.post("/api/v1/notices?topic=" + "x" * 121, data=b"x").status_code == 422


def test_a_plan_is_asked_for_as_on_the_page(program: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    answer = program.post(f"/api/v1/events/{event.id}/plans", json=PLAN_REQUEST)
    assert answer.status_code == 202
    plan = session.get(Plan, answer.get_json()["id"])
    assert plan.request == PLAN_REQUEST["request"]
    assert plan.author == "program-approver"


def test_a_list_of_targets_is_asked_for_as_on_the_page(program: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    address = f"/api/v1/events/{event.id}/plans"

    def ask(planner: str, telescope: str, filters: list[str], *targets: object):
        wish = PLAN_REQUEST["request"] | {"filters": filters, "targets": list(targets)}
        body = {"planner": planner, "telescope": telescope, "request": wish}
        return program.post(address, json=body)

    assert ask("manual", "ZTF", ["g"], 543, 544).status_code == 202
    assert ask("manual", "LCO-1m-elp", ["r"], [120, 33.5]).status_code == 202
    plans = session.scalars(select(Plan).order_by(Plan.id)).all()
    assert [plan.request["targets"] for plan in plans] == [[543, 544], [[120, 33.5]]]
    for answer, words in (
        (ask("manual", "ZTF", ["g"]), "no field or position is given to the manual planner"),
        (ask("manual", "ZTF", ["g"], 99999), "ZTF has no field 99999"),
        (ask("manual", "ZTF", ["g"], "543"), "targets: Number 1 is neither the number of a field"),
        (ask("manual", "ZTF", ["g"], [120, 33.5]), "and no positions"),
        (ask("greedy", "ZTF", ["g"], 543), "only the manual planner observes targets"),
    ):
        assert answer.status_code == 422
        assert words in answer.get_json()["detail"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"no json", 400),
        (b"[]", 400),
        ({}, 422),
        ({**PLAN_REQUEST, "telescope": 7}, 422),
        ({**PLAN_REQUEST, "telescope": "Hubble"}, 422),
        ({**PLAN_REQUEST, "request": "tonight"}, 422),
        ({**PLAN_REQUEST, "request": {}}, 422),
        ({**PLAN_REQUEST, "surprise": 1}, 422),
        ({**PLAN_REQUEST, "program": "x" * 41}, 422),
        ({**PLAN_REQUEST, "request": {**PLAN_REQUEST["request"], "exposure_time": "long"}}, 422),
        ({**PLAN_REQUEST, "request": {**PLAN_REQUEST["request"], "filters": 3}}, 422),
    ],
)
def test_a_request_that_makes_no_plan_says_why(
    program: FlaskClient, session: Session, body, status: int
):
    event = add_event(session)
    add_localization(session, event)
    kind = {"data": body} if isinstance(body, bytes) else {"json": body}
    answer = program.post(f"/api/v1/events/{event.id}/plans", **kind)
    assert answer.status_code == status, answer.get_data()
    assert len(answer.get_json()["detail"]) > 10
    assert session.scalar(select(func.count()).select_from(Plan)) == 0


def test_one_key_submits_once(program: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    plan = add_plan(session, event)
    address, headers = f"/api/v1/plans/{plan.id}/submissions", {"Idempotency-Key": "key 12345"}
    body = {"preflight_id": add_preflight(session, plan).id}
    first = program.post(address, headers=headers, json=body)
    again = program.post(address, headers=headers, json=body)
    assert first.status_code == again.status_code == 202
    assert first.get_json() == again.get_json()
    assert program.post(address, json=body).status_code == 400
    submission = session.scalars(select(Submission)).one()
    assert submission.approved_by == "program-approver"
    listed = program.get(f"/api/v1/submissions?plan_id={plan.id}").get_json()
    assert [item["id"] for item in listed["items"]] == [submission.id]
    assert program.get(f"/api/v1/submissions?event_id={event.id + 1}").get_json()["items"] == []


def test_a_plan_that_may_not_be_sent_is_a_conflict(program: FlaskClient, session: Session):
    event = add_event(session, is_retracted=True)
    add_localization(session, event)
    plan = add_plan(session, event)
    answer = program.post(
        f"/api/v1/plans/{plan.id}/submissions",
        headers={"Idempotency-Key": "key 12345"},
        json={"preflight_id": add_preflight(session, plan).id},
    )
    assert answer.status_code == 409
    assert answer.get_json()["detail"] == f"{event.name} is retracted"


@pytest.mark.parametrize(
    ("findings", "body", "status", "words"),
    [
        ((), {}, 422, "preflight_id is the number"),
        ((), {"preflight_id": True}, 422, "preflight_id is the number"),
        ((), {"preflight_id": 4711}, 409, "was not checked"),
        ([("error", "the name is taken")], {"accept_warnings": True}, 409, "the name is taken"),
        ([("warning", "it waits")], {}, 409, "warnings of the check were not accepted"),
        ([("warning", "it waits")], {"accept_warnings": "yes"}, 422, "true or false"),
        ([("warning", "it waits")], {"accept_warnings": True}, 202, ""),
        ([("note", "it ends at dawn")], {}, 202, ""),
    ],
)
def test_a_preflight_decides_whether_a_plan_may_be_sent(  # noqa: PLR0917 - one table of cases
    program: FlaskClient, session: Session, findings, body: dict, status: int, words: str
):
    event = add_event(session)
    add_localization(session, event)
    plan = add_plan(session, event)
    preflight = add_preflight(session, plan, *findings)
    body = body if status == 422 and findings == () else {"preflight_id": preflight.id, **body}
    answer = program.post(
        f"/api/v1/plans/{plan.id}/submissions", headers={"Idempotency-Key": "key 12345"}, json=body
    )
    assert answer.status_code == status
    assert words in answer.get_json().get("detail", "")


def test_a_submission_is_withdrawn_once_it_is_asked_for(program: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    submission = add_submission(session, add_plan(session, event))
    answer = program.post(f"/api/v1/submissions/{submission.id}/withdraw")
    assert answer.status_code == 202
    assert answer.get_json()["withdrawal_requested"] is True


def test_a_draft_needs_executed_exposures(program: FlaskClient, session: Session):
    event = add_event(session)
    address = f"/api/v1/events/{event.id}/circulars"
    assert program.post(address, json={"telescopes": ["ZTF"]}).status_code == 409
    assert program.post(address, json={}).status_code == 409
    for wrong in ({"telescopes": ["Hubble"]}, {"telescope": "ZTF"}, {"kind": "poem"}):
        assert program.post(address, json=wrong).status_code == 422
    assert program.post(address, json=[]).status_code == 400


def test_a_circular_is_drafted_changed_approved_and_sent(program: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    add_exposures(session, add_submission(session, add_plan(session, event)), 3)
    add_coverage(session, event)
    address = f"/api/v1/events/{event.id}/circulars"
    draft = program.post(address, json={"telescopes": ["ZTF"]}).get_json()
    assert (draft["state"], draft["version"], draft["findings"]) == ("draft", 1, [])
    assert draft["values"]["ZTF.images"]["text"] == "3 images"
    one = f"/api/v1/circulars/{draft['id']}"
    changed = {"version": 1, "subject": draft["subject"], "text": draft["text"] + " More follows."}
    assert program.put(one, json={**changed, "version": True}).status_code == 422
    draft = program.put(one, json=changed).get_json()
    assert program.put(one, json=changed).status_code == 409
    by_hand = {"way": "by hand", "sha256": draft["sha256"]}
    assert program.post(f"{one}/send", json=by_hand).status_code == 409
    approved = program.post(f"{one}/approve", json={"sha256": draft["sha256"]}).get_json()
    assert (approved["state"], approved["approved_by"]) == ("approved", "program-approver")
    assert program.post(f"{one}/send", json={**by_hand, "way": "api"}).status_code == 409
    sent = program.post(f"{one}/send", json=by_hand).get_json()
    assert (sent["state"], sent["sendings"][0]["way"]) == ("unconfirmed", "by hand")
    settled = program.post(f"{one}/settle", json={"number": 45123}).get_json()
    assert (settled["state"], settled["sendings"][0]["number"]) == ("sent", 45123)


def test_a_map_made_from_a_position_has_contours_and_no_file(
    program: FlaskClient, session: Session
):
    event = add_event(session)
    localization = add_localization(session, event)
    assert program.get(f"/api/v1/localizations/{localization.id}/contours").status_code == 200
    answer = program.get(f"/api/v1/localizations/{localization.id}/file")
    assert answer.status_code == 404
    assert "made from a position" in answer.get_json()["detail"]


def test_the_telescopes_say_what_can_be_asked_of_them(program: FlaskClient):
    (ztf,) = [
        item for item in program.get("/api/v1/telescopes").get_json()["items"]
        if item["name"] == "ZTF"
    ]  # fmt: skip
    assert ztf["filters"] == ["g", "r", "i"]
    assert ztf["latitude"] == pytest.approx(33.357, abs=0.01)
    assert ztf["has_robot"] is True


DEEP = [b'{"a":' * 100_000 + b"1" + b"}" * 100_000, b"[" * 100_000 + b"]" * 100_000]


@pytest.mark.parametrize("body", DEEP, ids=["objects", "lists"])
def test_deep_json_is_a_bad_request_at_every_address(
    program: FlaskClient, session: Session, body: bytes
):
    event = add_event(session)
    for rule in program.application.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1/") or rule.rule == "/api/v1/notices":
            continue
        address = rule.rule
        for converter in ("event_id", "rule_id"):
            address = address.replace(f"<row:{converter}>", str(event.id))
        address = re.sub(r"<[^>]+>", "1", address)
        for method in sorted(rule.methods & {"POST", "PUT", "PATCH"}):
            answer = program.open(
                address, method=method, data=body, content_type="application/json"
            )
            assert answer.status_code < 500, (method, address)
    answer = program.post(
        f"/api/v1/events/{event.id}/plans", data=body, content_type="application/json"
    )
    assert answer.status_code == 400
    assert "nested too deeply" in answer.get_json()["detail"]
