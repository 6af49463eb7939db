import re
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord, get_body
from astropy.time import Time
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from planners.files.request_fields import RequestFields
from planners.registry import PLANNERS
from planners.skymaps.files import read_skymap
from telescopes.entries import entries
from tests.planners.fits_files import flat_file
from tests.too_marshal.factories import (
    add_coverage,
    add_event,
    add_exposures,
    add_localization,
    add_person,
    add_plan,
    add_submission,
    utc,
)
from too_marshal.app import create_app
from too_marshal.db.accounts.people import Role
from too_marshal.db.base import now
from too_marshal.db.events import Activity
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.deployment.settings import Settings
from too_marshal.formatting import sexagesimal
from too_marshal.workflows.accounts.login import open_session


def page(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True)


def test_an_empty_list_says_so_and_what_will_happen(viewer: FlaskClient):
    text = page(viewer, "/")
    assert "No events here." in text
    assert "when a notice arrives" in text


def test_the_list_says_at_a_glance_what_an_event_is(viewer: FlaskClient, session: Session):
    event = add_event(session, "S260101a", event_time=utc(2026, 1, 1, 2, 3, 4), far=1 / 3.15576e8)
    add_localization(session, event)
    add_plan(session, event)
    text = page(viewer, "/")
    for words in (
        "S260101a",
        "2026-01-01 02:03:04 UTC",
        "BNS</bdi> 93.0 %",
        "201 deg²",
        "1 per 10 yr",
        "planned",
        "69.0 %",
    ):
        assert words in text


def test_tests_and_retractions_are_hidden_and_counted_until_asked_for(
    viewer: FlaskClient, session: Session
):
    add_event(session, "S1real")
    add_event(session, "MS2test", is_test=True)
    add_event(session, "MS3test", is_test=True, is_retracted=True)
    add_event(session, "S4gone", is_retracted=True)
    text = page(viewer, "/")
    assert "S1real" in text
    assert not any(name in text for name in ("MS2test", "MS3test", "S4gone"))
    assert "Show 2 hidden test events" in text
    assert "Show 1 hidden retracted event<" in text
    text = page(viewer, "/?tests=yes&retracted=yes")
    assert all(name in text for name in ("S1real", "MS2test", "MS3test", "S4gone"))


def test_a_rehearsal_shows_its_test_event_at_once(
    settings: Settings, engine: Engine, session: Session
):
    add_event(session, "MS2test", is_test=True)
    client = create_app(replace(settings, rehearsal=True), engine).test_client()
    client.set_cookie("toom_session", open_session(session, add_person(session, "x", Role.VIEWER)))
    text = page(client, "/")
    assert "MS2test" in text
    assert "Rehearsal" in text


def test_the_list_has_pages(viewer: FlaskClient, session: Session):
    begin = now()
    for number in range(53):
        add_event(session, f"S{number:03d}", created_at=begin + timedelta(seconds=number))
    first = page(viewer, "/")
    assert "S052" in first
    assert "S003" in first
    assert "S002" not in first
    address = first.split('href="/?before=')[1].split('"')[0]
    second = page(viewer, f"/?before={address}")
    assert "S002" in second
    assert "S003" not in second
    assert "Latest" in second


@pytest.mark.parametrize("before", ["yesterday", "2026-01-01", "2026-01-01T00:00:00"])
def test_a_page_that_begins_at_no_time_is_refused(viewer: FlaskClient, before: str):
    assert viewer.get(f"/?before={before}").status_code == 422


def test_the_state_of_an_event_follows_what_was_done(viewer: FlaskClient, session: Session):
    event = add_event(session)
    states = []

    def note() -> None:
        text = page(viewer, "/?retracted=yes")
        states.append(text.split('class="state state-')[1].split('"')[0])

    note()
    add_localization(session, event)
    plan = add_plan(session, event)
    note()
    add_submission(session, plan)
    note()
    coverage = add_coverage(session, event, 0.006)
    note()
    coverage.probability = 0.6
    session.commit()
    note()
    event.is_retracted = True
    session.commit()
    note()
    assert states == ["new", "planned", "submitted", "begun", "observed", "retracted"]


