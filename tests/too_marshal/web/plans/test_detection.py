"""A plan to detect a source, from the form to its page, and of a rule."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_localization
from tests.too_marshal.web.event.test_page import FORM, page
from too_marshal.db.observing.plans import Plan
from too_marshal.web.plans.text import what_else
from too_marshal.workflows.planning.compute import as_asked
from too_marshal.workflows.planning.curve import work_out_curve
from too_marshal.workflows.planning.plan import compute
from too_marshal.workflows.rules.fields import RuleInvalid, checked

DETECTION = {
    "objective": "detection", "source": "afterglow", "exposure_times": "30, 120",
    "moon_separation": "0", "planner": "optimal",
}  # fmt: skip


@pytest.mark.usefixtures("evening")
def test_it_is_asked_for_made_and_said(observer: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    answer = observer.post(f"/events/{event.id}/plans", data=FORM | DETECTION)
    assert answer.status_code == 303, re.findall(r'"problem[^>]*>([^<]+)', answer.text)
    plan = session.scalars(select(Plan)).one()
    assert plan.request["exposure_times"] == [30, 120]
    # It fades from the event on, and not from the window.
    asked = as_asked(session, plan)
    assert asked.trigger_time is not None
    assert asked.trigger_time.datetime == event.event_time.replace(tzinfo=None)
    compute(session, plan.id)
    figures = plan.statistics
    assert 0 < figures["detection_probability"] <= figures["detection_bound"]
    shown = page(observer, answer.location)
    assert "Detects the source" in shown
    assert "there is no dust map" in shown
    assert {each.exposure_time for each in plan.exposures} <= {30, 120}
    work_out_curve(session, plan.id)
    assert plan.curve["objective"] == "detection"
    assert "% detected with" in page(observer, answer.location)
    assert "detects" in page(observer, f"/events/{event.id}")


@pytest.mark.usefixtures("evening")
@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ({"source": ""}, "Say what is to be detected."),
        ({"source": "nova"}, "One of kilonova, gw170817"),
        ({"objective": "beauty"}, "One of coverage, detection."),
        ({"exposure_times": "30, long"}, "A number of seconds"),
        ({"exposure_times": "30, 5000"}, "From 1 to 3600"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    observer: FlaskClient, session: Session, typed: dict[str, str], fault: str
):
    event = add_event(session)
    add_localization(session, event)
    answer = observer.post(f"/events/{event.id}/plans", data=FORM | DETECTION | typed)
    assert answer.status_code == 422
    assert fault in answer.text.replace("&#39;", "'").replace("Exposure times f", "F")


def test_a_rule_says_what_it_looks_for_and_is_refused_where_it_cannot():
    rule = {
        "name": "r", "plans": True, "telescope": "ZTF", "filters": ["g", "r"],
        "exposure_time": 30.0, "planner": "optimal", "objective": "detection",
        "source": "kilonova", "exposure_times": [30.0, 300.0], "detections": 1,
    }  # fmt: skip
    (words,) = what_else(checked(rule))
    assert words == (
        "is to detect a kilonova of -16 +- 1.3 mag in 1 visit in exposures of 30 or 300 s"
    )
    with pytest.raises(RuleInvalid, match="Say what is to be detected"):
        checked(rule | {"source": ""})
    with pytest.raises(RuleInvalid, match="optimal and the greedy planner"):
        checked(rule | {"planner": "gwemopt"})
    with pytest.raises(RuleInvalid, match="One of kilonova"):
        checked(rule | {"source": "nova"})
