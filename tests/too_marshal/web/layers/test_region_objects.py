"""Alerts as a layer of the sky map: what was saved, or all that nobody has rejected."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_localization, add_object
from too_marshal.db.counterparts.candidates import CandidateStatus
from too_marshal.db.events import Event
from too_marshal.web.layers import region_objects
from too_marshal.workflows.counterparts.judge import judge

CHOICES = [
    {"id": "saved", "name": "saved candidates"},
    {"id": "open", "name": "all but the rejected"},
]


@pytest.fixture
def event(session: Session) -> Event:
    event = add_event(session)
    add_localization(session, event)
    return event


def decide(session: Session, event: Event, name: str, status: CandidateStatus) -> None:
    judge(session, event, "ZTF", name, status, reason="a star", seen=0, by="ana")


def layer(viewer: FlaskClient, event: Event, which: str) -> dict:
    return viewer.get(f"/events/{event.id}/objects.json?which={which}").json


def offered(viewer: FlaskClient, event: Event) -> list:
    return viewer.get(f"/events/{event.id}/sky.json").json["layers"]["objects"]


def test_what_is_offered_follows_what_there_is(viewer: FlaskClient, session: Session, event: Event):
    assert offered(viewer, event) == []
    add_object(session, event, "ZTF26a")
    session.commit()
    assert offered(viewer, event) == CHOICES[1:]
    decide(session, event, "ZTF26a", CandidateStatus.REJECTED)
    assert offered(viewer, event) == CHOICES[1:]
    add_object(session, event, "ZTF26b")
    decide(session, event, "ZTF26b", CandidateStatus.PENDING)
    assert offered(viewer, event) == CHOICES


def test_the_rejected_are_not_drawn(viewer: FlaskClient, session: Session, event: Event):
    for name in ("ZTF26a", "ZTF26b", "ZTF26c"):
        add_object(session, event, name, magnitude=None if name == "ZTF26c" else 19.5)
    decide(session, event, "ZTF26a", CandidateStatus.REJECTED)
    decide(session, event, "ZTF26b", CandidateStatus.CONFIRMED)
    saved, left = layer(viewer, event, "saved"), layer(viewer, event, "open")
    assert saved["all"] == 1
    assert [(each["name"], each["status"], each["by"]) for each in saved["objects"]] == [
        ("ZTF26b", "confirmed", "ana")
    ]
    assert left["all"] == 2
    assert {each["name"]: (each["status"], each["magnitude"]) for each in left["objects"]} == {
        "ZTF26c": (None, None),
        "ZTF26b": ("confirmed", 19.5),
    }


def test_no_more_are_drawn_than_can_be_told_apart(
    viewer: FlaskClient, session: Session, event: Event, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(region_objects, "MOST", 2)
    for number in range(4):
        add_object(session, event, f"ZTF26{number}")
    session.commit()
    found = layer(viewer, event, "open")
    assert (len(found["objects"]), found["all"]) == (2, 4)


def test_another_choice_is_refused_by_name(viewer: FlaskClient, event: Event):
    answer = viewer.get(f"/events/{event.id}/objects.json?which=all")
    assert answer.status_code == 404
    assert "There are no objects all: choose saved or open." in answer.text
