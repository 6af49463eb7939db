import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal import alerts
from tests.too_marshal.factories import add_event, add_notice
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.events import Event
from too_marshal.db.notices import NoticeState, ReceivedNotice
from too_marshal.workflows.intake.ingest import Message, ingest


def quarantined(session: Session, payload: bytes = b"<html>no notice") -> ReceivedNotice:
    return add_notice(
        session,
        payload=payload,
        state=NoticeState.QUARANTINED,
        error="unclosed <token>",
        document=None,
        stream=None,
        kind=None,
        order=None,
    )


def test_what_was_not_understood_is_listed_with_the_reason(observer: FlaskClient, session: Session):
    row = quarantined(session)
    add_notice(session, add_event(session))
    text = page(observer, "/notices")
    assert text.count("<li>") - text.count('<li><a href="/') == 1
    assert "unclosed &lt;token&gt;" in text
    assert f"/notices/{row.id}/reread" in text


def test_a_notice_shows_what_was_understood_and_what_came(viewer: FlaskClient, session: Session):
    event = add_event(session)
    row = add_notice(session, event, b'{"a": "<b>&"}')
    text = page(viewer, f"/notices/{row.id}")
    assert "PRELIMINARY" in text
    assert "&lt;b&gt;&amp;" in text
    assert row.sha256 in text
    assert f"/events/{event.id}" in text
    assert "Read again" not in text


def test_the_raw_bytes_come_as_a_file_that_no_browser_shows(viewer: FlaskClient, session: Session):
    payload = b"<html><script>alert(1)</script>\x00\xff"
    answer = viewer.get(f"/notices/{quarantined(session, payload).id}/raw")
    assert answer.data == payload
    assert answer.mimetype == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_long_notice_is_cut_on_its_page_and_whole_in_its_file(
    viewer: FlaskClient, session: Session
):
    row = quarantined(session, b"a" * 50_000)
    text = page(viewer, f"/notices/{row.id}")
    assert len(text) < 20_000
    assert "the rest is in the file" in text
    assert len(viewer.get(f"/notices/{row.id}/raw").data) == 50_000


def test_a_notice_is_read_again_by_the_same_door(observer: FlaskClient, session: Session):
    row = quarantined(session, b"neither XML nor JSON")
    answer = observer.post(f"/notices/{row.id}/reread")
    assert answer.status_code == 303
    session.refresh(row)
    # Still no notice, and now with the reader's own words.
    assert row.state in {NoticeState.QUARANTINED, NoticeState.UNKNOWN}
    assert row.error != "unclosed <token>"
    assert row.attempts == 1


def test_a_flag_is_seen_with_the_event_and_with_its_notice(
    viewer: FlaskClient, session: Session, cases: Path
):
    payload = (cases / "09_optional_number_not_available.json").read_bytes()
    topic = "gcn.notices.einstein_probe.wxt.alert"
    received = ingest(session, Message(payload, "api", topic))
    assert received.state == NoticeState.UNDERSTOOD
    for address in (f"/notices/{received.notice_id}", f"/events/{received.event_id}"):
        assert "<bdi>image_snr unreadable</bdi>" in page(viewer, address)


def test_a_retraction_with_a_capital_retracts_the_event(
    viewer: FlaskClient, session: Session, cases: Path
):
    initial = (cases / "09_optional_number_not_available.json").read_bytes()
    retraction = (cases / "07_alert_type_Retraction_capital.json").read_bytes()
    topic = "gcn.notices.einstein_probe.wxt.alert"
    for payload in (initial, retraction):
        received = ingest(session, Message(payload, "api", topic))
    assert session.get(Event, received.event_id).is_retracted
    assert "retracted" in page(viewer, f"/events/{received.event_id}")


def test_a_search_with_null_in_quotes_hangs_on_its_superevent(session: Session, cases: Path):
    merger = ingest(session, Message(alerts.lvk("S230914ak"), "api", "igwn.gwalert"))
    payload = (cases / "11_icecube_lvk_search_null_string.json").read_bytes()
    topic = "gcn.notices.icecube.lvk_nu_track_search"
    search = ingest(session, Message(payload, "api", topic))
    assert search.state == NoticeState.UNDERSTOOD
    assert search.event_id == merger.event_id


@pytest.mark.parametrize("word", ["final", "Cancelled?", 7])
def test_an_unknown_kind_neither_begins_anew_nor_takes_back(session: Session, cases: Path, word):
    document = json.loads((cases / "09_optional_number_not_available.json").read_bytes())
    topic = "gcn.notices.einstein_probe.wxt.alert"
    for changes, is_retracted in (
        ({}, False),
        ({"alert_type": word}, False),
        ({"alert_type": "retraction"}, True),
        ({"alert_type": word, "trigger_time": "2026-11-27T10:48:57Z"}, True),
    ):
        received = ingest(session, Message(json.dumps(document | changes).encode(), "api", topic))
        event = session.get(Event, received.event_id, populate_existing=True)
        assert event.is_retracted is is_retracted
        assert not event.is_test
