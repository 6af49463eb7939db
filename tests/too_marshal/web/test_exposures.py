import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_import, add_localization
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.events import Event
from too_marshal.db.observing.exposures import Exposure, ExposureImport

TABLE = "field_id,filter,start\n700,g,2026-11-20T05:00:00\n9999999,g,<b>2026-11-20T05:01:00\n"


@pytest.fixture
def event(session: Session) -> Event:
    event = add_event(session)
    add_localization(session, event)
    return event


def test_a_pasted_table_is_reported_row_by_row(
    observer: FlaskClient, session: Session, event: Event
):
    answer = observer.post(
        f"/events/{event.id}/exposures", data={"telescope": "ZTF", "table": TABLE}
    )
    made = session.scalars(select(ExposureImport)).one()
    assert (answer.status_code, answer.location) == (
        303,
        f"/events/{event.id}/exposures#import-{made.id}",
    )
    shown = page(observer, f"/events/{event.id}/exposures")
    assert "9999999,g,&lt;b&gt;2026" in shown
    assert "what was pasted" in shown


def test_a_file_is_taken_and_undone(observer: FlaskClient, session: Session, event: Event):
    file = (io.BytesIO(TABLE.encode()), "night <1>.csv")
    observer.post(f"/events/{event.id}/exposures", data={"telescope": "ZTF", "file": file})
    made = session.scalars(select(ExposureImport)).one()
    assert (made.name, made.added) == ("night <1>.csv", 1)
    assert "Undo…" in page(observer, f"/events/{event.id}/exposures")
    assert observer.post(f"/imports/{made.id}/undo").status_code == 303
    assert session.scalars(select(Exposure)).all() == []
    shown = page(observer, f"/events/{event.id}/exposures")
    assert "undone by" in shown
    assert "Undo…" not in shown


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"telescope": "Hubble", "table": TABLE}, "unknown telescope"),
        ({"telescope": "ZTF", "table": "ra,dec\n1,2\n"}, "no column filter"),
        ({"telescope": "ZTF"}, ""),
    ],
)
def test_what_cannot_be_read_is_said_on_the_form(
    observer: FlaskClient, session: Session, event: Event, form: dict, words: str
):
    answer = observer.post(f"/events/{event.id}/exposures", data=form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True)
    assert words in answer.get_data(as_text=True)
    assert session.scalars(select(ExposureImport)).all() == []


def test_a_viewer_sees_the_report_and_no_form(viewer: FlaskClient, session: Session, event: Event):
    add_import(session, event)
    shown = page(viewer, f"/events/{event.id}/exposures")
    assert "ZTF has no field 9999999" in shown
    assert "<textarea" not in shown
    assert "Exposures brought in" in page(viewer, f"/events/{event.id}")


def test_what_was_not_taken_is_shown_with_its_own_word(
    observer: FlaskClient, session: Session, event: Event, cases
):
    data = (cases / "05_exposures_with_status_planned_cancelled_failed.csv").read_bytes()
    file = (io.BytesIO(data), "log.csv")
    address = f"/events/{event.id}/exposures"
    answer = observer.post(address, data={"telescope": "ZTF", "file": file}, follow_redirects=True)
    shown = answer.get_data(as_text=True)
    assert "0 exposures are new" in shown
    assert "3 rows were rejected" in shown
    for status in ("planned", "cancelled", "failed"):
        assert f"status is &#39;{status}&#39;" in shown
    assert "Columns that were not used: <bdi>pointing_id</bdi>" in shown
    assert session.scalars(select(Exposure)).all() == []
