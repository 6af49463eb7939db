"""What a rule asks of its plan besides numbers: typed, said in words, and asked of the planner."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from planners.files.plan_files import request_from_json
from planners.files.request_fields import ObservingLimits
from tests.too_marshal.factories import add_event, add_localization
from tests.too_marshal.web.event.test_page import page
from tests.too_marshal.web.rules.test_pages import stored
from tests.too_marshal.workflows.rules.test_decide import rule as make_rule
from too_marshal.db.observing.plans import Plan, PlanRule
from too_marshal.web.rules.form import LIMITS, RuleForm
from too_marshal.web.rules.text import then
from too_marshal.workflows.planning.plan import propose_plans
from too_marshal.workflows.rules.fields import as_usual, requested, values_of

pytestmark = pytest.mark.usefixtures("fresh_rules")

SET = {
    "galactic_latitude": 10.0,
    "right_ascension": [350.0, 20.0],
    "excluded_fields": [543, 544],
    "blocks": 2,
}
TYPED = {
    "name": "Plan: all", "plans": "yes", "enabled": "yes", "act": "save", "telescope": "ZTF",
    "filters": "g, r", "exposure_time": "30", "planner": "greedy", "galactic_latitude": "10",
    "right_ascension": "23:20:00, 1:20:00", "excluded_fields": "543 544", "blocks": "2",
}  # fmt: skip


def test_everything_that_a_request_and_a_rule_have_in_common_is_in_the_form(observer: FlaskClient):
    offered = page(observer, "/rules/new")
    assert set(SET) <= set(ObservingLimits.model_fields)
    for name in ObservingLimits.model_fields:
        assert f'name="{name}"' in offered
    assert {asked.name for asked in LIMITS} >= set(ObservingLimits.model_fields)


@pytest.mark.parametrize("name", SET)
def test_what_a_form_shows_is_what_it_takes(name: str):
    values = as_usual({"name": "r", "notifies": True, name: SET[name]})
    assert RuleForm.typed(RuleForm.of(values).values).rule()[name] == SET[name]


def test_a_rule_is_typed_said_and_asked_of_the_planner(admin: FlaskClient, session: Session):
    for shipped in session.scalars(select(PlanRule)):
        shipped.enabled = False
    session.commit()
    answer = admin.post("/rules", data=TYPED)
    assert answer.status_code == 303, answer.text
    added = stored(session, TYPED["name"])
    assert {name: added.request[name] for name in SET} == SET
    words = (
        "the plan stays 10 deg off the Galactic plane, keeps to right ascensions from 350 "
        "eastward to 20 deg, leaves out the fields 543 and 544, has 2 filter blocks"
    )
    assert words in then(added)
    assert words in page(admin, "/rules")
    event = add_event(session)
    propose_plans(session, add_localization(session, event).id)
    request = request_from_json(session.scalars(select(Plan)).one().request)
    assert request.galactic_latitude.to_value("deg") == 10
    assert [angle.to_value("deg") for angle in request.right_ascension] == [350, 20]
    assert request.excluded_fields == {543, 544}
    assert request.blocks == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"galactic_latitude": "91"}, "From 0 to 90 deg"),
        ({"right_ascension": "350"}, "From and to apart by a comma"),
        ({"right_ascension": "20, 20"}, "Two different angles"),
        ({"excluded_fields": "543, five"}, "whole number, and not &#39;five&#39;"),
        ({"excluded_fields": "543, 99999"}, "ZTF has no field 99999."),
        ({"excluded_fields": "1 " * 10_001}, "At most 20000 characters"),
        ({"blocks": "0"}, "From 1 on"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_lost(
    admin: FlaskClient, session: Session, change: dict[str, str], words: str
):
    answer = admin.post("/rules", data=TYPED | change)
    assert answer.status_code == 422
    name = next(iter(change))
    assert words in answer.text.split(f'id="rule-{name}-error"')[1].split("</p>")[0]
    for other, value in TYPED.items():
        if other not in {*change, "plans", "enabled", "act", "telescope", "planner"}:
            assert f'name="{other}" value="{value}"' in answer.text
    session.expire_all()
    assert TYPED["name"] not in set(session.scalars(select(PlanRule.name)))


def test_a_rule_of_before_is_as_usual(session: Session):
    row = make_rule(name="old")
    row.request = {name: value for name, value in row.request.items() if name not in SET}
    session.add(row)
    session.commit()
    session.expire_all()
    usual = dict.fromkeys(SET) | {"excluded_fields": []}
    values = values_of(stored(session, "old"))
    assert {name: values[name] for name in SET} == usual
    assert then(row) == then(make_rule(name="old"))
    times = {"start": "2026-11-22T03:00:00Z", "end": "2026-11-22T13:00:00Z"}
    assert request_from_json(times | requested(row)).excluded_fields == frozenset()
    assert RuleForm.of(values).rule() == values


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ([7], "the plan leaves out the field 7"),
        ([7, 8, 9], "the plan leaves out the fields 7, 8 and 9"),
        (
            list(range(1, 101)),
            "the plan leaves out the fields 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 88 more",
        ),
    ],
)
def test_fields_are_named_and_of_many_the_first(fields: list[int], words: str):
    assert words in then(make_rule(excluded_fields=fields))
