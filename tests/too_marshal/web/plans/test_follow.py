"""What the form of a plan offers for a telescope, and what it keeps for another."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from telescopes import TELESCOPES
from tests.too_marshal.factories import add_event
from too_marshal.web.plans.form import PlanForm
from too_marshal.workflows.rules.defaults import DEFAULT_RULES, NARROW, WIDE, usual_gain


@pytest.mark.parametrize("name", TELESCOPES)
def test_what_is_offered_can_be_asked_for(name: str):
    form = PlanForm.empty(TELESCOPES[name])
    wish = form.request()
    assert form.errors == {}
    assert wish["filters"] == list(TELESCOPES[name].default_filters)
    assert wish["exposure_time"] == pytest.approx(TELESCOPES[name].exposure_time.to_value("s"))


def test_a_plan_stops_where_the_shipped_rules_would():
    for rule in DEFAULT_RULES:
        gain = rule.get("request", {}).get("minimum_gain")
        if rule.get("telescope") and gain in {WIDE, NARROW}:
            assert usual_gain(TELESCOPES[rule["telescope"]]) == gain, rule["name"]
    assert usual_gain(TELESCOPES["ZTF"]) == WIDE
    assert usual_gain(TELESCOPES["DECam"]) == NARROW


def test_another_telescope_brings_its_own_defaults_and_what_was_typed_stays(
    observer: FlaskClient, session: Session
):
    event = add_event(session)
    typed = PlanForm.empty(TELESCOPES["ZTF"]).values | {
        "telescope": "DECam", "offered_for": "ZTF", "exposure_time": "45", "airmass_limit": "1.8",
    }  # fmt: skip
    answer = observer.post(f"/events/{event.id}/plan-form", data=typed)
    text = answer.get_data(as_text=True)

    def value(name: str) -> str:
        return re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', text)[1]  # type: ignore[index]

    assert value("filters") == "g, z"
    assert value("exposure_time") == "45"
    assert value("airmass_limit") == "1.8"
    assert value("offered_for") == "DECam"
    typed = typed | {"telescope": "Hubble"}
    assert observer.post(f"/events/{event.id}/plan-form", data=typed).status_code == 422
