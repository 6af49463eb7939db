"""A plan that is downloaded, and one that is brought back in: by the page and by a program."""

from __future__ import annotations

import io
import json
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from telescopes import TELESCOPES
from telescopes.telescope import Telescope
from tests.too_marshal.api.conftest import caller, program
from tests.too_marshal.clocks import RA
from tests.too_marshal.factories import add_exposures, add_submission
from tests.too_marshal.web.event.test_page import FORM, page
from tests.too_marshal.workflows.planning.test_manual import FIELDS, near
from tests.too_marshal.workflows.planning.test_plan_queue import ask, event_with_map
from too_marshal.db.events import Event
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.workflows.planning.follow_up import ask_for_follow_up
from too_marshal.workflows.planning.plan import compute

__all__ = ["caller", "program"]

pytestmark = pytest.mark.usefixtures("evening")

LIMITS = {"moon_separation": "0", "airmass_limit": "2.5"}
"""Within which the plans of these tests are made."""


@pytest.fixture
def plan(session: Session) -> Plan:
    plan = ask(session, event_with_map(session), "greedy", filters=["g", "r"], maximum_fields=3)
    compute(session, plan.id)
    return plan


def sent(client: FlaskClient, event: Event, text: str, **typed: str):
    return client.post(
        f"/events/{event.id}/plans",
        data={**FORM, **LIMITS, **typed, "file": (io.BytesIO(text.encode()), "mine.csv")},
    )


def newest(session: Session) -> Plan:
    return session.scalars(select(Plan).order_by(Plan.id.desc())).first()


def taken(plan: Plan) -> list[tuple]:
    return [
        (row.field_id, row.filter, pytest.approx(row.start.timestamp(), abs=0.01),
         row.exposure_time, pytest.approx(row.airmass, abs=1e-3),
         pytest.approx(row.probability, abs=1e-3))
        for row in plan.exposures
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["json", "csv", "ecsv"])
def test_what_is_downloaded_comes_back_as_the_same_plan(
    observer: FlaskClient, session: Session, plan: Plan, kind: str
):
    text = page(observer, f"/plans/{plan.id}.{kind}")
    answer = sent(observer, plan.event, text)
    back = newest(session)
    assert answer.location == f"/plans/{back.id}", re.findall(r'"problem[^>]*>(.+)', answer.text)
    compute(session, back.id)
    assert back.state == PlanState.READY
    assert taken(back) == taken(plan)
    for name in ("probability", "probability_all_filters", "area", "exposures", "fields"):
        assert back.statistics[name] == pytest.approx(plan.statistics[name], rel=1e-2), name
    shown = page(observer, answer.location)
    assert "Brought in from mine.csv." in shown
    assert "cannot be submitted" not in shown


def test_a_plan_that_was_changed_by_hand_is_scored_as_it_stands(
    observer: FlaskClient, session: Session, plan: Plan
):
    header, *rows = page(observer, f"/plans/{plan.id}.csv").splitlines()
    sent(observer, plan.event, "\n".join([header, rows[0]]))
    back = newest(session)
    compute(session, back.id)
    assert [row.field_id for row in back.exposures] == [plan.exposures[0].field_id]
    assert back.request["targets"] == [plan.exposures[0].field_id]
    assert back.request["filters"] == ["g"]
    assert 0 < back.statistics["probability"] < plan.statistics["probability"]


def test_each_row_that_cannot_be_observed_is_named_with_its_reason(
    observer: FlaskClient, session: Session, plan: Plan
):
    field, low = near(RA, 30, 1)[0], near(60, -30, 1)[0]
    text = "\n".join(
        [
            "field_id,filter,start,exposure_time",
            f"{field},g,2026-11-22T06:00:00,30",
            f"{field},r,2026-11-22T06:00:20,30",
            f"{low},g,2026-11-22T07:00:00,30",
            f"{field},r,2026-11-22T20:00:00,30",
            "99999,r,2026-11-22T08:00:00,30",
        ]
    )
    answer = sent(observer, plan.event, text)
    assert answer.status_code == 422
    assert "1 of 5 rows cannot be used" in answer.text, "what is no exposure comes first"
    assert "Row 6: <bdi>ZTF has no field 99999</bdi>" in answer.text
    answer = sent(observer, plan.event, text.rpartition("\n")[0], airmass_limit="2")
    assert "3 of 4 rows cannot be used" in answer.text
    assert "Row 3: <bdi>it begins before the camera has read out" in answer.text
    assert re.search(r"Row 4: <bdi>it is [\d.]+ deg too low for the airmass limit", answer.text)
    assert re.search(r"Row 5: <bdi>the Sun is [\d.]+ deg too high", answer.text)
    assert newest(session).id == plan.id