def test_the_event_page_has_everything_of_the_event(viewer: FlaskClient, session: Session):
    event = add_event(session)
    localization = add_localization(session, event, original=b"SIMPLE")
    plan = add_plan(session, event)
    submission = add_submission(session, plan)
    add_exposures(session, submission, 3)
    text = page(viewer, f"/events/{event.id}")
    for words in (
        "93.0 %",
        "HasNS",
        "H1, L1, V1",
        "1 per 31.7 yr",
        sexagesimal(localization.sky_map.peak_ra, localization.sky_map.peak_dec),
        f"/plans/{plan.id}",
        submission.queue_name,
        f"{event.name} begins",
        "/api/v1/localizations/",
    ):
        assert words in text
    assert "Withdraw" not in text  # a viewer may not
    assert "New plan" not in text


def test_what_of_a_map_counts_as_zero_is_shown(viewer: FlaskClient, session: Session):
    event = add_event(session)
    pixels = np.full(48, 1 / 48)
    pixels[[3, 7]] = np.nan
    content = flat_file(pixels)
    add_localization(session, event, read_skymap(content), content)
    shown = page(viewer, f"/events/{event.id}")
    assert "2 cells hold no data (NaN or infinite), which counts as zero" in shown


def test_a_retracted_event_says_so_before_anything_else(viewer: FlaskClient, session: Session):
    event = add_event(session, is_retracted=True)
    text = page(viewer, f"/events/{event.id}")
    assert "RETRACTED." in text
    assert text.index("RETRACTED.") < text.index('<dl class="facts">')


def test_a_link_of_a_notice_is_followed_by_https_only(viewer: FlaskClient, session: Session):
    event = add_event(session, links={"bad": "javascript:alert(1)", "good": "https://a.example/"})
    text = page(viewer, f"/events/{event.id}")
    assert "javascript:" not in text
    assert 'href="https://a.example/"' in text


CANARIES = [
    "<img src=x onerror=alert(1)>",
    "'-alert(1)-'",
    '"><script>alert(1)</script>',
    "{{ 7*7 }}${7*7}",
    "\u202egnp.exe",
    "x" * 79,
]


@pytest.mark.parametrize("canary", CANARIES)
def test_a_hostile_name_is_text_on_every_page(admin: FlaskClient, session: Session, canary: str):
    event = add_event(
        session,
        canary[:79],
        type_name=canary[:59],
        classification={canary: 0.9, "other": 0.1},
        properties={canary: 0.5},
        flags=[canary],
        links={canary: "https://a.example/"},
        attributes={"instruments": [canary]},
    )
    add_localization(session, event)
    plan = add_plan(session, event)
    plan.remark = plan.author = canary
    submission = add_submission(session, plan)
    submission.reason = submission.approved_by = canary
    session.commit()
    for address in ("/", f"/events/{event.id}", f"/plans/{plan.id}", "/queues"):
        text = page(admin, address)
        assert "<img src=x" not in text
        assert "<script>alert" not in text
        assert "49$" not in text


def test_the_map_gets_contours_tiles_and_what_was_observed(viewer: FlaskClient, session: Session):
    event = add_event(session)
    localization = add_localization(session, event)
    plan = add_plan(session, event, most_fields=6)
    add_exposures(session, add_submission(session, plan), 9)
    sky = viewer.get(f"/events/{event.id}/sky.json").get_json()
    assert sky["localization"]["id"] == localization.id
    levels = [
        f["properties"]["credible_level"] for f in sky["localization"]["contours"]["features"]
    ]
    assert levels == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    (shown,) = sky["plans"]
    assert shown["id"] == plan.id
    assert shown["queued"] is True
    assert len(shown["tiles"]) == 6
    assert [visit["filter"] for visit in shown["tiles"][0]["visits"]] == ["g", "r"]
    (executed,) = sky["executed"]
    assert sorted(len(tile["visits"]) for tile in executed["tiles"]) == [1, 1, 1, 2, 2, 2]
    assert len(sky["outlines"]["ZTF"]) >= 4


