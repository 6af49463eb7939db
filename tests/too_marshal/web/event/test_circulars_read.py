import json

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_notice
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.events import Event
from too_marshal.db.notices import ReceivedNotice
from too_marshal.notices.formats.notice_json import notice_to_json
from too_marshal.notices.registry import parse


def receive(
    session: Session, event: Event, number: int, subject: str, version: int = 1
) -> ReceivedNotice:
    """Keep a circular as intake does."""
    payload = json.dumps(
        {
            "circularId": number,
            "version": version,
            "subject": subject,
            "submitter": "Anna Åström at Caltech <anna@caltech.edu>",
            "body": f"We observed <b>it</b>.\n\nVersion {version}.",
            "createdOn": 1718212589034,
        }
    ).encode()
    notice = parse(payload, "gcn.circulars")
    return add_notice(
        session,
        event,
        payload,
        topic="gcn.circulars",
        stream=notice.stream,
        kind=notice.kind.value,
        order=list(notice.order),
        document=notice_to_json(notice),
    )


def test_a_circular_is_read_by_its_number_subject_and_author(viewer: FlaskClient, session: Session):
    event = add_event(session)
    assert "None has come that names this event." in page(viewer, f"/events/{event.id}")
    receive(session, event, 34397, "S260101a: first subject")
    row = receive(session, event, 34397, "S260101a: corrected subject", 2)
    receive(session, event, 34400, "S260101a: later")
    text = page(viewer, f"/events/{event.id}")
    assert "first subject" not in text
    assert text.index("S260101a: later") < text.index("S260101a: corrected subject")
    assert "Anna Åström at Caltech" in text
    assert "anna@caltech.edu" not in text
    assert 'href="https://gcn.nasa.gov/circulars/34397"' in text
    assert f'hx-get="/notices/{row.id}/text"' in text
    body = page(viewer, f"/notices/{row.id}/text")
    assert "We observed &lt;b&gt;it&lt;/b&gt;.\n\nVersion 2." in body
    whole = page(viewer, f"/notices/{row.id}")
    assert "Version 2." in whole
    assert "S260101a: corrected subject" in whole


def test_another_notice_has_no_text(viewer: FlaskClient, session: Session):
    row = add_notice(session, add_event(session))
    assert viewer.get(f"/notices/{row.id}/text").status_code == 404
