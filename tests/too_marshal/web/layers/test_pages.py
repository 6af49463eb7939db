"""Layers of the sky map: offered where there is something for them, worked out when asked for."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_localization, circle_map
from too_marshal.workflows.localizations.difference import work_out_difference


def jobs(session: Session) -> list[dict[str, int]]:
    query = "SELECT args FROM procrastinate_jobs WHERE task_name = 'work_out_difference'"
    return list(session.scalars(text(query)))


@pytest.fixture
def two(session: Session) -> dict[str, int]:
    event = add_event(session)
    old = add_localization(session, event, circle_map(100.0, 20.0, 9.0))
    new = add_localization(session, event, circle_map(102.0, 20.0, 4.0))
    return {"event": event.id, "old": old.id, "new": new.id}


def test_an_event_with_one_map_has_no_difference_to_show(viewer: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    assert viewer.get(f"/events/{event.id}/sky.json").json["layers"]["difference"] == []
    answer = viewer.get(f"/events/{event.id}/difference.json?from=4711")
    assert answer.status_code == 404
    assert b"no map 4711" in answer.data
    empty = add_event(session, "S260101b")
    assert viewer.get(f"/events/{empty.id}/sky.json").json["layers"]["difference"] == []
    assert viewer.get(f"/events/{empty.id}/difference.json?from=1").status_code == 404


def test_one_map_under_two_numbers_is_no_choice(viewer: FlaskClient, session: Session):
    event = add_event(session)
    for _ in range(2):
        add_localization(session, event)
    sky = viewer.get(f"/events/{event.id}/sky.json").json
    assert len(sky["others"]) == 1
    assert sky["layers"]["difference"] == []


def test_a_difference_is_worked_out_once_it_is_asked_for(
    viewer: FlaskClient, session: Session, two: dict[str, int]
):
    offered = viewer.get(f"/events/{two['event']}/sky.json").json["layers"]["difference"]
    assert [each["id"] for each in offered] == [two["old"]]
    assert jobs(session) == [], "nobody has switched it on"
    address = f"/events/{two['event']}/difference.json?from={two['old']}"
    for _ in range(2):
        assert viewer.get(address).status_code == 202
    assert jobs(session) == [{"old_id": two["old"], "new_id": two["new"]}]
    work_out_difference(session, two["old"], two["new"])
    answer = viewer.get(address)
    assert answer.status_code == 200
    found = answer.json
    assert found["area_90"] == pytest.approx([254, 50], rel=0.02)
    assert found["in_old_50"] == pytest.approx(0.907, abs=0.01)
    assert found["common_90"] == pytest.approx(0.198, abs=0.01)
    assert len(found["gained"]["coordinates"]) == 1
    assert len(found["lost"]["coordinates"][0]) == 2, "a ring around what was gained"
    assert len(jobs(session)) == 1
    again = viewer.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_a_map_of_another_event_is_refused(
    viewer: FlaskClient, session: Session, two: dict[str, int]
):
    event = add_event(session, "S260101b")
    add_localization(session, event)
    answer = viewer.get(f"/events/{event.id}/difference.json?from={two['old']}")
    assert answer.status_code == 404