def test_the_map_shows_the_plans_that_are_asked_for(viewer: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    first, second = add_plan(session, event), add_plan(session, event)
    other = add_event(session, "S2")
    add_localization(session, other)
    foreign = add_plan(session, other)

    def shown(query: str) -> list[int]:
        sky = viewer.get(f"/events/{event.id}/sky.json{query}").get_json()
        return [plan["id"] for plan in sky["plans"]]

    assert shown("") == [second.id]
    assert shown("?plans=") == []
    assert shown(f"?plans={first.id},{second.id},{foreign.id},x") == [first.id, second.id]
    add_submission(session, first)
    assert shown("") == [first.id]


def test_the_map_gets_bodies_planes_and_sites(viewer: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    plan = add_plan(session, event)
    sky = viewer.get(f"/events/{event.id}/sky.json").get_json()
    assert len(sky["bodies"]) == 25
    for body in sky["bodies"][::8]:
        time = Time(body["time"])
        for name in ("sun", "moon"):
            told = SkyCoord(*body[name], unit=u.deg)
            true = get_body(name, time)
            assert told.separation(SkyCoord(true.ra, true.dec)) < 0.1 * u.deg
        assert 0 <= body["illuminated"] <= 1
    pole = SkyCoord(*sky["planes"]["galactic"], unit=u.deg)
    assert pole.galactic.b > 89.99 * u.deg
    (ztf,) = [site for site in sky["sites"] if site["name"] == "ZTF"]
    assert ztf["latitude"] == pytest.approx(33.356, abs=0.01)
    assert ztf["airmass_limit"] == min(plan.request["airmass_limit"], 2.5)
    start, end = Time([moment.removesuffix("Z") for moment in ztf["night"]])
    assert 8 * u.hour < end - start < 15 * u.hour
    robots = [site["robot"] for site in sky["sites"]]
    assert robots == sorted(robots, reverse=True)


def test_another_version_of_the_map_is_drawn_when_it_is_asked_for(
    viewer: FlaskClient, session: Session
):
    event = add_event(session)
    first = add_localization(session, event)
    second = add_localization(session, event)
    foreign = add_localization(session, add_event(session, "S2"))
    older = ({first.id, second.id} - {event.current_localization_id}).pop()

    def answer(query: str) -> dict:
        return viewer.get(f"/events/{event.id}/sky.json{query}").get_json()

    assert [row["id"] for row in answer("")["others"]] == [older]
    assert answer("")["versions"] == []
    (shown,) = answer(f"?versions={older},{foreign.id},²")["versions"]
    assert shown["id"] == older
    assert shown["area_90"] > 0
    assert shown["contours"]["features"]


FORM = {
    "telescope": "ZTF",
    "planner": "greedy",
    "program": "",
    "filters": "g, r",
    "exposure_time": "120",
    "start": "2026-11-22 03:00",
    "end": "2026-11-22 13:00",
    "minimum_gap": "45",
    "airmass_limit": "2",
    "sun_altitude": "-12",
    "moon_separation": "30",
}


def test_a_plan_that_is_asked_for_is_stored_with_the_job_that_makes_it(
    observer: FlaskClient, session: Session
):
    event = add_event(session)
    add_localization(session, event)
    answer = observer.post(f"/events/{event.id}/plans", data=FORM)
    plan = session.scalars(select(Plan)).one()
    assert (answer.status_code, answer.location) == (303, f"/plans/{plan.id}")
    assert plan.author == "observer"
    assert plan.state == PlanState.COMPUTING
    assert plan.request == {
        "start": "2026-11-22T03:00:00Z",
        "end": "2026-11-22T13:00:00Z",
        "filters": ["g", "r"],
        "exposure_time": 120.0,
        "minimum_gap": 2700.0,
        "airmass_limit": 2.0,
        "sun_altitude": -12.0,
        "moon_separation": 30.0,
        "interruption_rate": 0.1,
        # Unless told otherwise it stops where it is hardly worth it.
        "minimum_gain": 0.06,
    }
    jobs = session.execute(text("SELECT task_name, args FROM procrastinate_jobs")).all()
    assert jobs == [("plan", {"plan_id": plan.id})]
    assert "being computed" in page(observer, answer.location)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("filters", "", "at least one filter"),
        ("filters", "g z", "ZTF has the filters g, r, i"),
        ("exposure_time", "soon", "From 1 to 3600 s"),
        ("exposure_time", "nan", "From 1 to 3600 s"),
        ("exposure_time", "-30", "From 1 to 3600 s"),
        ("exposure_time", "3000", "600"),  # the telescope's own limit
        ("airmass_limit", "0.5", "From 1 to 10"),
        ("airmass_limit", "", "From 1 to 10"),
        ("maximum_fields", "none", "From 1 on"),
        ("right_ascension", "350", "From and to apart by a comma"),
        ("right_ascension", "350, 2000", "from 0 to 360 degrees"),
        ("right_ascension", "20, 20", "Two different angles"),
        ("excluded_fields", "543, five", "whole number, and not &#39;five&#39;"),
        ("excluded_fields", "1 " * 10_001, "At most 20000 characters"),
        ("excluded_fields", "543, 99999", "ZTF has no field 99999"),
        ("start", "tonight", "Give a date and a time"),
        ("end", "2026-11-22 02:00", "ends before it starts"),
        ("end", "2027-11-22 02:00", "longer than"),
        ("telescope", "Hubble", "unknown telescope"),
        ("planner", "oracle", "unknown planner"),
        ("planner", "manual", "Give the manual planner a field or a position a line"),
        ("targets", "543\n544", "Only the manual planner observes these"),
        ("targets", "543\nM 87", "Line 2: "),
    ],
)
def test_what_is_wrong_with_a_request_is_said_in_the_form_and_nothing_is_lost(
    observer: FlaskClient, session: Session, field: str, value: str, words: str
):
    event = add_event(session)
    add_localization(session, event)
    for headers in ({}, {"HX-Request": "true"}):
        answer = observer.post(
            f"/events/{event.id}/plans", data=FORM | {field: value}, headers=headers
        )
        text = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert words in text
        assert 'value="45"' in text
        assert ("<html" in text) is not bool(headers)
    assert session.scalars(select(Plan)).all() == []


