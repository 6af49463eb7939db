"""An event is found by any of its names, from every page."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.events import Event, EventName, normalized_name


def named(session: Session, *names: str, stream: str = "fermi_gbm") -> Event:
    event = add_event(session, names[0], stream=stream, aliases=list(names[1:]))
    session.add_all(
        EventName(event_id=event.id, name=name, normalized_name=normalized_name(name))
        for name in names
    )
    session.commit()
    return event


@pytest.mark.parametrize(
    "typed", ["GRB 240812C", "grb240812c", " bn240812094 ", "BN-240812094", "745139645"]
)
def test_one_hit_is_gone_to(viewer: FlaskClient, session: Session, typed: str):
    event = named(session, "bn240812094", "745139645", "GRB 240812C")
    named(session, "IceCube-231125A", stream="icecube")
    answer = viewer.get("/search", query_string={"name": typed})
    assert answer.status_code == 303
    assert answer.location == f"/events/{event.id}"


def test_several_are_listed(viewer: FlaskClient, session: Session):
    first = named(session, "bn240812094", "GRB 240812C")
    second = named(session, "1247832", "GRB 240812C", stream="swift")
    text = page(viewer, "/search?name=GRB+240812C")
    assert "Several events share this name" in text
    assert all(f'href="/events/{event.id}"' in text for event in (first, second))


def test_the_beginning_of_a_name_lists_what_begins_so(viewer: FlaskClient, session: Session):
    event = named(session, "IceCube-231125A", stream="icecube")
    named(session, "S231125x", stream="lvk")
    text = page(viewer, "/search?name=icecube-2311")
    assert "None is called exactly so" in text
    assert f'href="/events/{event.id}"' in text
    assert "S231125x" not in text


@pytest.mark.parametrize("typed", ["S990101zz", "%", "_", "<script>alert(1)</script>", "a\0b"])
def test_no_hit_says_so(viewer: FlaskClient, session: Session, typed: str):
    named(session, "S231125x", stream="lvk")
    answer = viewer.get("/search", query_string={"name": typed})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "No event is called so" in text
    assert "S231125x" not in text
    assert "<script>alert" not in text


def test_nothing_typed_explains(viewer: FlaskClient):
    assert "Type a name" in page(viewer, "/search")


def test_the_box_is_on_every_page_of_somebody_logged_in(viewer: FlaskClient, app):
    assert 'role="search"' in page(viewer, "/")
    assert 'role="search"' not in app.test_client().get("/login").get_data(as_text=True)
    assert app.test_client().get("/search?name=x").status_code == 303
