"""Plans on any map of an event: an earlier one, a combined one, and one without the Earth."""

from __future__ import annotations

import re

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from planners.skymaps.files import read_skymap
from tests.too_marshal.api.conftest import caller, program
from tests.too_marshal.clocks import RA
from tests.too_marshal.factories import (
    add_event,
    add_exposures,
    add_localization,
    add_notice,
    add_plan,
    add_submission,
    circle_map,
)
from tests.too_marshal.web.event.test_page import FORM, page
from tests.too_marshal.workflows.planning.test_plan_queue import ask
from tests.too_marshal.workflows.submissions.test_submit import robot
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.db.observing.preflights import WARNING
from too_marshal.db.observing.replacements import Replacement
from too_marshal.workflows.localizations.localize import load_skymap
from too_marshal.workflows.planning.budget_plan import ask_for_budget
from too_marshal.workflows.planning.follow_up import ask_for_follow_up
from too_marshal.workflows.planning.plan import ask_for_plan, compute
from too_marshal.workflows.planning.rescore import rescore_event
from too_marshal.workflows.recommended_plan import recommended_plan
from too_marshal.workflows.submissions.approve import approve
from too_marshal.workflows.submissions.preflight import examine

__all__ = ["caller", "program", "robot"]

pytestmark = pytest.mark.usefixtures("evening")

GREEDY = {"planner": "greedy", "moon_separation": "0", "maximum_fields": "3"}


@pytest.fixture
def event(session: Session) -> Event:
    """One with two maps, the second of which is current."""
    event = add_event(session)
    add_localization(session, event, circle_map(RA, 30.0, 4.0))
    add_localization(session, event, circle_map(RA + 20, 30.0, 4.0))
    return event


def localizations(session: Session, event: Event) -> list[Localization]:
    query = select(Localization).where(Localization.event_id == event.id)
    return list(session.scalars(query.order_by(Localization.id)))


def newest(session: Session) -> Plan:
    return session.scalars(select(Plan).order_by(Plan.id.desc())).first()


def planned(session: Session, event: Event, localization_id: int | None = None) -> Plan:
    request = ask(session, event, moon_separation=0.0, maximum_fields=3).request
    plan = ask_for_plan(
        session, event, telescope="ZTF", planner="greedy", program="", request=request,
        author="ann", localization_id=localization_id,
    )  # fmt: skip
    compute(session, plan.id)
    return plan


def test_a_person_plans_on_an_earlier_map_and_the_page_says_so(
    observer: FlaskClient, session: Session, event: Event
):
    first, second = localizations(session, event)
    offered = page(observer, f"/events/{event.id}").split('id="plan-map"')[1].split("</select>")[0]
    assert re.findall(r'value="([^"]*)"[^>]*>([^<]+)', offered) == [
        ("", f"current ({second.id}: circle)"), (str(first.id), f"{first.id}: circle"),
    ]  # fmt: skip
    answer = observer.post(f"/events/{event.id}/plans", data=FORM | GREEDY | {"map": str(first.id)})
    assert answer.status_code == 303
    plan = newest(session)
    assert (plan.localization_id, plan.has_chosen_map) == (first.id, True)
    compute(session, plan.id)
    assert {round(row.ra / 20) for row in plan.exposures} == {round(RA / 20)}
    shown = page(observer, answer.location)
    assert f"<dt>Map</dt><dd>{first.id}: circle <small>not the current one</small>" in shown
    assert "Made on another map than the current one, as observer wanted" in shown
    listed = page(observer, f"/events/{event.id}")
    assert f"made on map {first.id}: circle, not the current one" in listed
    assert f'/plans/{plan.id}/preflights"' not in listed, "it is not the next step"


def test_it_is_not_shown_before_a_plan_on_the_current_map(session: Session, event: Event):
    current = planned(session, event)
    planned(session, event, localizations(session, event)[0].id)
    assert recommended_plan(session, event.id, ["ZTF"]) == current.id


def test_whoever_submits_it_is_warned_and_nothing_is_offered_in_its_place(
    session: Session, event: Event, robot
):
    first = localizations(session, event)[0]
    plan = planned(session, event, first.id)
    warnings = [item["words"] for item in examine(session, robot.robots, plan)
                if item["level"] == WARNING]  # fmt: skip
    assert f"it was made on map {first.id}: circle, which is not the current one" in warnings
    approve(session, robot.robots, plan.id, by="ann", idempotency_key="k")
    older = add_plan(session, event)
    add_submission(session, older)
    add_localization(session, event, circle_map(RA + 21, 30.0, 4.0))
    rescore_event(session, event.id)
    replaced = [row.submission.plan_id for row in session.scalars(select(Replacement))]
    assert replaced == [older.id], "the other was made on what was current then"
    session.refresh(plan)
    assert plan.rescored["localization_id"] == event.current_localization_id


def test_what_is_missing_and_a_budget_stay_on_the_map(session: Session, event: Event):
    first = localizations(session, event)[0]
    plan = planned(session, event, first.id)
    add_exposures(session, add_submission(session, plan), 1)
    follow_up = ask_for_follow_up(session, plan, by="ann")
    plan.curve = {
        "telescope_time": [60.0, 120.0], "exposures": [1, 2], "probability_all_filters": [0.1, 0.2],
        "probability": [0.1, 0.2], "upper_bound": [0.1, 0.2], "knee": 0,
    }  # fmt: skip
    budget = ask_for_budget(session, plan, 1, by="ann")
    for made in (follow_up, budget):
        assert (made.localization_id, made.has_chosen_map) == (first.id, True)


