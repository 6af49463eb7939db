from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import (
    add_circular,
    add_event,
    add_exposures,
    add_localization,
    add_plan,
    add_submission,
)
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.base import now
from too_marshal.db.circulars import CircularDraft
from too_marshal.db.localizations import Drawing
from too_marshal.workflows.exposures.cover import cover


def test_a_draft_is_written_from_what_was_executed(observer: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    add_exposures(session, add_submission(session, add_plan(session, event)), 7)
    cover(session, event.id, "ZTF")
    assert "Draft a circular" in page(observer, f"/events/{event.id}")
    answer = observer.post(f"/events/{event.id}/circulars", data={"telescope": "ZTF"})
    stored = session.scalars(select(CircularDraft)).one()
    assert (answer.status_code, answer.location) == (303, f"/circulars/{stored.id}")
    text = page(observer, answer.location)
    assert stored.subject in text
    assert "7 images" in text
    assert "Nothing is sent before somebody approves it" in text
    assert stored.facts["telescopes"][0]["images"] == 7
    written = text[text.index("Written from") :]
    assert f'href="/events/{event.id}/exposures"' in written
    assert "executed exposures of ZTF" in written
    area = stored.facts["telescopes"][0]["coverage"]["area"]
    assert f"{area:.1f} square degrees" in written
    assert "The figure is being drawn" in text
    map_id = stored.facts["localization_id"]
    session.add(Drawing(localization_id=map_id, all_sky=b"", zoom=b"", drawn_at=now()))
    session.commit()
    text = page(observer, answer.location)
    assert f'src="/localizations/{map_id}/zoom.png"' in text


def test_nothing_executed_is_said_in_words(observer: FlaskClient, session: Session):
    event = add_event(session)
    answer = observer.post(f"/events/{event.id}/circulars", data={"telescope": "ZTF"})
    assert answer.status_code == 409
    assert "has executed nothing" in answer.get_data(as_text=True)


def test_an_unknown_telescope_is_refused(observer: FlaskClient, session: Session):
    event = add_event(session)
    answer = observer.post(f"/events/{event.id}/circulars", data={"telescope": "Hubble"})
    assert answer.status_code == 422


def test_the_download_is_subject_and_body(viewer: FlaskClient, session: Session):
    draft = add_circular(session, add_event(session))
    answer = viewer.get(f"/circulars/{draft.id}.txt")
    assert answer.mimetype == "text/plain"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.get_data(as_text=True) == f"{draft.subject}\n\n{draft.body}"
