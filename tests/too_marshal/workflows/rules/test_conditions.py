"""A condition of a rule stands once: what is made from it needs no second word."""

from __future__ import annotations

import pytest

from too_marshal.api.rules import WANTED
from too_marshal.db.events import Event
from too_marshal.db.observing.plans import PlanRule
from too_marshal.web.rules.form import ASKED, RuleForm
from too_marshal.web.rules.text import when
from too_marshal.workflows.rules.conditions import CONDITIONS, Case
from too_marshal.workflows.rules.decide import failed_conditions, needs_map
from too_marshal.workflows.rules.fields import RuleFields, as_usual, checked, columns, values_of

SET = {
    "streams": ["icecube"],
    "kinds": ["retraction"],
    "tests": True,
    "excluded_flags": ["known source"],
    "significant_only": True,
    "maximum_far": 1e-12,
    "minimum_astrophysical": 0.9,
    "minimum_has_ns": 0.5,
    "minimum_classes": {"BNS": 0.5},
    "duration_classes": ["short"],
    "maximum_area": 10.0,
    "maximum_distance": 100.0,
    "maximum_radius": 1.0,
    "fits_camera": True,
}
"""Each condition set so that the event below does not meet it."""

EVENT = {
    "stream": "lvk", "is_test": False, "is_retracted": False, "is_significant": False,
    "far": 1e-6, "classification": {"Terrestrial": 0.9}, "properties": {}, "attributes": {},
    "flags": ["known source"],
}  # fmt: skip


def rule(**values: object) -> PlanRule:
    return PlanRule(**columns({"name": "r", "notifies": True} | values))


@pytest.mark.parametrize("name", CONDITIONS)
def test_each_is_asked_for_described_said_and_applied(name: str):
    assert name in SET, "give the new condition a value here, and that is all"
    assert name in {item.name for item in ASKED}
    assert WANTED["properties"][name]["description"]
    asking = rule(**{name: SET[name]})
    assert set(when(asking)) - set(when(rule())), "it is said in words"
    if name != "tests":
        case = Case(Event(**EVENT), "initial", None)
        other = set(failed_conditions(asking, case)) - set(failed_conditions(rule(), case))
        assert other, "the event is told why"
    assert needs_map(asking) == CONDITIONS[name].needs_map


@pytest.mark.parametrize("name", CONDITIONS)
def test_what_a_form_shows_is_what_it_takes(name: str):
    values = as_usual({"name": "r", "notifies": True, "telescope": "KPED", name: SET[name]})
    values_read = RuleForm.typed(RuleForm.of(values).values).rule()
    expected = pytest.approx(SET[name]) if isinstance(SET[name], float) else SET[name]
    assert values_read[name] == expected


def test_a_condition_that_an_old_row_does_not_know_is_as_usual():
    row = rule()
    row.conditions = {"streams": ["lvk"]}
    assert values_of(row)["maximum_area"] is None
    assert values_of(row)["streams"] == ["lvk"]


def test_every_field_survives_the_table():
    values = checked({"name": "r", "notifies": True, "telescope": "KPED"} | SET)
    assert values.keys() == RuleFields.model_fields.keys()
    assert values_of(PlanRule(**columns(values))) == values