def test_a_program_names_the_map(program: FlaskClient, session: Session, event: Event):
    first, second = localizations(session, event)
    body = {"telescope": "ZTF", "planner": "greedy", "request": ask(session, event).request}
    address = f"/api/v1/events/{event.id}/plans"
    made = program.post(address, json={**body, "localization_id": first.id})
    assert (made.status_code, made.json["localization_id"]) == (202, first.id)
    assert made.json["has_chosen_map"] is True
    made = program.post(address, json={**body, "localization_id": second.id})
    assert made.json["has_chosen_map"] is False, "it is the current one"
    other = add_localization(session, add_event(session, "S2"))
    for wish, words in (
        ({"localization_id": other.id}, f"has no map {other.id}; it has {second.id}, {first.id}"),
        ({"localization_id": "1"}, "localization_id is a whole number"),
        ({"no_earth": 1}, "no_earth is true or false"),
        ({"no_earth": True}, "nothing is known of the Earth in map"),
    ):
        refused = program.post(address, json={**body, **wish})
        assert refused.status_code == 422
        assert words in refused.json["detail"]


def burst(session: Session, **attributes: float) -> Event:
    event = add_event(session, "bn261122125", stream="fermi_gbm")
    row = add_localization(session, event, circle_map(RA, 30.0, 10.0))
    notice = add_notice(session, event, document={"attributes": attributes})
    row.notice_id = notice.id
    session.commit()
    return event


def test_the_earth_is_taken_out_of_a_map_of_gbm_with_its_source(
    observer: FlaskClient, session: Session
):
    event = burst(session, earth_ra_deg=RA - 67.0, earth_dec_deg=0.0)
    current = event.current_localization_id
    form = FORM | GREEDY | {"map": f"{current}-no-earth"}
    assert f'value="{current}-no-earth"' in page(observer, f"/events/{event.id}")
    for _ in range(2):
        assert observer.post(f"/events/{event.id}/plans", data=form).status_code == 303
    plan = newest(session)
    assert plan.localization_id != current
    assert len(localizations(session, event)) == 2, "it is made once"
    skymap = load_skymap(session, plan.localization)
    earth = SkyCoord((RA - 67.0) * u.deg, 0 * u.deg)
    directions = SkyCoord([RA - 6, RA + 6] * u.deg, 29 * u.deg)
    hidden = directions.separation(earth) < 67.5 * u.deg
    assert hidden.tolist() == [True, False]
    assert (skymap.density_at(directions) > 0).tolist() == [False, True]
    assert skymap.probability.sum() == pytest.approx(1)
    notice = plan.localization.notice_id
    assert plan.localization.description["source"] == f"notice {notice}"
    assert re.fullmatch(
        r"Without the 67\.5 deg around \(357\.6, \+0\) that the Earth hid, as notice "
        rf"{notice} says; \d+\.\d% of the probability was there\.",
        plan.localization.reason,
    )
    compute(session, plan.id)
    assert plan.state == PlanState.READY
    shown = page(observer, f"/plans/{plan.id}")
    assert f"<dd>{current} without the sky behind the Earth <small>not the current one" in shown
    session.refresh(event)
    assert event.current_localization_id == current
    jobs = session.scalars(text("SELECT task_name FROM procrastinate_jobs")).all()
    assert "propose_plans" not in jobs, "no rule looks at it"


def test_the_header_of_a_map_says_where_the_earth_was(session: Session, corpus):
    data = (corpus / "skymaps/fermi_gbm/glg_healpix_all_bn180116026.fit").read_bytes()
    event = add_event(session, "bn180116026", stream="fermi_gbm")
    base = add_localization(session, event, read_skymap(data), data)
    request = ask(session, event).request
    plan = ask_for_plan(
        session, event, telescope="ZTF", planner="greedy", program="", request=request,
        author="ann", no_earth=True,
    )  # fmt: skip
    described = plan.localization.description
    assert (described["ra"], described["dec"]) == pytest.approx((336.883, -8.513), abs=1e-3)
    assert (described["radius"], described["source"]) == (67.5, "the header of the map")
    earth = SkyCoord(336.883 * u.deg, -8.513 * u.deg)
    whole, left = load_skymap(session, base), load_skymap(session, plan.localization)
    assert float(left.density_at(earth)) == 0.0
    assert left.area(1.0) < whole.area(1.0)


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({}, "nor a notice of bn261122125 says where the Earth was"),
        (
            {"earth_ra_deg": RA, "earth_dec_deg": 30.0, "earth_radius_deg": 89.0},
            "lies behind the Earth",
        ),
    ],
)
def test_a_map_that_cannot_be_masked_says_why(
    observer: FlaskClient, session: Session, attributes: dict, words: str
):
    event = burst(session, **attributes)
    if attributes:
        small = circle_map(RA, 30.0, 0.5)
        row = add_localization(session, event, small)
        row.notice_id = localizations(session, event)[0].notice_id
        row.variant = "fetched"
        session.commit()
    form = FORM | GREEDY | {"map": f"{event.current_localization_id}-no-earth"}
    answer = observer.post(f"/events/{event.id}/plans", data=form)
    assert answer.status_code == 422
    assert words in answer.text
    assert session.scalars(select(Plan)).all() == []
