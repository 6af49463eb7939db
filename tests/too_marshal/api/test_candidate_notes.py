"""Notes on candidates, by programs."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_localization, add_object
from too_marshal.db.counterparts.candidates import CandidateStatus
from too_marshal.workflows.counterparts.judge import judge


def test_a_program_writes_and_reads_notes_on_a_candidate(program: FlaskClient, session: Session):
    event, other = add_event(session), add_event(session, "S260102b")
    add_localization(session, event)
    add_object(session, event, "ZTF26aaaaaaa")
    judge(
        session, event, "ZTF", "ZTF26aaaaaaa", CandidateStatus.PENDING, reason="", seen=0, by="us"
    )
    address = f"/api/v1/events/{event.id}"
    (found,) = program.get(f"{address}/candidates").json["items"]
    about = {"candidate_id": found["candidate"]["id"]}
    assert program.post(f"{address}/notes", json={"text": "it fades", **about}).status_code == 201
    assert program.post(f"{address}/notes", json={"text": "clouds"}).status_code == 201
    (note,) = program.get(f"{address}/notes", query_string=about).json["items"]
    assert (note["text"], note["candidate_id"]) == ("it fades", about["candidate_id"])
    elsewhere = f"/api/v1/events/{other.id}/notes"
    refused = program.post(elsewhere, json={"text": "x", **about})
    assert refused.status_code == 422
    assert "candidate of another event" in refused.text
    for body, status in (({"candidate_id": 99}, 404), ({"candidate_id": "1"}, 422)):
        answer = program.post(f"{address}/notes", json={"text": "x", **body})
        assert answer.status_code == status