def test_a_list_of_targets_is_planned_by_the_manual_planner(
    observer: FlaskClient, session: Session, plan: Plan
):
    answer = sent(observer, plan.event, "\n".join(["field_id", *map(str, FIELDS)]))
    assert answer.status_code == 303
    made = newest(session)
    assert (made.planner, made.request["targets"]) == ("manual", FIELDS)
    assert made.request["filters"] == ["g", "r"]
    compute(session, made.id)
    assert {row.field_id for row in made.exposures} == set(FIELDS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"field_id\n{FIELDS[0]}\n{FIELDS[0]}", "Row 3: <bdi>the same target stands in row 2"),
        ("ra,dec\n10,20", "Row 2: <bdi>ZTF observes the fields of its grid alone"),
        ("field_id,ra,dec\n600,10,20", "deg from field 600 ("),
        ("field_id,filter\n600,g", "the file has a column filter and none start"),
        ("name,filter\n600,g", "the file has no column field_id, nor ra and dec"),
        ("field_id\n", "the file has no rows"),
        ("{}", "the JSON object has no list of exposures"),
        ("{", "the file is no JSON"),
        ("# %ECSV 1.0\nnothing", "the file is no ECSV that astropy reads"),
        (json.dumps({"telescope": "DECam", "exposures": []}), "the file has no rows"),
    ],
)
def test_a_file_of_no_use_says_why(
    observer: FlaskClient, session: Session, plan: Plan, text: str, words: str
):
    answer = sent(observer, plan.event, text)
    assert answer.status_code == 422
    assert words in answer.text.replace("&#39;", "'")
    assert newest(session).id == plan.id


def test_a_file_and_a_typed_list_are_not_taken_together(observer: FlaskClient, plan: Plan):
    answer = sent(observer, plan.event, "field_id\n600", targets="601")
    assert "Give a file or a list, and not both." in answer.text


def test_a_plan_of_another_telescope_is_refused(observer: FlaskClient, plan: Plan):
    text = page(observer, f"/plans/{plan.id}.json")
    answer = sent(observer, plan.event, text, telescope="DECam", filters="g")
    assert "the file is a plan for ZTF, and not for DECam" in answer.text


def test_a_program_brings_a_plan_back_without_saying_more(
    program: FlaskClient, observer: FlaskClient, session: Session, plan: Plan
):
    address = f"/api/v1/events/{plan.event_id}/plans"
    text = page(observer, f"/plans/{plan.id}.ecsv")
    limits = {"moon_separation": 0.0}
    answer = program.post(address, json={"file": text, "name": "mine.ecsv", "request": limits})
    assert answer.status_code == 202, answer.text
    assert program.get(f"/api/v1/plans/{answer.json['id']}").json["document"] is None
    back = session.get_one(Plan, answer.json["id"])
    compute(session, back.id)
    assert taken(back) == taken(plan)
    assert back.telescope == "ZTF"
    for body, words in (
        ({"file": "field_id\n600"}, "does not say for which telescope"),
        ({"file": "field_id\n600", "telescope": "ZTF"}, "start: It is missing."),
        ({"file": "field_id\n9999", "telescope": "ZTF"}, "row 2: ZTF has no field 9999"),
        ({"file": 7}, "file is a text"),
        ({"file": text, "planner": "greedy"}, "no matter of a planner"),
    ):
        refused = program.post(address, json=body)
        assert refused.status_code == 422
        assert words in refused.json["detail"]


def test_positions_are_brought_where_the_telescope_takes_them(
    program: FlaskClient, session: Session
):
    event = event_with_map(session)
    telescope: Telescope = TELESCOPES["LCO-1m-elp"]
    rows = [f"{RA},{30 + k / 10},r,2026-11-22T06:{10 * k:02}:00" for k in range(3)]
    text = "\n".join(["ra,dec,filter,start", *rows, f"{RA},30,r,2026-11-22T08:00:00"])
    body = {"file": text, "telescope": telescope.name, "request": {"moon_separation": 0.0}}
    answer = program.post(f"/api/v1/events/{event.id}/plans", json=body)
    assert answer.status_code == 202, answer.text
    plan = session.get_one(Plan, answer.json["id"])
    compute(session, plan.id)
    assert plan.request["targets"] == [[RA, 30.0], [RA, 30.1], [RA, 30.2]]
    assert plan.request["filters"] == ["r", "r"]
    assert [row.field_id for row in plan.exposures] == [-1] * 4
    assert 0 < plan.statistics["probability_all_filters"] < plan.statistics["probability"]


def test_what_is_missing_of_it_can_be_planned(session: Session, observer: FlaskClient, plan: Plan):
    sent(observer, plan.event, page(observer, f"/plans/{plan.id}.json"))
    back = newest(session)
    compute(session, back.id)
    done = add_exposures(session, add_submission(session, back), 2)
    follow_up = ask_for_follow_up(session, back, by="ann")
    compute(session, follow_up.id)
    fields = {row.field_id for row in plan.exposures}
    assert follow_up.request["targets"] == list(dict.fromkeys(r.field_id for r in plan.exposures))
    assert {row.field_id for row in follow_up.exposures} <= fields
    assert len(follow_up.exposures) == len(plan.exposures) - len(done)
