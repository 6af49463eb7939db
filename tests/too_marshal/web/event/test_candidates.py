from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.web.event.test_page import page
from tests.too_marshal.workflows.counterparts.sky import RA, burst, seen
from too_marshal.db.counterparts.candidates import Candidate
from too_marshal.db.events import Activity, Event
from too_marshal.web.event.candidates import PAGE_SIZE
from too_marshal.workflows.counterparts.live_maps import LiveMaps
from too_marshal.workflows.counterparts.take import take


@pytest.fixture
def event(session: Session, tmp_path: Path) -> Event:
    event = burst(session)
    packets = [
        seen(event, 0.1, object_id="ZTF25aaa", real_bogus=0.4),
        seen(event, 0.3, object_id="ZTF25aaa", magnitude=20.51, filter="r"),
        seen(event, 0.2, object_id="<b>hostile</b>", ra=RA + 4.5, magnitude=None, real_bogus=None),
    ]
    take(session, packets, LiveMaps(), tmp_path)
    session.commit()
    return event


def judgment(**values: str) -> dict[str, str]:
    return {
        "survey": "ZTF", "object_id": "ZTF25aaa", "status": "pending", "seen": "0", **values
    }  # fmt: skip


def test_before_any_alert_the_page_says_how_they_come(viewer: FlaskClient, session: Session):
    shown = page(viewer, f"/events/{burst(session).id}/candidates")
    assert "No alert has come in from there." in shown


def test_the_event_says_how_many_objects_there_are(viewer: FlaskClient, event: Event):
    assert "Alerts in the region: 2 objects</a>" in page(viewer, f"/events/{event.id}")


def test_objects_are_listed_and_a_viewer_decides_nothing(viewer: FlaskClient, event: Event):
    shown = page(viewer, f"/events/{event.id}/candidates")
    for words in ("ZTF25aaa", "20.51 r", "0.90", "150.00000 +20.00000", "none yet"):
        assert words in shown
    assert "&lt;b&gt;hostile&lt;/b&gt;" in shown
    assert 'name="status"' not in shown
    answer = viewer.post(f"/events/{event.id}/candidates", data=judgment())
    assert answer.status_code == 403


def test_an_object_is_saved_rejected_and_shown_with_who_and_why(
    observer: FlaskClient, event: Event, session: Session
):
    address = f"/events/{event.id}/candidates"
    answer = observer.post(address, data=judgment())
    assert (answer.status_code, answer.location) == (303, address)
    assert "ZTF25aaa is pending." in page(observer, address)
    row = session.scalars(select(Candidate)).one()
    seen_now = str(row.version)
    observer.post(address, data=judgment(status="rejected", reason="a Mira", seen=seen_now))
    shown = page(observer, address)
    assert 'tag-red">rejected' in shown
    assert ">a Mira</bdi>" in shown
    assert "observer" in shown
    answer = observer.post(address, data=judgment(status="confirmed", seen=seen_now))
    assert answer.status_code == 409
    assert "has said meanwhile that it is rejected" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"status": "good"}, "pending, confirmed"),
        ({"status": "rejected"}, "why it is rejected"),
        ({"object_id": "other"}, "no alert of other"),
        ({"object_id": "\0"}, "no alert of"),
    ],
)
def test_what_cannot_be_decided_is_answered_with_its_reason(
    observer: FlaskClient, event: Event, values: dict[str, str], words: str
):
    answer = observer.post(f"/events/{event.id}/candidates", data=judgment(**values))
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)


def test_many_are_paged(observer: FlaskClient, session: Session, tmp_path: Path):
    event = burst(session)
    packets = [seen(event, object_id=f"Z{number:03d}") for number in range(PAGE_SIZE + 3)]
    take(session, packets, LiveMaps(), tmp_path)
    session.commit()
    first = page(observer, f"/events/{event.id}/candidates")
    assert "Z049" in first
    assert "Z050" not in first
    assert f"?first={PAGE_SIZE}" in first
    second = page(observer, f"/events/{event.id}/candidates?first={PAGE_SIZE}")
    assert "Z050" in second
    assert "Z049" not in second
    assert f"53, {PAGE_SIZE + 1} to 53 here" in second
    answer = observer.post(
        f"/events/{event.id}/candidates", data=judgment(object_id="Z050", first=str(PAGE_SIZE))
    )
    assert answer.location.endswith(f"?first={PAGE_SIZE}")


def test_notes_are_written_on_candidates_and_call_people(
    observer: FlaskClient, event: Event, session: Session
):
    address = f"/events/{event.id}/candidates"
    assert "Add the note" not in page(observer, address), "of an object that somebody has judged"
    observer.post(address, data=judgment())
    row = session.scalars(select(Candidate)).one()
    told = {"candidate_id": str(row.id), "text": "fades, see <b> @observer"}
    answer = observer.post(f"/events/{event.id}/notes", data=told)
    assert (answer.status_code, answer.location) == (303, address)
    shown = page(observer, address)
    assert "fades, see &lt;b&gt; <strong>@observer</strong>" in shown
    assert "a candidate</a>" in page(observer, f"/events/{event.id}")
    assert "fades" in page(observer, "/account")
    lines = session.scalars(select(Activity.text).where(Activity.subject == "note")).all()
    assert lines == ["Note on ZTF25aaa: fades, see <b> @observer"]
    other = burst(session, "S250101b")
    assert observer.post(f"/events/{other.id}/notes", data=told).status_code == 422
    unknown = told | {"candidate_id": "4711"}
    assert observer.post(f"/events/{event.id}/notes", data=unknown).status_code == 404
