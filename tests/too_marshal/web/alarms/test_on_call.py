"""Who is on call, on one page and in a calendar."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.web.event.test_page import page
from too_marshal.db.alarms import Shift, ShiftChange
from too_marshal.db.base import now


def add(admin: FlaskClient, **values: str):
    usual = {
        "first_day": f"{now() - timedelta(days=1):%Y-%m-%d}", "begins": "00:00", "hours": "168",
        "weeks": "2", "primaries": "observer, admin", "secondaries": "admin, observer",
    }  # fmt: skip
    return admin.post("/on-call/shifts", data={**usual, **values})


def test_shifts_are_added_shown_and_fed_to_a_calendar(
    app: Flask, admin: FlaskClient, observer: FlaskClient, session: Session
):
    assert "Nobody is on call now." in page(observer, "/on-call")
    assert add(admin).status_code == 303
    text = page(observer, "/on-call")
    assert "Now: <bdi>observer</bdi>" in text
    assert "Days of UTC." in text
    feed = re.search(r'href="(?:http://localhost)?(/on-call/[^"]+\.ics)"', text)
    assert feed is not None
    answer = app.test_client().get(feed[1])
    assert answer.mimetype == "text/calendar"
    entries = Calendar.from_ical(answer.get_data()).walk("VEVENT")
    assert [str(entry["summary"]) for entry in entries] == [
        "On call: observer, then admin", "On call: admin, then observer",
    ]  # fmt: skip
    assert app.test_client().get("/on-call/forged.ics").status_code == 404
    shift = session.scalars(select(Shift)).first()
    assert shift is not None
    admin.post(f"/on-call/shifts/{shift.id}/remove")
    assert "Nobody is on call now." in page(observer, "/on-call")


@pytest.mark.usefixtures("observer")
def test_what_is_no_shift_is_refused_in_words(admin: FlaskClient):
    for values, words in (
        ({"primaries": "nobody"}, "There is no observer"),
        ({"first_day": "soon"}, "Give the day as"),
        ({"hours": "0"}, "longer than nothing"),
        ({"secondaries": "observer"}, "first and second"),
    ):
        answer = add(admin, **values)
        assert answer.status_code == 422
        assert words in answer.get_data(as_text=True)


def test_a_shift_changes_hands_by_agreement(
    admin: FlaskClient, observer: FlaskClient, session: Session
):
    add(admin, weeks="1", secondaries="")
    shift = session.scalars(select(Shift)).one()
    asked = {"place": "primary", "to": "admin"}
    observer.post(f"/on-call/shifts/{shift.id}/change", data=asked)
    change = session.scalars(select(ShiftChange)).one()
    assert "Agree" in page(admin, "/on-call")
    assert "Take it back" in page(observer, "/on-call")
    own = observer.post(f"/on-call/changes/{change.id}", data={"agrees": "yes"})
    assert own.status_code == 409
    admin.post(f"/on-call/changes/{change.id}", data={"agrees": "yes"})
    assert "Now: <bdi>admin</bdi>" in page(observer, "/on-call")
    wrong = observer.post(f"/on-call/shifts/{shift.id}/change", data={**asked, "to": "nobody"})
    assert wrong.status_code == 422


def test_a_note_is_drafted_edited_and_kept(
    admin: FlaskClient, observer: FlaskClient, session: Session
):
    add(admin, weeks="1")
    shift = session.scalars(select(Shift)).one()
    address = f"/on-call/shifts/{shift.id}/note"
    assert "This is a draft" in page(observer, address)
    observer.post(address, data={"text": "Clouds all night."})
    text = page(observer, address)
    assert "Clouds all night." in text
    assert "Written by <bdi>observer</bdi>" in text


def test_another_month_is_shown_and_what_is_none_is_this_one(viewer: FlaskClient):
    assert "March 2027" in page(viewer, "/on-call?month=2027-03")
    this = page(viewer, "/on-call?month=nonsense")
    assert f"{now():%B %Y}" in this
