"""A plan that a person changes by hand, on its page: the consequences first, then a new plan."""

from __future__ import annotations

import html
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.clocks import RA
from tests.too_marshal.factories import add_localization, add_submission, circle_map
from tests.too_marshal.web.event.test_page import page
from tests.too_marshal.web.plans.test_galaxies import CSV
from tests.too_marshal.workflows.planning.test_plan_queue import ask, event_with_map
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.db.observing.queues import Submission, SubmissionState
from too_marshal.workflows.planning.bring_in import bring_in
from too_marshal.workflows.planning.galaxies import bring_galaxies
from too_marshal.workflows.planning.plan import ask_for_plan, compute

pytestmark = pytest.mark.usefixtures("evening")


@pytest.fixture
def plan(session: Session) -> Plan:
    plan = ask(session, event_with_map(session), "greedy", filters=["g", "r"], maximum_fields=4)
    compute(session, plan.id)
    assert len(plan.exposures) == 8
    return plan


def sent(client: FlaskClient, plan: Plan, step: str = "show", **typed: object):
    fields = {name.replace("_", "-") if name[:5] == "place" else name: value
              for name, value in typed.items()}  # fmt: skip
    return client.post(f"/plans/{plan.id}/change", data={"step": step, **fields})


def newest(session: Session) -> Plan:
    return session.scalars(select(Plan).order_by(Plan.id.desc())).first()


def map_of(answer) -> str:
    return re.search(r'name="map" value="(\d+)"', answer.text)[1]


def numbers(text: str) -> dict[str, tuple[str, str]]:
    """Both plans, by the name of the quantity."""
    rows = re.findall(r'<th scope="row">([^<]+)</th><td>(.*?)</td><td>(.*?)</td></tr>', text)
    return {name: (first, re.sub("<.*?>", "", second)) for name, first, second in rows}


def test_the_page_of_a_plan_leads_to_the_form_and_the_form_names_every_exposure(
    observer: FlaskClient, viewer: FlaskClient, plan: Plan
):
    link = f'href="/plans/{plan.id}/change"'
    assert link in page(observer, f"/plans/{plan.id}")
    assert link not in page(viewer, f"/plans/{plan.id}")
    form = page(observer, f"/plans/{plan.id}/change")
    for number in range(1, 9):
        assert f'aria-label="Leave out exposure {number}"' in form
        assert f'name="place-{number}" value="{number}"' in form
    assert "Make this plan" not in form


def test_the_consequences_come_first_and_make_nothing(
    observer: FlaskClient, session: Session, plan: Plan
):
    answer = sent(observer, plan, leave=["1", "2"])
    assert answer.status_code == 200
    found = numbers(answer.text)
    assert found["Exposures"] == ("8", "6")
    before, after = (float(text.split()[0]) for text in found["Covers, in all filters"])
    assert 0 < after < before
    assert "UTC" in found["End"][0]
    assert "Every exposure can be taken" in answer.text
    assert "Make this plan" in answer.text
    assert re.search(r'name="leave" value="1"[^>]* checked', answer.text)
    assert not re.search(r'name="leave" value="3"[^>]* checked', answer.text)
    assert newest(session).id == plan.id


def test_the_new_plan_says_by_whom_and_of_which_it_was_made_and_is_not_submitted(
    observer: FlaskClient, session: Session, plan: Plan
):
    kept = [(row.field_id, row.start) for row in plan.exposures]
    seen = map_of(sent(observer, plan, leave="1", place_4="2"))
    answer = sent(observer, plan, "make", map=seen, leave="1", place_4="2")
    made = newest(session)
    assert answer.location == f"/plans/{made.id}", answer.text
    compute(session, made.id)
    session.refresh(plan)
    assert [(row.field_id, row.start) for row in plan.exposures] == kept
    fields = [plan.exposures[k].field_id for k in (1, 3, 2, 4, 5, 6, 7)]
    assert [row.field_id for row in made.exposures] == fields
    assert made.state == PlanState.READY
    assert (made.changed_from_id, made.author, made.telescope) == (plan.id, "observer", "ZTF")
    assert session.scalars(select(Submission)).all() == []
    shown = page(observer, answer.location)
    words = "1 exposure left out, 1 exposure moved."
    assert f"Changed by hand by observer from plan {plan.id}: {words}" in shown
    assert f'from <a href="/plans/{plan.id}">plan {plan.id}</a>' in shown


