"""Other groups' pointings as a layer: of which state, as of when, and no more than can be seen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.observing.archives import OthersPointings
from too_marshal.web.layers.others import MOST, choices, others_layer

SQUARE = [[1.0, 2.0], [-1.0, 2.0], [-1.0, -2.0], [1.0, -2.0]]


def pointing(number: int, status: str = "completed", **values: Any) -> dict[str, Any]:
    return {
        "id": number,
        "instrument_id": 9,
        "instrument": "GOTO",
        "status": status,
        "ra": 150.0 + number / 100,
        "dec": 30.0,
        "time": (now() + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "band": "L",
        "depth": 20.1,
        "position_angle": 0.0,
        **values,
    }


def told(event: Event, *pointings: dict[str, Any]) -> OthersPointings:
    statuses = [each["status"] for each in pointings]
    return OthersPointings(
        event_id=event.id,
        pointings=list(pointings),
        outlines={"9": SQUARE},
        completed=statuses.count("completed"),
        planned=statuses.count("planned"),
        rejected=1,
        read_at=now(),
    )


@pytest.fixture
def event(session: Session) -> Event:
    return add_event(session)


def test_an_event_of_which_nothing_was_read_has_no_such_layer(viewer: FlaskClient, event: Event):
    assert viewer.get(f"/events/{event.id}/sky.json").json["layers"]["reported"] == []
    answer = viewer.get(f"/events/{event.id}/others.json")
    assert answer.status_code == 404
    assert b"Nothing was read from the Treasure Map" in answer.data


def test_a_state_is_chosen_where_there_are_two(viewer: FlaskClient, session: Session, event: Event):
    session.add(told(event, pointing(1), pointing(2), pointing(3, "planned")))
    session.commit()
    offered = viewer.get(f"/events/{event.id}/sky.json").json["layers"]["reported"]
    assert [each["id"] for each in offered] == ["all", "completed", "planned"]
    assert offered[0]["name"].startswith("2 completed and 1 planned, as of ")
    found = viewer.get(f"/events/{event.id}/others.json?status=planned").json
    assert [tile["status"] for tile in found["tiles"]] == ["planned"]
    assert len(viewer.get(f"/events/{event.id}/others.json").json["tiles"]) == 3
    assert viewer.get(f"/events/{event.id}/others.json?status=taken").status_code == 404


def test_none_told_is_said_and_not_hidden(event: Event):
    assert [each["name"][:15] for each in choices(told(event))] == ["none told as of"]
    assert [each["id"] for each in choices(told(event, pointing(1)))] == ["all"]


def test_one_place_is_one_tile_with_its_visits_in_the_order_of_time(event: Event):
    row = told(event, pointing(1), pointing(2, ra=150.01), pointing(3, depth=None))
    found = others_layer(row, "all")
    assert [len(tile["visits"]) for tile in found["tiles"]] == [1, 2]
    times = [visit["time"] for visit in found["tiles"][1]["visits"]]
    assert times == sorted(times)
    assert found["tiles"][0]["visits"][0]["depth"] is None
    assert (found["left_out"], found["rejected"]) == (0, 1)


def test_a_camera_is_turned_and_one_without_a_footprint_is_a_point(event: Event):
    row = told(event, pointing(1, position_angle=90.0), pointing(2, instrument_id=10))
    found = others_layer(row, "all")
    assert list(found["outlines"]) == ["9 at 90.0"]
    # North of the camera points east: what was north of its middle is east of it.
    assert found["outlines"]["9 at 90.0"][0] == pytest.approx([2.0, -1.0])


def test_no_more_than_can_be_seen_is_drawn_and_the_rest_is_counted(event: Event):
    row = told(event, *(pointing(number) for number in range(MOST + 7)))
    found = others_layer(row, "all")
    assert (len(found["tiles"]), found["left_out"]) == (MOST, 7)
    assert max(tile["ra"] for tile in found["tiles"]) == pytest.approx(150 + (MOST + 6) / 100)