def test_every_field_of_a_request_is_asked_for_in_the_form(observer: FlaskClient, session: Session):
    offered = page(observer, f"/events/{add_event(session).id}").split('id="plan-form"')[1]
    # When other queues have the telescope, and the event was, is what the service knows.
    for name in entries(RequestFields).keys() - {"busy", "trigger_time"}:
        assert f'name="{name}"' in offered, name


def test_every_number_of_a_request_is_offered_and_may_be_left_out(
    observer: FlaskClient, session: Session
):
    event = add_event(session)
    add_localization(session, event)
    offered = page(observer, f"/events/{event.id}")
    budgets = {"maximum_fields": "20", "maximum_time": "60", "galactic_latitude": "10"}
    for name in budgets:
        assert f'name="{name}" type="number" value=""' in offered
    stops = {"minimum_gain": "", "target_probability": "90"}
    observer.post(f"/events/{event.id}/plans", data=FORM | budgets | stops)
    asked = session.scalars(select(Plan)).one().request
    assert {name: asked[name] for name in budgets} == {
        "maximum_fields": 20, "maximum_time": 3600.0, "galactic_latitude": 10.0,
    }  # fmt: skip
    assert asked["target_probability"] == 0.9
    assert not {"blocks", "minimum_gain"} & asked.keys()


