import json
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from too_marshal.db.accounts.people import WebSession
from too_marshal.db.events import Activity, record
from too_marshal.http.service import EXTENSION, MAX_STREAMS
from too_marshal.web import live


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live, "POLL_SECONDS", 0.02)


def open_stream(client: FlaskClient, last: int | None = None) -> tuple[TestResponse, Iterator[str]]:
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    answer = client.get("/live", headers=headers)
    assert answer.status_code == 200
    return answer, (chunk.decode() for chunk in answer.iter_encoded())


def note(session: Session, text: str, number: int | None = None) -> int:
    row = Activity(id=number, event_id=None, subject="notice", actor="marshal", text=text)
    session.add(row)
    session.commit()
    return row.id


def parsed(chunk: str) -> tuple[int, str]:
    fields = dict(line.split(": ", 1) for line in chunk.strip().split("\n"))
    assert fields["event"] == "activity"
    return int(fields["id"]), json.loads(fields["data"])["text"]


def test_the_stream_is_one_that_a_browser_will_follow(viewer: FlaskClient):
    answer, chunks = open_stream(viewer)
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Content-Encoding" not in answer.headers
    assert next(chunks) == "retry: 3000\nid: 0\n\n"
    answer.close()


def test_each_row_of_the_timeline_is_told_once_in_its_order(viewer: FlaskClient, session: Session):
    note(session, "before")
    answer, chunks = open_stream(viewer)
    next(chunks)
    ids = [note(session, f"row {number}\nand more") for number in range(3)]
    assert [parsed(next(chunks)) for _ in range(3)] == [
        (number, f"row {count}\nand more") for count, number in enumerate(ids)
    ]
    later = note(session, "later")
    assert parsed(next(chunks)) == (later, "later")
    answer.close()


def test_a_stream_that_was_cut_goes_on_where_it_was(viewer: FlaskClient, session: Session):
    first = note(session, "seen")
    missed = [note(session, "missed"), note(session, "missed too")]
    answer, chunks = open_stream(viewer, last=first)
    next(chunks)
    assert [parsed(next(chunks))[0] for _ in missed] == missed
    answer.close()


def test_a_page_hears_what_happened_since_it_was_made(viewer: FlaskClient, session: Session):
    first = note(session, "on the page")
    text = viewer.get("/queues").get_data(as_text=True)
    assert re.search(rf'data-known="{first}[",]', text)
    missed = note(session, "before the stream opened")
    answer = viewer.get(f"/live?after={first}")
    chunks = (chunk.decode() for chunk in answer.iter_encoded())
    next(chunks)
    assert parsed(next(chunks)) == (missed, "before the stream opened")
    answer.close()


def test_a_page_hears_what_commits_while_it_is_made(viewer: FlaskClient, session: Session):
    """A row with a number below those that the page knows, and one behind them."""
    note(session, "on the page", 100)
    note(session, "on the page too", 102)

    def meanwhile(*_: object) -> None:
        note(session, "while its facts are read", 103)

    before = viewer.application.before_request_funcs[None]
    before.append(meanwhile)
    text = viewer.get("/queues").get_data(as_text=True)
    before.remove(meanwhile)
    known = re.search(r'data-known="([^"]*)"', text)[1]
    assert known.split(",")[0] == "102"
    assert "101" in known.split(",")
    note(session, "begun before, done after", 101)
    answer = viewer.get(f"/live?after={known}")
    chunks = (chunk.decode() for chunk in answer.iter_encoded())
    next(chunks)
    assert [parsed(next(chunks))[1] for _ in range(2)] == [
        "begun before, done after",
        "while its facts are read",
    ]
    answer.close()


def test_a_row_that_commits_after_a_later_one_is_told_too(viewer: FlaskClient, session: Session):
    note(session, "at the beginning", 100)
    answer, chunks = open_stream(viewer)
    next(chunks)
    note(session, "the later number commits first", 102)
    assert parsed(next(chunks))[0] == 102
    note(session, "late", 101)
    assert parsed(next(chunks)) == (102, "late")  # the place to go on from never goes back
    answer.close()


def test_a_place_that_never_was_does_not_silence_the_stream(viewer: FlaskClient, session: Session):
    note(session, "one")
    answer, chunks = open_stream(viewer, last=10**12)
    next(chunks)
    number = note(session, "two")
    assert parsed(next(chunks))[0] == number
    answer.close()


def test_a_quiet_stream_shows_that_it_lives_and_ends_with_the_login(
    viewer: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live, "PING_SECONDS", 0.05)
    answer, chunks = open_stream(viewer)
    next(chunks)
    assert next(chunks) == ": ping\n\n"
    session.execute(delete(WebSession))
    session.commit()
    assert set(chunks) <= {": ping\n\n"}  # it ends
    answer.close()


def test_no_more_streams_are_opened_than_leave_threads_for_pages(app: Flask, viewer: FlaskClient):
    streams = [open_stream(viewer) for _ in range(MAX_STREAMS)]
    assert viewer.get("/live").status_code == 503
    streams[0][0].close()
    answer, _ = open_stream(viewer)
    answer.close()
    answer.close()
    for stream, _ in streams[1:]:
        stream.close()
    # Every place is given back once.
    semaphore = app.extensions[EXTENSION].streams
    assert [semaphore.acquire(blocking=False) for _ in range(MAX_STREAMS + 1)] == [
        *[True] * MAX_STREAMS,
        False,
    ]


def test_a_server_that_stops_lets_its_streams_go(app: Flask, viewer: FlaskClient):
    answer, chunks = open_stream(viewer)
    next(chunks)
    app.extensions[EXTENSION].stopping.set()
    assert list(chunks) == []
    answer.close()


def test_a_browser_that_left_is_noticed_before_the_next_message(viewer: FlaskClient):
    gone = []
    answer = viewer.get("/live", environ_overrides={"waitress.client_disconnected": lambda: gone})
    chunks = answer.iter_encoded()
    next(chunks)
    gone.append(True)
    assert list(chunks) == []
    answer.close()


def test_nobody_listens_without_a_login(app: Flask):
    answer = app.test_client().get("/live", headers={"Accept": "text/event-stream"})
    assert answer.status_code == 401


def test_a_line_break_in_a_text_cannot_forge_a_message(viewer: FlaskClient, session: Session):
    answer, chunks = open_stream(viewer)
    next(chunks)
    record(session, "x\n\nevent: forged\ndata: {}", subject="notice")
    session.commit()
    assert next(chunks).count("event: ") == 2  # the second is inside the JSON, on the same line
    answer.close()
