"""A person's own list, from the form to the page of its plan."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_localization
from tests.too_marshal.web.event.test_page import FORM, page
from tests.too_marshal.workflows.planning.test_manual import FIELDS, near
from too_marshal.db.observing.plans import Plan
from too_marshal.workflows.planning.plan import compute

SOUTH = near(60, -30, 1)[0]
"""Never above the airmass limit of the form at Palomar."""


@pytest.mark.usefixtures("evening")
def test_a_list_becomes_a_plan_whose_page_says_what_was_asked_and_why_not(
    observer: FlaskClient, session: Session
):
    event = add_event(session)
    add_localization(session, event)
    listed = [*FIELDS, SOUTH]
    typed = {
        "planner": "manual", "moon_separation": "0", "minimum_gain": "1",
        "targets": "\r\n".join(map(str, listed)),
    }  # fmt: skip
    answer = observer.post(f"/events/{event.id}/plans", data=FORM | typed)
    assert answer.status_code == 303, re.findall(r'"problem[^>]*>([^<]+)', answer.text)
    plan = session.scalars(select(Plan)).one()
    assert plan.request["targets"] == listed
    compute(session, plan.id)
    shown = page(observer, answer.location)
    assert shown.count("<tr data-field=") == 2 * len(FIELDS)
    assert f"<dt>targets</dt><dd><bdi>{', '.join(map(str, listed))}</bdi>" in shown
    left_out = shown.split("Fields left out, and why")[1]
    assert re.findall(r'<td class="num">(\w+)</td><td>(\w+)</td>', left_out) == [
        (str(SOUTH), "airmass")
    ]
    assert "being worked out" not in shown
    assert "10 more minutes" not in shown, "a list is observed whatever it adds"
    assert 'id="approval"' in shown
    assert "cannot be submitted" not in shown


@pytest.mark.usefixtures("evening")
def test_a_position_that_cannot_be_observed_is_called_one(observer: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    typed = {
        "planner": "manual", "telescope": "LCO-1m-elp", "filters": "r", "exposure_time": "60",
        "targets": "64.6 -80",
    }  # fmt: skip
    answer = observer.post(f"/events/{event.id}/plans", data=FORM | typed)
    assert answer.status_code == 303, re.findall(r'"problem[^>]*>([^<]+)', answer.text)
    plan = session.scalars(select(Plan)).one()
    assert plan.request["targets"] == [[64.6, -80.0]]
    compute(session, plan.id)
    assert '<td class="num">a position</td><td>airmass</td>' in page(observer, answer.location)