def test_what_becomes_impossible_is_named_and_cannot_be_made(
    observer: FlaskClient, session: Session, plan: Plan
):
    # The request ends with the plan: what the new order costs in time is not there.
    document = dict(plan.document)
    end = plan.statistics["end"]
    document["request"] = {**document["request"], "end": end}
    plan.document = document
    session.commit()
    typed = {"place_1": "8"}
    answer = sent(observer, plan, **typed)
    assert answer.status_code == 200
    named = re.findall(r"<li>Exposure \d, field \d+ in [gr] at [^<]*<bdi>([^<]+)", answer.text)
    assert named
    assert all("outside of the window of the request" in html.unescape(text) for text in named)
    assert "Make this plan" not in answer.text
    refused = sent(observer, plan, "make", map=map_of(answer), **typed)
    assert refused.status_code == 422
    assert "cannot be taken so" in refused.text
    assert newest(session).id == plan.id


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Nothing is changed"),
        ({"place_3": "9"}, "Exposure 3: 9 is no place from 1 to 8."),
        ({"place_3": "0"}, "Exposure 3: 0 is no place from 1 to 8."),
        ({"place_3": "<b>"}, "Exposure 3: &lt;b&gt; is no place from 1 to 8."),
        ({"place_3": "8", "leave": "1"}, "Exposure 3: 8 is no place from 1 to 7."),
        ({"leave": "77"}, "The plan has no exposure 77."),
        ({"leave": [str(k) for k in range(1, 9)]}, "No exposure would be left."),
    ],
)
def test_what_cannot_be_read_is_said(
    observer: FlaskClient, session: Session, plan: Plan, typed: dict[str, object], words: str
):
    answer = sent(observer, plan, **typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert newest(session).id == plan.id


def test_a_new_map_asks_for_another_look(observer: FlaskClient, session: Session, plan: Plan):
    seen = map_of(sent(observer, plan, leave="1"))
    add_localization(session, plan.event, circle_map(RA, 31.0, 4.0))
    answer = sent(observer, plan, "make", map=seen, leave="1")
    assert answer.status_code == 422
    assert "look at them again" in answer.text
    assert newest(session).id == plan.id
    again = sent(observer, plan, "make", map=map_of(answer), leave="1")
    assert again.status_code == 303
    assert newest(session).localization_id == plan.event.current_localization_id


@pytest.mark.parametrize("state", [SubmissionState.ACCEPTED, SubmissionState.DONE])
def test_a_submitted_plan_is_left_alone(
    observer: FlaskClient, session: Session, plan: Plan, state: SubmissionState
):
    seen = map_of(sent(observer, plan, leave="1"))
    submission = add_submission(session, plan)
    submission.state = state
    session.commit()
    assert "Change by hand" not in page(observer, f"/plans/{plan.id}")
    assert observer.get(f"/plans/{plan.id}/change").status_code == 409
    for step in ("show", "make"):
        answer = sent(observer, plan, step, map=seen, leave="1")
        assert answer.status_code == 409
        assert "it was submitted" in answer.text
    assert newest(session).id == plan.id


def test_closed_up_the_plan_ends_earlier(observer: FlaskClient, plan: Plan):
    answer = sent(observer, plan, leave=["2"], closed_up="yes")
    assert "Every exposure can be taken" in answer.text
    assert re.search(r"<td>[^<]+ earlier</td>", answer.text)


def test_a_plan_that_looks_for_a_source_keeps_its_exposure_times(
    observer: FlaskClient, session: Session
):
    plan = ask(
        session, event_with_map(session), "optimal", filters=["r"], maximum_fields=3,
        objective="detection", source="gw170817", exposure_times=[30.0, 120.0],
    )  # fmt: skip
    compute(session, plan.id)
    assert len(plan.exposures) > 1, plan.remark
    answer = sent(observer, plan, leave="1")
    assert "how likely it detects the source is not worked out" in answer.text
    answer = sent(observer, plan, "make", map=map_of(answer), leave="1")
    made = newest(session)
    assert answer.location == f"/plans/{made.id}", answer.text
    compute(session, made.id)
    times = [row.exposure_time for row in plan.exposures[1:]]
    assert [row.exposure_time for row in made.exposures] == times
    assert "not worked out, only what it covers" in made.remark
    assert made.statistics["probability_all_filters"] > 0


def test_positions_off_the_grid_are_moved_too(observer: FlaskClient, session: Session):
    event = event_with_map(session)
    text = "\n".join(
        ["ra,dec,filter,start"]
        + [f"{RA},{30 + k / 10},r,2026-11-22T06:{10 * k:02}:00" for k in range(3)]
    )
    plan = bring_in(
        session, event, data=text.encode(), name="a table", telescope="LCO-1m-elp", program="",
        request={"moon_separation": 0.0}, author="ann",
    )  # fmt: skip
    compute(session, plan.id)
    answer = sent(observer, plan, place_3="1")
    assert "Every exposure can be taken" in answer.text
    sent(observer, plan, "make", map=map_of(answer), place_3="1")
    made = newest(session)
    compute(session, made.id)
    assert [row.dec for row in made.exposures] == pytest.approx([30.2, 30.0, 30.1])
    assert made.exposures[0].start == plan.exposures[0].start


def test_a_plan_of_galaxies_is_changed_and_its_charts_keep_them(
    observer: FlaskClient, session: Session
):
    event = event_with_map(session)
    table = bring_galaxies(session, event, data=CSV.encode(), name="hosts", by="ann")
    plan = ask_for_plan(
        session, event, telescope="KPED", planner="galaxies", program="", author="ann",
        galaxies=table.id,
        request={
            "start": "2026-11-22T03:07:00", "end": "2026-11-22T12:00:00", "filters": ["r"],
            "exposure_time": 120.0, "moon_separation": 0.0, "airmass_limit": 2.5,
        },
    )  # fmt: skip
    compute(session, plan.id)
    assert len(plan.exposures) > 1, plan.remark
    answer = sent(observer, plan, leave="1")
    answer = sent(observer, plan, "make", map=map_of(answer), leave="1")
    made = newest(session)
    assert answer.location == f"/plans/{made.id}", answer.text
    compute(session, made.id)
    assert made.state == PlanState.READY
    chart = observer.get(f"/plans/{made.id}/charts/1.svg").text
    assert "Galaxies of hosts" in chart
    assert "Mpc" in chart
