from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event
from too_marshal.workflows.events.tag import MAX_TAGS


def test_a_program_is_told_the_tags_as_they_are_now(program: FlaskClient, session: Session):
    address = f"/api/v1/events/{add_event(session).id}"
    assert program.put(f"{address}/tags/Golden event").json["tags"] == ["golden-event"]
    assert program.put(f"{address}/tags/drill").json["tags"] == ["drill", "golden-event"]
    assert program.delete(f"{address}/tags/drill").json["tags"] == ["golden-event"]
    assert program.get(address).json["tags"] == ["golden-event"]


def test_what_is_no_tag_or_one_too_many_is_refused(program: FlaskClient, session: Session):
    address = f"/api/v1/events/{add_event(session).id}/tags"
    assert program.put(f"{address}/!").status_code == 422
    for number in range(MAX_TAGS):
        assert program.put(f"{address}/t{number}").status_code == 200
    answer = program.put(f"{address}/another")
    assert answer.status_code == 422
    assert "at the most" in answer.json["detail"]
