"""The API's description is true: every route is in it, and every answer is as it says."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.api.conftest import Caller
from tests.too_marshal.factories import (
    add_circular,
    add_coverage,
    add_event,
    add_exposures,
    add_import,
    add_localization,
    add_night,
    add_object,
    add_plan,
    add_preflight,
    add_replacement,
    add_submission,
)
from too_marshal.api.openapi import document
from too_marshal.api.operations import OPERATIONS
from too_marshal.db.alarms import Alarm
from too_marshal.db.circulars import BY_HAND as SENT_BY_HAND
from too_marshal.db.circulars import CircularDraft, sha256_of_circular
from too_marshal.db.events import EventLink
from too_marshal.db.localizations import Drawing
from too_marshal.db.observing.plans import PlanRule, PlanState, RuleDecision, RuleTrial
from too_marshal.deployment.circulars.ways import CircularWays
from too_marshal.workflows.by_hand.enter import enter
from too_marshal.workflows.by_hand.request import checked
from too_marshal.workflows.circulars.approve import approve
from too_marshal.workflows.circulars.send import ask_to_send
from too_marshal.workflows.planning.galaxies import bring_galaxies

DOCUMENT = document()
PREFIX = "/api/v1"
TEXT_OF_FACTORY = sha256_of_circular(
    "LIGO/Virgo/KAGRA S260101a: observations with ZTF",
    "We observed the region of the trigger and obtained 12 images.\n",
)
PLAN_REQUEST = {
    "telescope": "ZTF",
    "request": {
        "start": "2026-11-22T03:00:00Z",
        "end": "2026-11-22T13:00:00Z",
        "filters": ["g", "r"],
        "exposure_time": 30,
        "minimum_gap": 1800,
        "airmass_limit": 2.5,
        "sun_altitude": -18,
        "moon_separation": 20,
    },
}


def validator(schema: dict) -> Draft202012Validator:
    whole = {"$id": "urn:api", "components": DOCUMENT["components"]}
    registry = Registry().with_resource(
        "urn:api", Resource(contents=whole, specification=DRAFT202012)
    )
    return Draft202012Validator(
        {"$id": "urn:api", **schema, "components": DOCUMENT["components"]},
        registry=registry,
        format_checker=FormatChecker(),
    )


def check(response, path: str, method: str) -> None:
    """The answer's status, type and body are as the description says."""
    described = DOCUMENT["paths"][path][method]["responses"]
    assert str(response.status_code) in described, (response.status, response.get_data())
    content = described[str(response.status_code)]["content"]
    assert response.mimetype in content
    if response.is_json or response.mimetype.endswith("+json"):
        validator(content[response.mimetype]["schema"]).validate(response.get_json(force=True))


def test_the_description_is_valid_openapi():
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_the_description_can_be_read_without_a_token(app: Flask):
    assert app.test_client().get("/api/v1/openapi.json").get_json() == DOCUMENT