def test_a_range_and_a_list_of_fields_are_asked_for_as_the_command_line_does(
    observer: FlaskClient, session: Session
):
    event = add_event(session)
    add_localization(session, event)
    typed = {"right_ascension": "23:20:00, 1:20:00", "excluded_fields": "543, 544"}
    observer.post(f"/events/{event.id}/plans", data=FORM | typed)
    asked = session.scalars(select(Plan)).one().request
    assert asked["right_ascension"] == pytest.approx([350, 20])
    assert asked["excluded_fields"] == [543, 544]
    wrong = observer.post(f"/events/{event.id}/plans", data=FORM | typed | {"filters": ""})
    for value in typed.values():
        assert f'value="{value}"' in wrong.get_data(as_text=True)


@pytest.mark.parametrize(
    ("telescope", "targets", "words"),
    [
        ("ZTF", "543\n99999", "ZTF has no field 99999"),
        ("ZTF", "543\n544\n543", "field 543 is listed twice"),
        ("ZTF", "12:30:49 +12:23:28", "ZTF observes the fields of its grid alone"),
    ],
)
def test_targets_that_cannot_be_are_refused_and_kept_in_the_form(
    observer: FlaskClient, session: Session, telescope: str, targets: str, words: str
):
    event = add_event(session)
    add_localization(session, event)
    wanted = FORM | {"planner": "manual", "telescope": telescope, "targets": targets}
    answer = observer.post(f"/events/{event.id}/plans", data=wanted)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in text
    assert f">{targets}</textarea>" in text
    assert session.scalars(select(Plan)).all() == []


def test_an_event_without_a_map_cannot_be_planned_for(observer: FlaskClient, session: Session):
    event = add_event(session)
    answer = observer.post(f"/events/{event.id}/plans", data=FORM)
    assert answer.status_code == 422
    assert "has no sky map yet" in answer.get_data(as_text=True)


def test_outside_a_rehearsal_nobody_can_send_a_retraction(observer: FlaskClient, session: Session):
    event = add_event(session, is_test=True)
    assert "Send the retraction" not in page(observer, f"/events/{event.id}")
    assert observer.post(f"/events/{event.id}/retract").status_code == 404


def test_the_form_offers_every_planner(observer: FlaskClient, session: Session):
    event = add_event(session)
    offered = page(observer, f"/events/{event.id}").split('id="plan-planner"')[1]
    options = re.findall(r"<option[^>]*>(\w+)</option>", offered.split("</select>")[0])
    assert options[0] == next(iter(PLANNERS))
    assert set(options) == set(PLANNERS), "the form has a place for whatever they need"


def test_the_timeline_is_in_the_order_of_time_whoever_wrote_it(
    viewer: FlaskClient, session: Session
):
    event = add_event(session)
    for number, (what, minutes) in enumerate((("third", 3), ("first", 1), ("second", 2))):
        session.add(
            Activity(
                id=900 + number, event_id=event.id, subject="event", actor="marshal", text=what,
                happened_at=now() + timedelta(minutes=minutes),
            )
        )  # fmt: skip
    session.commit()
    timeline = page(viewer, f"/events/{event.id}").split('id="timeline"')[1]
    assert timeline.index("third") < timeline.index("second") < timeline.index("first")


def test_only_what_was_seen_is_acknowledged(
    observer: FlaskClient, viewer: FlaskClient, session: Session
):
    event = add_event(session, is_retracted=True)
    add_localization(session, event)
    add_plan(session, event)
    address = f"/events/{event.id}/acknowledgments"
    shown = page(observer, f"/events/{event.id}")
    seen = re.search(r'name="seen" value="([^"]+)"', shown)[1]
    event.changed_at = now()
    session.commit()
    answer = observer.post(address, data={"seen": seen}, follow_redirects=True)
    assert "has changed meanwhile" in answer.get_data(as_text=True)
    assert observer.post(address, data={}).status_code == 400
    assert viewer.post(address, data={"seen": seen}).status_code == 403
    seen = re.search(r'name="seen" value="([^"]+)"', page(observer, f"/events/{event.id}"))[1]
    answer = observer.post(address, data={"seen": seen}, follow_redirects=True)
    assert "Nothing left to do" in answer.get_data(as_text=True)
