"""What telescope time would buy, asked in the form before there is a plan."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from planners.skymaps.skymap import SkyMap
from tests.too_marshal.clocks import RA, later
from tests.too_marshal.factories import add_event, add_localization, circle_map
from tests.too_marshal.web.event.test_page import FORM, page
from tests.too_marshal.workflows.planning.test_plan_queue import event_with_map
from too_marshal.db.observing.curves import AskedCurve
from too_marshal.db.observing.plans import Plan
from too_marshal.workflows.planning import curve
from too_marshal.workflows.planning.curve import work_out_asked_curve

pytestmark = pytest.mark.usefixtures("evening")

HX = {"HX-Request": "true"}
TYPED = FORM | {"planner": "optimal", "moon_separation": "0", "maximum_time": "5"}


def ask(client: FlaskClient, event_id: int, **typed: str):
    return client.post(f"/events/{event_id}/curves", data=TYPED | typed, headers=HX)


def test_the_form_shows_progress_and_then_a_handle_for_its_budget(
    observer: FlaskClient, session: Session
):
    event = event_with_map(session)
    assert f'hx-post="/events/{event.id}/curves"' in page(observer, f"/events/{event.id}")
    answer = ask(observer, event.id)
    row = session.scalars(select(AskedCurve)).one()
    assert answer.status_code == 200
    assert f'hx-get="/curves/{row.id}"' in answer.text
    assert "<progress" in answer.text
    jobs = session.execute(text("SELECT task_name, args FROM procrastinate_jobs")).all()
    assert jobs == [("work_out_asked_curve", {"curve_id": row.id})]
    assert session.scalars(select(Plan)).all() == []
    work_out_asked_curve(session, row.id)
    drawn = observer.get(f"/curves/{row.id}", headers=HX).text
    assert "<html" not in drawn
    assert "hx-get" not in drawn
    minutes = [float(value) for value in re.findall(r'data-set="([^"]+)"', drawn)]
    assert len(minutes) > 3
    assert minutes[-1] > 5, "the budget of the form is what is asked about"
    assert minutes == sorted(minutes)
    assert 'data-sets="plan-maximum_time"' in drawn
    whole = page(observer, f"/curves/{row.id}")
    assert whole.count("<li>") >= len(minutes), "each point is said where no script runs"


def test_the_same_question_is_asked_once_for_a_while(observer: FlaskClient, session: Session):
    event = event_with_map(session)
    ask(observer, event.id)
    ask(observer, event.id)
    assert len(session.scalars(select(AskedCurve)).all()) == 1
    ask(observer, event.id, airmass_limit="1.5")
    assert len(session.scalars(select(AskedCurve)).all()) == 2
    with later(minutes=11):
        ask(observer, event.id)
    assert len(session.scalars(select(AskedCurve)).all()) == 3


def test_without_a_script_it_has_a_page(observer: FlaskClient, session: Session):
    event = event_with_map(session)
    answer = observer.post(f"/events/{event.id}/curves", data=TYPED)
    row = session.scalars(select(AskedCurve)).one()
    assert (answer.status_code, answer.location) == (303, f"/curves/{row.id}")
    assert "Look again" in page(observer, answer.location)
    refused = observer.post(f"/events/{event.id}/curves", data=TYPED | {"airmass_limit": "0"})
    assert refused.status_code == 422
    assert "From 1 to 10" in refused.text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"airmass_limit": "0"}, "From 1 to 10."),
        ({"planner": "manual", "targets": "600"}, "where a planner chooses the fields"),
        ({"excluded_fields": "99999"}, "ZTF has no field 99999"),
        ({"map": "4711"}, "has no map 4711"),
    ],
)
def test_what_is_wrong_is_said_in_the_form(
    observer: FlaskClient, session: Session, typed: dict, words: str
):
    answer = ask(observer, event_with_map(session).id, **typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'id="plan-form"' in answer.text
    assert answer.headers["HX-Retarget"] == "#plan-form"
    assert session.scalars(select(AskedCurve)).all() == []


def test_a_night_without_darkness_and_a_fault_are_told(
    observer: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
):
    event = add_event(session)
    add_localization(session, event, circle_map(RA, 30.0, 4.0))
    ask(observer, event.id, start="2026-11-22 18:00", end="2026-11-22 20:00")
    row = session.scalars(select(AskedCurve)).one()
    work_out_asked_curve(session, row.id)
    assert "Nothing can be observed" in observer.get(f"/curves/{row.id}", headers=HX).text
    ask(observer, event.id)
    row = session.scalars(select(AskedCurve).order_by(AskedCurve.id.desc())).first()

    def broken(*_: SkyMap) -> None:
        raise RuntimeError("no memory")

    monkeypatch.setattr(curve, "probability_curve", broken)
    work_out_asked_curve(session, row.id)
    told = observer.get(f"/curves/{row.id}", headers=HX).text
    assert "It cannot be worked out: <bdi>RuntimeError: no memory" in told
    ask(observer, event.id)
    assert len(session.scalars(select(AskedCurve)).all()) == 3, "it is tried again"
