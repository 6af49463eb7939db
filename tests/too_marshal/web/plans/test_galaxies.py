"""Galaxies to aim at: brought by a person or a program, planned with, removed."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from astropy.table import Table
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from tests.too_marshal.api.conftest import caller, program
from tests.too_marshal.clocks import RA
from tests.too_marshal.factories import (
    add_event,
    add_exposures,
    add_localization,
    add_submission,
    circle_map,
)
from tests.too_marshal.web.event.test_page import FORM, page
from tests.too_marshal.workflows.planning.test_plan_queue import ask, event_with_map
from too_marshal.db.galaxies import GalaxyTable
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.workflows.planning.compute import as_asked
from too_marshal.workflows.planning.follow_up import ask_for_follow_up
from too_marshal.workflows.planning.galaxies import bring_galaxies, load_galaxies
from too_marshal.workflows.planning.plan import ask_for_plan, compute

__all__ = ["caller", "program"]

pytestmark = pytest.mark.usefixtures("evening")

HOSTS = Table(
    {"ra": [RA, RA + 1, RA + 2], "dec": [30.0, 30.5, 29.0], "distance": [40.0, 50.0, 60.0]}
)
CSV = "ra,dec,DistMpc,comment\n" + "\n".join(
    f"{row['ra']},{row['dec']},{row['distance']},a" for row in HOSTS
)
KPED = {
    "telescope": "KPED", "filters": "r", "exposure_time": "120", "minimum_gain": "",
    "moon_separation": "0", "airmass_limit": "2",
}  # fmt: skip


def file_of(kind: str) -> bytes:
    if kind == "fits":
        file = io.BytesIO()
        HOSTS.write(file, format="fits")
        return file.getvalue()
    text = io.StringIO()
    HOSTS.write(text, format=f"ascii.{kind}")
    return text.getvalue().encode()


def sent(client: FlaskClient, event_id: int, data: bytes, **typed: str):
    form = {"file": (io.BytesIO(data), "hosts.csv"), **typed}
    return client.post(f"/events/{event_id}/galaxies", data=form)


def test_kped_is_planned_at_the_galaxies_that_a_person_brings(
    observer: FlaskClient, session: Session
):
    event = event_with_map(session)
    assert sent(observer, event.id, CSV.encode() + b"\n1,2,,b").status_code == 303
    table = session.scalars(select(GalaxyTable)).one()
    shown = page(observer, f"/events/{event.id}/galaxies")
    assert "1 without position or distance left out" in shown
    assert "columns that were not used: <bdi>comment</bdi>" in shown
    assert f'<option value="{table.id}">hosts.csv (3)</option>' in page(
        observer, f"/events/{event.id}"
    )
    wish = KPED | {"planner": "galaxies", "galaxies": str(table.id)}
    answer = observer.post(f"/events/{event.id}/plans", data=FORM | wish)
    assert answer.status_code == 303, re.findall(r'"problem[^>]*>([^<]+)', answer.text)
    plan = session.scalars(select(Plan)).one()
    compute(session, plan.id)
    assert plan.state == PlanState.READY, plan.remark
    assert len(plan.exposures) == 3
    shown = page(observer, answer.location)
    assert "<dt>Galaxies</dt><dd>3 <small>hosts.csv</small>" in shown


@pytest.mark.parametrize("planner", ["manual", "optimal"])
def test_kped_is_planned_at_positions_and_at_a_region_of_its_size(
    observer: FlaskClient, session: Session, planner: str
):
    event = add_event(session)
    add_localization(session, event, circle_map(RA, 30.0, 0.01))
    targets = f"{RA} 30" if planner == "manual" else ""
    answer = observer.post(
        f"/events/{event.id}/plans", data=FORM | KPED | {"planner": planner, "targets": targets}
    )
    assert answer.status_code == 303, re.findall(r'"problem[^>]*>([^<]+)', answer.text)
    plan = session.scalars(select(Plan)).one()
    compute(session, plan.id)
    assert [row.field_id for row in plan.exposures] == [-1]
    assert plan.statistics["probability"] > 0.9


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"planner": "galaxies"}, "Choose a table for the galaxies planner, or bring one."),
        ({"planner": "galaxies", "galaxies": "77"}, "has no table of galaxies 77"),
        ({"planner": "greedy", "galaxies": "1"}, "Only the galaxies planner looks at these."),
    ],
)
def test_the_form_says_which_table_is_missing(
    observer: FlaskClient, session: Session, typed: dict, words: str
):
    event = event_with_map(session)
    answer = observer.post(f"/events/{event.id}/plans", data=FORM | typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert session.scalars(select(Plan)).all() == []


@pytest.mark.parametrize("kind", ["csv", "ecsv", "fits"])
def test_a_program_brings_galaxies_and_plans_with_them(
    program: FlaskClient, session: Session, kind: str
):
    event = event_with_map(session)
    address = f"/api/v1/events/{event.id}"
    answer = program.post(f"{address}/galaxies?name=hosts&for_all=true", data=file_of(kind))
    assert answer.status_code == 201, answer.text
    assert (answer.json["galaxies"], answer.json["event_id"]) == (3, None)
    table = load_galaxies(session, answer.json["id"])
    for name in HOSTS.colnames:
        assert np.array_equal(table[name], HOSTS[name])
    other = event_with_map(session, "S261122b")
    request = ask(session, other, moon_separation=0.0).request
    body = {"telescope": "ZTF", "planner": "galaxies", "request": request}
    there = f"/api/v1/events/{other.id}/plans"
    refused = program.post(there, json=body)
    assert (refused.status_code, refused.json["detail"]) == (
        422, "no galaxies are given to the galaxies planner",
    )  # fmt: skip
    made = program.post(there, json={**body, "galaxies": answer.json["id"]})
    assert (made.status_code, made.json["galaxies"]) == (202, answer.json["id"])
    plan = session.get_one(Plan, made.json["id"])
    compute(session, plan.id)
    assert plan.state == PlanState.READY, plan.remark
    add_exposures(session, add_submission(session, plan), 1)
    follow_up = ask_for_follow_up(session, plan, by="ann")
    assert len(as_asked(session, follow_up).galaxies) == 3
    removed = program.post(f"/api/v1/galaxies/{answer.json['id']}/remove")
    assert removed.json["removed_by"] == "program-approver"
    assert program.get(f"{address}/galaxies").json["items"] == []
    again = program.post(there, json={**body, "galaxies": answer.json["id"]})
    assert again.status_code == 422
    assert "has no table of galaxies" in again.json["detail"]
    compute(session, follow_up.id)
    assert follow_up.state != PlanState.FAILED, "a plan keeps its table"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the table is empty"),
        (b"ra,dec\n1,2", "the table has no column distance; it has ra, dec"),
        (b"ra,dec,distance\n1,2,40\n1,x,40", "galaxy 2: dec is no number, but &#39;x&#39;"),
        (b"ra,dec,distance\n1,2,40\n1,95,40", "galaxy 2: dec is 95 deg, and not from -90 to 90"),
        (b"ra,dec,distance\n1,2,", "no row with a position and a distance"),
        (b"ra,dec,distance\n1,2,3,4,5", "the file is no table in CSV, ECSV or FITS"),
        (b"SIMPLE  =                    T", "the file is no table in CSV, ECSV or FITS"),
        (b"\x1f\x8b\x08\x00", "the file is no table in CSV, ECSV or FITS"),
        (b"\xff\xfe", "the file is no table in CSV, ECSV or FITS"),
    ],
)
def test_what_is_no_table_of_galaxies_is_refused_with_its_reason(
    observer: FlaskClient, session: Session, data: bytes, words: str
):
    answer = sent(observer, add_event(session).id, data)
    assert answer.status_code == 422
    assert words in answer.text
    assert session.scalars(select(GalaxyTable)).all() == []


def test_galaxies_of_one_event_are_not_those_of_another(session: Session):
    first, second = event_with_map(session), event_with_map(session, "S261122b")
    row = bring_galaxies(session, first, data=CSV.encode(), name="x", by="ann")
    with pytest.raises(ValueError, match=f"has no table of galaxies {row.id}"):
        ask_with(session, second, row.id)
    ask_with(session, first, row.id)


def ask_with(session: Session, event, table: int) -> Plan:
    request = ask(session, event).request
    return ask_for_plan(
        session, event, telescope="ZTF", planner="galaxies", program="", request=request,
        author="ann", galaxies=table,
    )  # fmt: skip


def test_a_file_may_be_larger_than_a_form(app: Flask, observer: FlaskClient, session: Session):
    app.config["WTF_CSRF_ENABLED"] = True
    event = add_event(session)
    for name, data in (("galaxies", CSV), ("exposures", "field_id,filter,mjd\n600,g,61101")):
        shown = page(observer, f"/events/{event.id}/{name}")
        token = re.search(r'name="csrf_token" value="([^"]+)"', shown)[1]
        # Beside it stands what is long: it is the whole form that is bounded.
        form = {"csrf_token": token, "telescope": "ZTF", "beside": "x" * 1_500_000}
        file = {"file": FileStorage(io.BytesIO(data.encode()), filename="x.csv")}
        boundary, body = encode_multipart(form | file)
        kind = f"multipart/form-data; boundary={boundary}"
        answer = observer.post(f"/events/{event.id}/{name}", data=body, content_type=kind)
        assert answer.status_code == 303, re.findall(r"<h1>.*|problem.*", answer.text)
