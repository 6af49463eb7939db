"""Events by hand, on their page."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal import alerts
from tests.too_marshal.factories import add_event
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization

CIRCULAR = Path(__file__).parents[3] / "data" / "circulars" / "swift.txt"


def typed(**values: str) -> dict[str, str]:
    seen = f"{now() - timedelta(hours=1):%Y-%m-%dT%H:%M:%S}"
    return {"name": "AT 2026abc", "event_time": seen, "containment": "90", **values}


def test_a_pasted_circular_fills_the_form_and_enters_nothing(
    observer: FlaskClient, session: Session
):
    assert "Enter an event" in page(observer, "/")
    answer = observer.post("/events/by-hand", data={"act": "read", "text": CIRCULAR.read_text()})
    text = answer.get_data(as_text=True)
    for value in ("GRB 231111A", "201.352 45.883", "0.05 deg", "2023-11-11T12:22:13+00:00"):
        assert f'value="{value}"' in text
    assert "“<bdi>uncertainty of 3 arcmin</bdi>”" in text
    assert session.scalars(select(Event)).all() == []


def test_what_was_not_found_is_asked_for(observer: FlaskClient):
    text = observer.post("/events/by-hand", data={"act": "read", "text": "hello"}).get_data(
        as_text=True
    )
    assert "Not found: a name, a time, a position, an error radius." in text


def test_an_event_is_entered_corrected_and_retracted(observer: FlaskClient, session: Session):
    answer = observer.post(
        "/events/by-hand",
        data=typed(position="13:09:48.1 -23:22:53", radius="3 arcmin", told_by="GCN Circ. 1"),
    )
    assert answer.status_code == 303
    text = page(observer, answer.location)
    assert "<h1><bdi>AT 2026abc</bdi></h1>" in text
    assert "Correct this event" in text
    event = session.scalars(select(Event)).one()
    row = session.scalars(select(Localization)).one()
    assert row.description["radius"] == 0.05
    form = page(observer, f"/events/{event.id}/by-hand")
    assert 'value="0.05 deg"' in form
    assert 'value="AT 2026abc"' in form
    seen = {"seen": re.search(r'name="seen" value="(\d+)"', form)[1]}
    changed = typed(name="AT 2026abd", position="197.45 -23.38", radius="1 deg", semi_minor="0.5")
    answer = observer.post(f"/events/{event.id}/by-hand", data=changed | seen)
    assert "AT 2026abd is corrected." in page(observer, answer.location)
    for late in (seen, {}, {"seen": "x"}):
        answer = observer.post(
            f"/events/{event.id}/by-hand", data=typed(position="10 20", radius="2 deg") | late
        )
        assert answer.status_code == 422
        assert "somebody has corrected it since" in answer.get_data(as_text=True)
    answer = observer.post(f"/events/{event.id}/by-hand/retract")
    text = page(observer, answer.location)
    assert "RETRACTED." in text
    assert "Retract this event" not in text


def test_corners_come_back_with_all_their_digits(observer: FlaskClient):
    corners = "150.123456 -20.654321\n151.5 -20\n150.5 -19.25"
    entered = observer.post("/events/by-hand", data=typed(corners=corners))
    assert corners in page(observer, f"{entered.location}/by-hand")


def test_a_map_is_brought_as_a_file(observer: FlaskClient, session: Session):
    file = (io.BytesIO(alerts.skymap_fits(order=3)), "map.fits")
    answer = observer.post("/events/by-hand", data={**typed(), "map_file": file})
    assert answer.status_code == 303
    assert session.scalars(select(Localization)).one().kind == "inlinemap"


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    observer: FlaskClient, session: Session
):
    wrong = typed(
        name="", event_time="noon", position="here", radius="far", containment="most", corners="x"
    )
    answer = observer.post("/events/by-hand", data=wrong)
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    for words in ("is no position", "is no angle", "is no percentage"):
        assert words in text
    assert 'value="here"' in text
    answer = observer.post("/events/by-hand", data=typed(name="", event_time="noon"))
    text = answer.get_data(as_text=True)
    assert "at least 1 character" in text
    assert "is no time" in text
    file = (io.BytesIO(b"no map"), "map.fits")
    answer = observer.post("/events/by-hand", data={**typed(), "map_file": file})
    assert answer.status_code == 422
    assert "FITS" in answer.get_data(as_text=True)
    assert session.scalars(select(Event)).all() == []


def test_a_known_name_is_asked_about_first(observer: FlaskClient):
    answer = observer.post("/events/by-hand", data=typed())
    mine = answer.location
    answer = observer.post("/events/by-hand", data=typed(name="at2026ABC"))
    assert answer.status_code == 409
    assert f'href="{mine}/by-hand"' in answer.get_data(as_text=True)


def test_only_what_was_entered_by_hand_is_corrected(observer: FlaskClient, session: Session):
    event = add_event(session)
    assert observer.get(f"/events/{event.id}/by-hand").status_code == 404
    assert observer.post(f"/events/{event.id}/by-hand", data=typed()).status_code == 404
    assert observer.post(f"/events/{event.id}/by-hand/retract").status_code == 404
    assert "Correct this event" not in page(observer, f"/events/{event.id}")
