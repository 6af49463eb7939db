"""Galaxies as a layer: the tables of the event and of its plans, ranked once when asked for."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_localization, add_plan, circle_map
from too_marshal.db.events import Event
from too_marshal.db.galaxies import GalaxyRanking, GalaxyTable
from too_marshal.db.localizations import Localization
from too_marshal.workflows.planning.galaxies import bring_galaxies, remove_galaxies
from too_marshal.workflows.planning.rank_galaxies import MOST, rank_galaxies

FAR = ("far away,330.0,-30.0,40\n", "opposite,331.0,-30.0,40\n")


@pytest.fixture
def localization(session: Session) -> Localization:
    return add_localization(session, add_event(session), circle_map(150.0, 30.0, 1.0))


def brought(
    session: Session, localization: Localization, *rows: str, for_all: bool = False
) -> GalaxyTable:
    event = session.get_one(Event, localization.event_id)
    data = ("galaxy,ra,dec,distance\n" + "".join(rows)).encode()
    return bring_galaxies(
        session, event, data=data, name="hosts.csv", by="observer", for_all=for_all
    )


def address(localization: Localization, table: GalaxyTable) -> str:
    return f"/events/{localization.event_id}/galaxies.json?table={table.id}"


def test_the_most_probable_are_told_with_their_names_and_the_rest_is_counted(
    viewer: FlaskClient, session: Session, localization: Localization
):
    near = [f"NGC {n},{150 + n / 200},30.0,40\n" for n in range(MOST + 5)]
    table = brought(session, localization, *reversed(near), *FAR)
    for _ in range(2):
        assert viewer.get(address(localization, table)).status_code == 202
    query = "SELECT args FROM procrastinate_jobs WHERE task_name = 'rank_galaxies'"
    job = {"table_id": table.id, "localization_id": localization.id}
    assert list(session.scalars(text(query))) == [job]
    rank_galaxies(session, **job)
    found = viewer.get(address(localization, table)).json
    assert found["table"] == "hosts.csv"
    assert len(found["galaxies"]) == MOST
    assert (found["probable"], found["all"], found["error"]) == (MOST + 5, MOST + 7, "")
    weights = [each["weight"] for each in found["galaxies"]]
    assert weights == sorted(weights, reverse=True)
    first = {each["name"] for each in found["galaxies"][:10]}
    assert "NGC 0" in first
    assert not first & {"NGC 54", "far away"}
    computed_at = session.query(GalaxyRanking).one().computed_at
    rank_galaxies(session, **job)
    session.expire_all()
    assert session.query(GalaxyRanking).one().computed_at == computed_at


def test_where_the_map_has_none_of_them_it_says_so(
    viewer: FlaskClient, session: Session, localization: Localization
):
    table = brought(session, localization, *FAR)
    rank_galaxies(session, table.id, localization.id)
    found = viewer.get(address(localization, table)).json
    assert found["galaxies"] == []
    assert "no galaxy of the table lies where" in found["error"]


def test_tables_on_offer_and_those_of_plans_are_choices_and_no_other(
    viewer: FlaskClient, session: Session, localization: Localization
):
    sky = f"/events/{localization.event_id}/sky.json"
    assert viewer.get(sky).json["layers"]["galaxies"] == []
    removed, used = (brought(session, localization, *FAR) for _ in range(2))
    event = session.get_one(Event, localization.event_id)
    add_plan(session, event).galaxy_table_id = used.id
    for table in (removed, used):
        remove_galaxies(session, table.id, by="observer")
    other = add_localization(session, add_event(session, "S260101b"))
    common = brought(session, other, *FAR, for_all=True)
    theirs = brought(session, other, *FAR)
    offered = viewer.get(sky).json["layers"]["galaxies"]
    assert [each["id"] for each in offered] == [common.id, used.id]
    assert offered[0]["name"] == "hosts.csv (2)"
    for table in (removed, theirs):
        answer = viewer.get(address(localization, table))
        assert answer.status_code == 404
        assert b"no table of galaxies" in answer.data


def test_without_a_map_there_is_nothing_to_rank(viewer: FlaskClient, session: Session):
    event = add_event(session)
    table = bring_galaxies(
        session, event, data=b"ra,dec,distance\n1,2,3\n", name="a", by="observer"
    )
    assert viewer.get(f"/events/{event.id}/sky.json").json["layers"]["galaxies"] == []
    answer = viewer.get(f"/events/{event.id}/galaxies.json?table={table.id}")
    assert answer.status_code == 404
    assert b"no sky map" in answer.data
