from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event
from tests.too_marshal.web.event.test_page import page


def test_events_are_found_again_by_their_tags(observer: FlaskClient, session: Session):
    event, other = add_event(session), add_event(session, "S260101b")
    answer = observer.post(f"/events/{event.id}/tags", data={"name": "Follow Up"})
    assert answer.status_code == 303
    text = page(observer, answer.location)
    assert '<span class="tag tag-plain"><bdi>follow-up</bdi></span>' in text
    assert "Take the tag follow-up away" in text
    listed = page(observer, "/?tag=follow-up")
    assert f'href="/events/{event.id}"' in listed
    assert f'href="/events/{other.id}"' not in listed
    observer.post(f"/events/{event.id}/tags/remove", data={"name": "follow-up"})
    assert "No tags." in page(observer, f"/events/{event.id}")
    assert "No events like that." in page(observer, "/?tag=follow-up")


def test_what_is_no_tag_is_refused_in_words(observer: FlaskClient, session: Session):
    event = add_event(session)
    for name, words in (("", "is no tag"), ("!", "is no tag"), ("x" * 31, "too long")):
        answer = observer.post(f"/events/{event.id}/tags", data={"name": name})
        assert answer.status_code == 422
        assert words in answer.get_data(as_text=True)
