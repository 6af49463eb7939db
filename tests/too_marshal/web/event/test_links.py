"""Linked events on the event page, and what a person may decide of them."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event
from tests.too_marshal.web.event.test_page import page
from tests.too_marshal.web.test_search import named
from too_marshal.db.events import Event, EventLink, LinkKind


@pytest.fixture
def pair(session: Session) -> tuple[Event, Event]:
    return (
        named(session, "S240812x", stream="lvk"),
        named(session, "bn240812094", "GRB 240812C"),
    )


def only_link(session: Session) -> EventLink:
    session.expire_all()
    return session.scalars(select(EventLink)).one()


def test_a_suggestion_is_shown_with_its_statistics_and_can_be_settled(
    observer: FlaskClient, session: Session, pair: tuple[Event, Event]
):
    wave, burst = pair
    session.add(
        EventLink(
            first_id=wave.id, second_id=burst.id, kind=LinkKind.COINCIDENT,
            reason="+1.7 s apart, sky overlap 12.5", far=1e-10, chance=0.0004, overlap=12.5,
        )
    )  # fmt: skip
    session.commit()
    for own, other in (pair, pair[::-1]):
        text = page(observer, f"/events/{own.id}")
        assert f'href="/events/{other.id}"' in text
        assert "suggested" in text
        assert "sky overlap 12.5" in text
        assert "1 per 317 yr" in text
        assert "0.0004 unrelated events" in text
    number = only_link(session).id
    assert observer.post(f"/events/{wave.id}/links/{number}/undo").status_code == 303
    assert only_link(session).undone_by == "observer"
    assert "undone by observer" in page(observer, f"/events/{wave.id}")
    assert observer.post(f"/events/{burst.id}/links/{number}/confirm").status_code == 303
    link = only_link(session)
    assert (link.kind, link.made_by, link.undone_by) == (LinkKind.PERSON, "observer", None)


def test_a_person_links_by_any_name(
    observer: FlaskClient, session: Session, pair: tuple[Event, Event]
):
    wave, burst = pair
    answer = observer.post(
        f"/events/{wave.id}/links", data={"name": "grb 240812c", "reason": "same time and place"}
    )
    assert answer.status_code == 303
    link = only_link(session)
    assert {link.first_id, link.second_id} == {wave.id, burst.id}
    text = page(observer, f"/events/{burst.id}")
    assert "linked by observer" in text
    assert "same time and place" in text
    assert "Also called" in text
    assert "GRB 240812C" in text


def test_what_cannot_be_linked_is_refused_in_words(
    observer: FlaskClient, session: Session, pair: tuple[Event, Event]
):
    wave, _ = pair
    named(session, "1247832", "GRB 240812C", stream="swift")
    for name, words in (
        ("", "No other event"),
        ("nobody", "No other event is called"),
        ("S240812x", "No other event is called"),
        ("GRB 240812C", "Several events are called"),
    ):
        answer = observer.post(f"/events/{wave.id}/links", data={"name": name})
        assert answer.status_code == 422
        assert words in answer.get_data(as_text=True).replace("&#39;", "'")
    assert session.scalars(select(EventLink)).all() == []


def test_a_viewer_sees_and_changes_nothing(
    viewer: FlaskClient, session: Session, pair: tuple[Event, Event]
):
    wave, burst = pair
    session.add(
        EventLink(first_id=wave.id, second_id=burst.id, kind=LinkKind.STATED, reason="it says so")
    )
    session.commit()
    text = page(viewer, f"/events/{wave.id}")
    assert "it says so" in text
    assert "Undo the link" not in text
    number = only_link(session).id
    assert viewer.post(f"/events/{wave.id}/links/{number}/undo").status_code == 403
    assert viewer.post(f"/events/{wave.id}/links", data={"name": "x"}).status_code == 403


def test_a_link_of_others_is_not_found_here(
    observer: FlaskClient, session: Session, pair: tuple[Event, Event]
):
    wave, burst = pair
    third = add_event(session, "S1")
    session.add(EventLink(first_id=wave.id, second_id=burst.id, kind=LinkKind.STATED, reason="x"))
    session.commit()
    number = only_link(session).id
    assert observer.post(f"/events/{third.id}/links/{number}/undo").status_code == 404
    assert only_link(session).undone_by is None
