"""The night strip and the airmass charts, as pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from tests.too_marshal.clocks import EVENING, running_from
from tests.too_marshal.factories import (
    add_event,
    add_exposures,
    add_localization,
    add_plan,
    add_submission,
)
from tests.too_marshal.web.event.test_page import page
from tests.too_marshal.web.night.conftest import Located
from too_marshal.db.base import now
from too_marshal.db.observing.nights import RegionNightRow
from too_marshal.db.observing.queues import SubmissionState

MAX_CHART = 30_000
"""Bytes."""


def strip_of(html: str) -> str:
    return html[html.index('<section id="night"') :].partition("</section>")[0]


def test_the_strip_says_when_how_much_is_up(viewer: FlaskClient, located: Located):
    event = located()
    strip = strip_of(page(viewer, f"/events/{event.id}"))
    found = re.search(r"Up (\d\d):(\d\d).(\d\d):(\d\d) UTC \((\d\d):\d\d.\d\d:\d\d PST\)", strip)
    assert found, strip
    # At Palomar the region culminates at 8 h UTC, which is midnight there.
    assert (int(found[3]) + int(found[1])) / 2 == pytest.approx(8, abs=1)
    assert int(found[5]) == (int(found[1]) - 8) % 24
    assert "at best &gt; 99 % of the region at airmass 2.5 or better; Moon" in strip
    assert "ZTF" in strip
    assert "LCO-1m-cpt" not in strip
    assert "1 telescope without a robot here" in strip
    assert strip.count('<svg class="night-strip" width="100%"') == 3, "tonight and two more"
    assert "style=" not in strip


def test_all_telescopes_have_a_page(viewer: FlaskClient, located: Located):
    event = located()
    shown = page(viewer, f"/events/{event.id}/night")
    assert shown.index("ZTF") < shown.index("LCO-1m-cpt")
    assert "SAST" in shown


def test_planned_queued_and_executed_are_marked(
    viewer: FlaskClient, session: Session, located: Located
):
    event = located()
    start = EVENING + timedelta(hours=2)
    add_plan(session, event, start=start)
    strip = strip_of(page(viewer, f"/events/{event.id}"))
    assert 'mark-planned" x' in strip.partition("night-key")[0]
    plan = add_plan(session, event, start=start)
    submission = add_submission(session, plan, SubmissionState.EXECUTING)
    add_exposures(session, submission, 3)
    picture = strip_of(page(viewer, f"/events/{event.id}")).partition("night-key")[0]
    for kind in ("planned", "queued", "executed"):
        assert f'class="mark mark-{kind}"' in picture, kind


@pytest.mark.usefixtures("evening", "two")
def test_why_there_is_no_strip(viewer: FlaskClient, session: Session):
    event = add_event(session, event_time=now())
    assert "There is no sky map yet" in strip_of(page(viewer, f"/events/{event.id}"))
    add_localization(session, event)
    assert "is being worked out" in strip_of(page(viewer, f"/events/{event.id}"))
    event.is_retracted = True
    session.commit()
    assert "Retracted" in strip_of(page(viewer, f"/events/{event.id}"))
    for address in ("night", "night/ZTF"):
        assert "nothing is to be observed" in page(viewer, f"/events/{event.id}/{address}")


@pytest.mark.usefixtures("evening", "two")
def test_nights_of_an_old_event_are_asked_for_by_a_person(observer: FlaskClient, session: Session):
    event = add_event(session, event_time=now() - timedelta(days=8))
    localization = add_localization(session, event)
    assert "older than a week" in strip_of(page(observer, f"/events/{event.id}"))
    assert observer.post(f"/events/{event.id}/night").status_code == 303
    jobs = session.execute(text("SELECT task_name, args FROM procrastinate_jobs")).all()
    assert jobs == [("work_out_nights", {"localization_id": localization.id})]


def test_nothing_is_asked_for_without_a_map(observer: FlaskClient, session: Session):
    event = add_event(session)
    assert observer.post(f"/events/{event.id}/night").status_code == 409


@pytest.mark.parametrize(("dec", "words"), [(20.0, "Up "), (-80.0, "Not up: in the dark hours")])
def test_the_chart_is_a_page_and_a_fragment(
    viewer: FlaskClient, located: Located, dec: float, words: str
):
    event = located(dec=dec)
    address = f"/events/{event.id}/night/ZTF"
    whole = page(viewer, address)
    assert "<html" in whole
    answer = viewer.get(address, headers={"HX-Request": "true"})
    part = answer.get_data(as_text=True)
    assert "<html" not in part
    assert "Airmass from ZTF, 21/22 November" in part
    assert words in part
    assert len(part.encode()) < MAX_CHART
    assert part.count("<polyline") >= 4
    for name in ("Sunset", "Dark from", "Dark until", "Sunrise"):
        assert name in part
    assert "style=" not in part
    later = page(viewer, f"{address}?night=2026-11-23")
    assert "23/24 November" in later


@pytest.mark.parametrize(
    ("address", "status"),
    [("night/Hubble", 404), ("night/ZTF?night=2026-12-25", 404), ("night/ZTF?night=soon", 422)],
)
def test_what_is_not_there_is_not_found(
    viewer: FlaskClient, located: Located, address: str, status: int
):
    event = located()
    assert viewer.get(f"/events/{event.id}/{address}").status_code == status


def test_where_the_sun_does_not_set_it_is_said(
    viewer: FlaskClient, session: Session, located: Located
):
    event = located()
    for row in session.query(RegionNightRow):
        nothing = {"sun_altitude": [], "zenith": [], "twilights": {}, "moon": [], "usable": []}
        row.numbers = {**row.numbers, **nothing, "still_reachable": []}
    session.commit()
    assert "The Sun does not set." in strip_of(page(viewer, f"/events/{event.id}"))
    assert "The Sun does not set." in page(viewer, f"/events/{event.id}/night/ZTF")


def test_the_fields_of_a_plan_have_a_chart(viewer: FlaskClient, session: Session, located: Located):
    event = located()
    plan = add_plan(session, event, start=EVENING + timedelta(hours=4), most_fields=60)
    shown = page(viewer, f"/plans/{plan.id}")
    chart = shown[shown.index('id="plan-night"') :].partition("</details>")[0]
    assert chart.count('<polyline class="field"') == 40
    assert "The 40 most probable of 60 fields are drawn." in chart
    assert len(chart.encode()) < MAX_CHART
    assert "style=" not in chart
    few = page(viewer, f"/plans/{add_plan(session, event, start=EVENING).id}")
    assert "6 fields." in few
    session.execute(delete(RegionNightRow))
    session.commit()
    assert "plan-night" not in page(viewer, f"/plans/{plan.id}")


def test_once_it_has_set_it_is_over(viewer: FlaskClient, located: Located):
    event = located(ra=330.0)
    with running_from(EVENING + timedelta(hours=6)):
        assert "Over for tonight: it was up" in page(viewer, f"/events/{event.id}")
    with running_from(EVENING):
        assert "Up now, until" in page(viewer, f"/events/{event.id}")
