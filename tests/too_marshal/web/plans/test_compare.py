"""Two plans beside one another."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_localization, add_plan, circle_map
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.observing.plans import PlanState


def value(text: str, name: str) -> list[str]:
    row = re.search(rf'<th scope="row">{re.escape(name)}</th>(.*?)</tr>', text, re.DOTALL)
    return [
        re.sub("<[^>]*>", "", cell) for cell in re.findall(r"<td>(.*?)</td>", row[1], re.DOTALL)
    ]


def test_differences_are_marked_and_pointings_told_apart(viewer: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    small, large = add_plan(session, event, most_fields=4), add_plan(session, event, most_fields=6)
    text = page(viewer, f"/events/{event.id}/compare?plan={small.id}&plan={large.id}")
    assert value(text, "Fields") == ["4", "6"]
    assert value(text, "Exposures") == ["8", "12"]
    assert "<strong>8</strong>" in text
    assert value(text, "Telescope") == ["ZTF", "ZTF"]
    assert "<strong>ZTF</strong>" not in text
    extra = [row.field_id for row in large.exposures[4:6]]
    assert f"<dd>2: {extra[0]}, {extra[1]}</dd>" in text
    assert "<dt>In both</dt><dd>4</dd>" in text
    assert 'form="compare"' in page(viewer, f"/events/{event.id}")


def test_both_are_measured_on_the_current_map(viewer: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    old = add_plan(session, event)
    current = add_localization(session, event, circle_map(151.0, 30.0, 8.0))
    new = add_plan(session, event)
    address = f"/events/{event.id}/compare?plan={old.id}&plan={new.id}"
    name = "Covers, in all filters"
    assert value(page(viewer, address), name) == ["not known on the current map", "69.0 %"]
    old.rescored = {
        "localization_id": current.id,
        "statistics": {**old.statistics, "probability_all_filters": 0.42},
    }
    session.commit()
    assert value(page(viewer, address), name) == ["42.0 %", "69.0 %"]


@pytest.mark.parametrize(
    "query", ["", "plan=1", "plan=1&plan=1", "plan=1&plan=x", "plan=1&plan=99"]
)
def test_what_are_not_two_plans_of_the_event_is_said(
    viewer: FlaskClient, session: Session, query: str
):
    event = add_event(session)
    add_localization(session, event)
    add_plan(session, event)
    answer = viewer.get(f"/events/{event.id}/compare?{query}")
    assert answer.status_code == 422
    assert re.search("Choose two plans|has no plan 99", answer.get_data(as_text=True))


def test_a_plan_that_is_not_computed_cannot_be_compared(viewer: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    plan, other = add_plan(session, event), add_plan(session, event, state=PlanState.COMPUTING)
    answer = viewer.get(f"/events/{event.id}/compare?plan={plan.id}&plan={other.id}")
    assert answer.status_code == 422
    assert "is computing" in answer.get_data(as_text=True)
