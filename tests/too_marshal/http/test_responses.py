import gzip

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_localization
from too_marshal.http.responses import HEADERS

ADDRESSES = ["/login", "/", "/nowhere", "/api/v1/events", "/api/v1/nowhere", "/healthz"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_forbids_what_it_can(viewer: FlaskClient, address: str):
    answer = viewer.get(address)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "no-store" in answer.headers["Cache-Control"]


def test_scripts_and_styles_may_come_from_this_site_only(viewer: FlaskClient):
    policy = dict(
        part.split(" ", 1)
        for part in viewer.get("/").headers["Content-Security-Policy"].split("; ")
    )
    assert policy["default-src"] == policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"


def test_a_page_is_compressed_for_whoever_can_read_that(viewer: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    address = f"/events/{event.id}/sky.json"
    plain = viewer.get(address)
    packed = viewer.get(address, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 2
    assert int(packed.headers["Content-Length"]) == len(packed.data)


def test_what_has_not_changed_is_not_sent_again(viewer: FlaskClient, session: Session):
    event = add_event(session)
    add_localization(session, event)
    headers = {"Accept-Encoding": "gzip"}
    first = viewer.get(f"/events/{event.id}/sky.json", headers=headers)
    again = viewer.get(
        f"/events/{event.id}/sky.json", headers={**headers, "If-None-Match": first.headers["ETag"]}
    )
    assert again.status_code == 304
    assert again.data == b""


def test_an_answer_too_large_is_refused_before_it_is_read(app: Flask, viewer: FlaskClient):
    answer = viewer.post("/login", data={"username": "x" * (app.config["MAX_CONTENT_LENGTH"] + 1)})
    assert answer.status_code == 413


def test_an_unexpected_error_is_logged_under_a_number_and_says_nothing_else(
    viewer: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog
):
    def fail() -> None:
        raise RuntimeError("the secret reason")

    monkeypatch.setattr("too_marshal.web.queues.service", fail)
    answer = viewer.get("/queues")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert "the secret reason" not in text
    (record,) = [item for item in caplog.records if item.name == "too_marshal.http.errors"]
    assert record.incident in text
    assert "the secret reason" in str(record.exc_info[1])
    assert record.path == "/queues"


@pytest.mark.parametrize("path", ["/acknowledge/{}", "/on-call/{}.ics"])
def test_the_token_of_a_link_is_not_in_the_log(
    viewer: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog, path: str
):
    def fail() -> None:
        raise RuntimeError

    monkeypatch.setattr("too_marshal.web.alarms.answer.service", fail)
    monkeypatch.setattr("too_marshal.web.alarms.on_call.service", fail)
    assert viewer.get(path.format("c4n4ry.t0k3n")).status_code == 500
    (record,) = [item for item in caplog.records if item.name == "too_marshal.http.errors"]
    assert record.path == path.format("[hidden]")