def test_every_route_is_described_and_every_description_is_a_route(app: Flask):
    routes = {
        (re.sub(r"<row:(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.endpoint != "api.openapi"
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    described = {(path, method) for path, item in DOCUMENT["paths"].items() for method in item}
    assert routes == described


@pytest.fixture
def rows(session: Session) -> dict[str, int]:
    event = add_event(session)
    localization = add_localization(session, event, original=b"SIMPLE  =                    T")
    session.add(Drawing(localization_id=localization.id, all_sky=b"\x89PNG", zoom=b"\x89PNG"))
    plan = add_plan(session, event)
    submission = add_submission(session, plan)
    add_exposures(session, submission, 3)
    add_coverage(session, event)
    add_night(session, event)
    link = EventLink(
        first_id=event.id, second_id=add_event(session, "S2").id, kind="stated", reason="it says so"
    )
    rule_id = session.scalars(select(PlanRule.id)).first()
    trial = RuleTrial(candidate={"name": "x"}, days=30, asked_by="observer")
    decision = RuleDecision(
        rule_id=rule_id, rule_name="x", event_id=event.id, subject="notice", subject_id=1,
        applies=False, reasons=["it is long"],
    )  # fmt: skip
    session.add_all([link, trial, decision])
    session.commit()
    add_object(session, event, "ZTF25aaa")
    hosts = b"ra,dec,distance\n1,2,40"
    galaxies = bring_galaxies(session, event, data=hosts, name="hosts", by="ann")
    return {
        "link_id": link.id,
        "table_id": galaxies.id,
        "rule_id": rule_id,
        "trial_id": trial.id,
        "event_id": event.id,
        "localization_id": localization.id,
        "notice_id": localization.notice_id,
        "plan_id": plan.id,
        "computing_plan_id": add_plan(session, event, state=PlanState.COMPUTING).id,
        "submission_id": submission.id,
        "replacement_id": add_replacement(session, submission, add_plan(session, event)).id,
        "preflight_id": add_preflight(session, plan).id,
        "import_id": add_import(session, event).id,
        "circular_id": add_circular(session, event).id,
        "alarm_event_id": _with_alarm(session),
        "by_hand_id": enter(session, checked({**BY_HAND, "name": "AT 2026a"}), by="ann"),
    }


def _with_alarm(session: Session) -> int:
    event = add_event(session, "S260101z")
    session.add(Alarm(event_id=event.id, why="a rule", acknowledged_how=""))
    session.commit()
    return event.id


BY_HAND = {"name": "AT 2026abc", "event_time": "2026-01-01T00:00:00", "ra": 10.0, "dec": 20.0}


def _approved(session: Session, row: CircularDraft) -> None:
    approve(session, row.id, sha256=row.sha256, by="ann")


def _on_its_way(session: Session, row: CircularDraft) -> None:
    _approved(session, row)
    ask_to_send(session, CircularWays({}), row.id, way=SENT_BY_HAND, sha256=row.sha256, by="ann")


CIRCULARS = {"send_circular": _approved, "settle_circular": _on_its_way}
"""How far the circular has come before it is asked for something."""


BODIES = {
    "post_notice": {"data": b"<not a notice"},
    "post_plan": {"json": PLAN_REQUEST},
    "search_events": {"query_string": {"name": "S2"}},
    "post_event": {"json": BY_HAND},
    "put_correction": {"json": BY_HAND},
    "post_note": {"json": {"text": "seen"}},
    "put_charge": {"json": {"username": None, "instead_of": None}},
    "put_candidate": {"json": {"survey": "ZTF", "object_id": "ZTF25aaa", "status": "pending"}},
    "put_name": {"json": {"name": "GW260101"}},
    "post_link": {"json": {"event_id": 2}},
    "post_rule": {"json": {"name": "a new rule", "notifies": True}},
    "put_rule": {"json": {"name": "another name", "notifies": True}},
    "post_trial": {"json": {"rule": {"name": "a rule", "notifies": True}}},
    "post_circular": {"json": {"telescopes": ["ZTF"]}},
    "put_circular": {"json": {"version": 1, "subject": "GRB 261122A: a title", "text": "We saw."}},
    "refresh_circular": {"json": {"version": 1}},
    "approve_circular": {"json": {"sha256": TEXT_OF_FACTORY}},
    "send_circular": {"json": {"sha256": TEXT_OF_FACTORY, "way": "by hand"}},
    "settle_circular": {"json": {"number": 34397}},
    "lint_circular": {"json": {"subject": "Draft", "body": "1 exposures were taken."}},
    "post_exposures": {
        "data": b"field_id,filter,mjd\n700,g,61364.2\n9999999,g,61364.3\n",
        "query_string": {"telescope": "ZTF"},
    },
    "post_galaxies": {"data": b"ra,dec,distance\n1,2,40"},
    "post_submission": {
        "headers": {"Idempotency-Key": "a key of a test"},
        "json": {"preflight_id": 1},
    },
}


@pytest.mark.usefixtures("fresh_rules")
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda item: item.name)
def test_what_is_answered_is_as_described(caller: Caller, session, rows, operation):
    program = caller(operation.role)
    path = PREFIX + re.sub(r"<row:(\w+)>", r"{\1}", operation.path)
    if operation.name == "post_cancel":
        rows["plan_id"] = rows["computing_plan_id"]
    if path.endswith("/alarm/acknowledgment"):
        rows["event_id"] = rows["alarm_event_id"]
    if "by-hand" in path:
        rows["event_id"] = rows["by_hand_id"]
    if operation.name in CIRCULARS:
        CIRCULARS[operation.name](session, session.get_one(CircularDraft, rows["circular_id"]))
    address = path.format(**rows)
    response = program.open(
        address, method=operation.method.upper(), **BODIES.get(operation.name, {})
    )
    assert response.status_code == operation.status
    check(response, path, operation.method)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda item: item.name)
def test_refusals_are_as_described_too(app: Flask, caller: Caller, operation):
    program = caller(operation.role)
    path = PREFIX + re.sub(r"<row:(\w+)>", r"{\1}", operation.path)
    address = re.sub(r"{\w+}", "4711", path)
    method = operation.method.upper()
    anonymous = app.test_client().open(address, method=method)
    assert anonymous.status_code == 401
    check(anonymous, path, operation.method)
    if "{" in path:
        missing = program.open(address, method=method, **BODIES.get(operation.name, {}))
        assert missing.status_code == 404
        check(missing, path, operation.method)


def test_a_list_with_parameters_that_cannot_be_used_says_so(program: FlaskClient):
    for query in ("limit=0", "limit=201", "limit=x", "before=-1", "tests=maybe"):
        response = program.get(f"/api/v1/events?{query}")
        assert response.status_code == 422
        check(response, "/api/v1/events", "get")
