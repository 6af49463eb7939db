"""The list of events: what needs a person first, and what is wanted of the rest."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.factories import (
    add_coverage,
    add_event,
    add_localization,
    add_plan,
    add_submission,
    circle_map,
)
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.observing.queues import SubmissionState


def names(text: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/events/\d+"><bdi>([^<]+)</bdi>', text)


def with_map(session: Session, name: str, radius: float = 8.0, **values: object) -> Event:
    event = add_event(session, name, **values)
    add_localization(session, event, circle_map(150.0, 30.0, radius))
    return event


def test_what_needs_a_person_comes_first_and_says_what_for(viewer: FlaskClient, session: Session):
    begin = now()
    wanting = with_map(session, "S1", created_at=begin - timedelta(hours=5))
    plan = add_plan(session, wanting)
    old = with_map(session, "S0", created_at=begin - timedelta(days=30))
    add_plan(session, old)
    for number in range(2, 60):
        add_event(session, f"S{number}", created_at=begin + timedelta(seconds=number))
    text = page(viewer, "/")
    assert names(text)[:2] == ["S1", "S59"], "also from beyond the first page"
    assert f"Check and submit ZTF plan {plan.id}" in text
    assert names(page(viewer, "/?sort=time"))[0] == "S59"


def test_only_what_can_be_reached_now_counts_and_its_telescope_is_named(
    viewer: FlaskClient, session: Session
):
    event = with_map(session, "S1")
    add_plan(session, event)
    text = page(viewer, "/")
    assert "69.0 % <small>ZTF</small>" in text
    add_localization(session, event, circle_map(151.0, 30.0, 8.0))
    assert "69.0 % <small>" not in page(viewer, "/"), "its map is dead"
    again = add_plan(session, event)
    again.telescope = "DECam"
    session.commit()
    assert "<small>DECam</small>" not in page(viewer, "/"), "it has no queue here"


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("stream=icecube", ["IC1"]),
        ("stream=lvk", ["S2", "S1"]),
        ("class=BBH", ["S2"]),
        ("area=60", ["IC1"]),
        ("area=60&sort=area", ["IC1"]),
        ("sort=area", ["IC1", "S2", "S1"]),
        ("days=1", ["IC1", "S1"]),
        ("state=planned", ["S1"]),
        ("state=begun", ["S2"]),
        ("position=150 30", ["IC1", "S2", "S1"]),
        ("position=10:00:00 +30:00:00", ["IC1", "S2", "S1"]),
        ("position=150 36", ["S2", "S1"]),
        ("position=10 -30", []),
        ("sort=false alarms", ["S1", "IC1", "S2"]),
        ("stream=nonsense&sort=nonsense&class=x", ["S1", "IC1", "S2"]),
    ],
)
def test_filters_and_orders(viewer: FlaskClient, session: Session, query: str, wanted: list[str]):
    begin = now()
    first = with_map(session, "S1", far=1e-12, created_at=begin)
    add_plan(session, first)
    second = with_map(
        session, "S2", classification={"BBH": 0.9, "BNS": 0.1}, far=1e-3,
        event_time=begin - timedelta(days=3), created_at=begin + timedelta(seconds=1),
    )  # fmt: skip
    add_submission(session, add_plan(session, second), SubmissionState.EXECUTING)
    add_coverage(session, second, 0.1)
    with_map(
        session, "IC1", 4.0, stream="icecube", classification={}, far=1e-7,
        created_at=begin + timedelta(seconds=2),
    )  # fmt: skip
    found = names(page(viewer, f"/?{query}"))
    if "sort" not in query:
        found.sort(key=["IC1", "S2", "S1"].index)
    assert found == wanted


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("area=large", "A number above nought."),
        ("days=-1", "A number above nought."),
        ("position=somewhere", "is no position: give right ascension and declination"),
        ("position=400 100", "is no position"),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_field_and_left_out(
    viewer: FlaskClient, session: Session, query: str, words: str
):
    add_event(session, "S1")
    text = page(viewer, f"/?{query}")
    assert words in text
    assert 'aria-invalid="true"' in text
    assert names(text) == ["S1"]


def test_a_filter_that_leaves_nothing_says_so(viewer: FlaskClient, session: Session):
    add_event(session, "S1")
    assert "No events like that." in page(viewer, "/?stream=swift")


def test_a_view_is_kept_for_its_person_and_can_be_forgotten(
    viewer: FlaskClient, observer: FlaskClient
):
    form = {"name": "mergers nearby", "class": "BNS", "distance": "200", "days": ""}
    answer = viewer.post("/views", data=form)
    assert answer.status_code == 303
    assert answer.location == "/?class=BNS&distance=200"
    text = page(viewer, "/")
    assert 'href="/?class=BNS&amp;distance=200"><bdi>mergers nearby</bdi>' in text
    assert "mergers nearby" not in page(observer, "/")
    viewer.post("/views", data={"name": "mergers nearby", "forget": "yes"})
    assert 'aria-label="Kept views"' not in page(viewer, "/")
    assert viewer.post("/views", data={"name": " "}).status_code == 422


def test_a_kept_list_is_not_endless(viewer: FlaskClient):
    for number in range(20):
        assert viewer.post("/views", data={"name": f"view {number}"}).status_code == 303
    assert viewer.post("/views", data={"name": "one more"}).status_code == 422
    assert viewer.post("/views", data={"name": "view 3", "days": "2"}).status_code == 303
