"""A person says how, of what and when they are told."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.accounts.teams import Team
from too_marshal.db.alarms import (
    Contact,
    Hours,
    Notification,
    Subscription,
)

PAGE = "/account/alarms"


def test_a_way_is_added_tried_switched_off_and_removed(viewer: FlaskClient, session: Session):
    assert "Nothing reaches you yet." in page(viewer, PAGE)
    assert "Your alarms" in page(viewer, "/account")
    topic = {"kind": "ntfy", "address": "a-topic-of-mine"}
    viewer.post(f"{PAGE}/contacts", data=topic)
    contact = session.scalars(select(Contact)).one()
    assert "a-topic-of-mine" in page(viewer, PAGE)
    viewer.post(f"{PAGE}/contacts/{contact.id}", data={"act": "test"})
    assert session.scalars(select(Notification)).one().occasion == "test"
    assert "waiting" in page(viewer, PAGE)
    viewer.post(f"{PAGE}/contacts/{contact.id}", data={"act": "off"})
    assert "Switch on" in page(viewer, PAGE)
    again = viewer.post(f"{PAGE}/contacts", data=topic)
    assert "by that already" in again.get_data(as_text=True)
    viewer.post(f"{PAGE}/contacts/{contact.id}", data={"act": "remove"})
    assert "Nothing reaches you yet." in page(viewer, PAGE)


def test_an_address_that_is_none_is_refused_in_words(viewer: FlaskClient):
    for kind, address in (("ntfy", "no topic!/"), ("pigeon", "x")):
        answer = viewer.post(f"{PAGE}/contacts", data={"kind": kind, "address": address})
        assert answer.status_code == 422


def test_nobody_touches_the_ways_of_another(
    viewer: FlaskClient, observer: FlaskClient, session: Session
):
    viewer.post(f"{PAGE}/contacts", data={"kind": "ntfy", "address": "a-topic-of-mine"})
    contact = session.scalars(select(Contact)).one()
    assert observer.post(f"{PAGE}/contacts/{contact.id}", data={"act": "test"}).status_code == 404
    assert "a-topic-of-mine" not in page(observer, PAGE)


def test_a_subscription_is_tried_then_stored_then_ended(viewer: FlaskClient, session: Session):
    add_event(session)
    asked = {"name": "mergers", "streams": "lvk", "minimum_classes": "BNS 0.5", "act": "try"}
    text = viewer.post(f"{PAGE}/subscriptions", data=asked).get_data(as_text=True)
    assert "would have told you 1 time in the last 30 days" in text
    assert 'value="BNS 0.5"' in text
    assert session.scalars(select(Subscription)).all() == []
    viewer.post(f"{PAGE}/subscriptions", data={**asked, "act": "save", "minimum_reachable": "30"})
    row = session.scalars(select(Subscription)).one()
    assert row.conditions == {"streams": ["lvk"], "minimum_classes": {"BNS": 0.5}}
    assert row.minimum_reachable == 0.3
    assert "reachable tonight" in page(viewer, PAGE)
    viewer.post(f"{PAGE}/subscriptions/{row.id}/remove")
    assert "You are told of nothing yet." in page(viewer, PAGE)


def test_what_is_wrong_stands_beside_its_field(viewer: FlaskClient):
    wrong = {"name": "x", "maximum_area": "wide", "minimum_reachable": "much", "act": "save"}
    answer = viewer.post(f"{PAGE}/subscriptions", data=wrong)
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert 'value="wide"' in text
    assert "A percentage, as 30." in text


def test_hours_are_stored_and_refused_in_words(viewer: FlaskClient, session: Session):
    hours = {
        "time_zone": "Europe/Stockholm", "quiet_from": "22:00", "quiet_until": "07:00",
        "holidays": "2026-12-24 2026-12-26\n2027-01-01", "always_wakes": "yes",
    }  # fmt: skip
    viewer.post(f"{PAGE}/hours", data=hours)
    row = session.scalars(select(Hours)).one()
    assert (row.time_zone, row.quiet_from, row.always_wakes) == ("Europe/Stockholm", "22:00", True)
    assert row.holidays == [["2026-12-24", "2026-12-26"], ["2027-01-01", "2027-01-01"]]
    assert "2026-12-24 2026-12-26" in page(viewer, PAGE)
    for name, text, words in (
        ("time_zone", "Mars/Olympus", "is no time zone"),
        ("quiet_until", "", "a beginning and an end"),
        ("quiet_from", "late", "no time of the day"),
        ("holidays", "2026-12-26 2026-12-24", "ends after it begins"),
        ("holidays", "soon", "are no days"),
    ):
        answer = viewer.post(f"{PAGE}/hours", data={**hours, name: text})
        assert answer.status_code == 422
        assert words in answer.get_data(as_text=True)


def test_an_administrator_makes_teams_and_subscribes_them(
    admin: FlaskClient, observer: FlaskClient, session: Session
):
    admin.post("/teams", data={"name": "night shift"})
    assert "already" in admin.post("/teams", data={"name": "night  shift"}).get_data(as_text=True)
    team = session.scalars(select(Team)).one()
    admin.post(f"/teams/{team.id}", data={"member": ["admin", "observer"]})
    session.refresh(team)
    assert [person.username for person in team.members] == ["admin", "observer"]
    asked = {"name": "all", "act": "save", "team": "night shift"}
    assert observer.post(f"{PAGE}/subscriptions", data=asked).status_code == 422
    admin.post(f"{PAGE}/subscriptions", data=asked)
    assert "team night shift" in page(observer, PAGE)
    admin.post(f"/teams/{team.id}", data={"act": "remove"})
    session.expire_all()
    assert session.scalars(select(Subscription)).all() == []
