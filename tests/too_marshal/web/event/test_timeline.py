from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.events import record
from too_marshal.web.event.timeline import LINES


def test_all_that_happened_is_found_page_by_page(viewer: FlaskClient, session: Session):
    event = add_event(session)
    for number in range(LINES):
        record(session, f"line {number}.", subject="night", event_id=event.id)
    session.commit()
    address = f"/events/{event.id}/timeline"
    text = page(viewer, f"/events/{event.id}")
    assert f'href="{address}"' in text
    assert f"{LINES + 1} lines" in text
    assert "line 3." not in text
    first = page(viewer, address)
    assert f"line {LINES - 1}." in first
    assert "line 0." in first
    assert "begins" not in first
    last_row = first.rsplit("before=", 1)[1].split('"')[0]
    second = page(viewer, f"{address}?before={last_row}")
    assert "S260101a begins" in second
    assert "line 0." not in second
    assert "Latest" in second


def test_lines_are_chosen_by_what_they_are_about(viewer: FlaskClient, session: Session):
    event = add_event(session)
    record(session, "ZTF plan ready", subject="plan", event_id=event.id)
    session.commit()
    address = f"/events/{event.id}/timeline"
    text = page(viewer, f"{address}?subject=plan")
    assert "ZTF plan ready" in text
    assert "begins" not in text
    assert "Nothing about that." in page(viewer, f"{address}?subject=circular")
    assert viewer.get(f"{address}?subject=cats").status_code == 404
    assert "begins" in page(viewer, f"{address}?before=nonsense")
