from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event
from tests.too_marshal.web.event.test_page import page


def test_a_person_names_an_event_and_every_page_says_so(observer: FlaskClient, session: Session):
    event = add_event(session)
    answer = observer.post(f"/events/{event.id}/name", data={"name": "GW260101"})
    assert answer.status_code == 303
    assert "It is called GW260101 now." in page(observer, answer.location)
    text = page(observer, f"/events/{event.id}")
    assert "<h1><bdi>GW260101</bdi></h1>" in text
    assert "is named by" in text
    assert "GW260101" in page(observer, "/")
    assert observer.get("/search?name=gw 260101").location == f"/events/{event.id}"
    observer.post(f"/events/{event.id}/name", data={"name": " "})
    assert "<h1><bdi>S260101a</bdi></h1>" in page(observer, f"/events/{event.id}")


def test_what_is_no_name_is_refused_in_words(observer: FlaskClient, session: Session):
    event = add_event(session)
    answer = observer.post(f"/events/{event.id}/name", data={"name": "\u2764"})
    assert answer.status_code == 422
    assert "plain ASCII" in answer.get_data(as_text=True)
