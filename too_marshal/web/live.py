"""Live updates: one stream of server-sent events, fed by the timeline's rows.

The rows tell a page what to ask for again; nothing on a page is taken from them. So a row that
comes twice does no harm, and a page that reconnects refreshes itself whatever it missed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterator, Sequence

from flask import Blueprint, Response, abort, g, request
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from too_marshal.db.accounts.people import Role
from too_marshal.db.events import Activity, Event
from too_marshal.http.access import needs, session_cookie
from too_marshal.http.service import Service, database, service
from too_marshal.workflows.accounts.login import living_session
from too_marshal.workflows.events.spoken import spoken_name

POLL_SECONDS = 1.0
PING_SECONDS = 15.0
RETRY_MILLISECONDS = 3000

MAX_AT_ONCE = 500

OVERLAP = 64
"""A number is drawn before its row commits: rows may turn up behind later ones, not far."""

live = Blueprint("live", __name__)

_WITHOUT_PAGES = {"live", "api", "maps", "assets", "installable"}
"""Blueprints whose answers are followed by no stream."""


@live.get("/live")
@needs(Role.VIEWER)
def stream() -> Response:
    """Tell of every row of the timeline as it is written."""
    ours = service()
    if not ours.streams.acquire(blocking=False):
        abort(503, "Too many live streams are open; the page asks at intervals instead.")
    cookie = request.cookies.get(session_cookie(), "")
    # Only waitress can tell before the next write fails; a page turned is a stream left.
    is_gone = request.environ.get("waitress.client_disconnected", lambda: False)
    events = _events(ours, cookie, _last_known(), is_gone)
    response = Response(_Released(events, ours), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


class _Released:
    """An iterator that gives its place back when the server closes it, begun or not."""

    def __init__(self, chunks: Generator[str, None, None], ours: Service) -> None:
        self._chunks, self._ours, self._is_open = chunks, ours, True

    def __iter__(self) -> Iterator[str]:
        return self._chunks

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._ours.streams.release()
            self._chunks.close()


def note_activity() -> None:
    """Note what a page will know, before its facts are read: what commits meanwhile is told."""
    if request.blueprint is None or request.blueprint in _WITHOUT_PAGES:
        return
    session = database()
    try:
        recent = session.scalars(
            select(Activity.id).order_by(Activity.id.desc()).limit(OVERLAP)
        ).all()
    except OperationalError:
        # The page, if it needs the database, says so better.
        session.rollback()
        return
    latest = max(recent, default=0)
    overlap = range(max(latest - OVERLAP, 0) + 1, latest)
    missing = sorted(set(overlap).difference(recent))
    g.known_activity = ",".join(map(str, (latest, *missing)))


def known_activity() -> str:
    """Number of the latest row that a page made now knows, then those before it that it lacks."""
    return str(g.get("known_activity", "0"))


def _last_known() -> tuple[int | None, frozenset[int]]:
    """Where the browser goes on: where its stream was cut, or its page made, and what it lacks."""
    text = request.headers.get("Last-Event-ID") or request.args.get("after", "")
    numbers = [
        int(part)
        for part in text.split(",")[: OVERLAP + 1]
        if part.isascii() and part.isdigit() and len(part) < 19
    ]
    return (numbers[0], frozenset(numbers[1:])) if numbers else (None, frozenset())


def _events(
    ours: Service,
    cookie: str,
    known: tuple[int | None, frozenset[int]],
    is_gone: Callable[[], bool],
) -> Generator[str, None, None]:
    last, missing = known
    with ours.sessions() as session:
        latest = session.scalar(select(func.max(Activity.id))) or 0
        last = latest if last is None else min(last, latest)
        overlap = select(Activity.id).where(Activity.id > last - OVERLAP, Activity.id <= last)
        sent = set(session.scalars(overlap)) - missing
    yield f"retry: {RETRY_MILLISECONDS}\nid: {last}\n\n"
    pinged = time.monotonic()
    while not ours.stopping.wait(POLL_SECONDS) and not is_gone():
        with ours.sessions() as session:
            rows = _new_rows(session, last, sent)
            names = _names(session, rows)
            is_due = time.monotonic() - pinged > PING_SECONDS
            if is_due and living_session(session, cookie) is None:
                return
        for row in rows:
            sent.add(row.id)
            last = max(last, row.id)
            yield _message(row, names.get(row.event_id), last)
        sent = {activity_id for activity_id in sent if activity_id > last - OVERLAP}
        if is_due:
            pinged = time.monotonic()
            yield ": ping\n\n"


def _new_rows(session: Session, last: int, sent: set[int]) -> list[Activity]:
    query = (
        select(Activity)
        .where(Activity.id > last - OVERLAP, Activity.id.not_in(sent))
        .order_by(Activity.id)
        .limit(MAX_AT_ONCE)
    )
    return list(session.scalars(query))


def _names(session: Session, rows: Sequence[Activity]) -> dict[int | None, str]:
    ids = {row.event_id for row in rows} - {None}
    if not ids:
        return {}
    events = session.scalars(select(Event).where(Event.id.in_(ids)))
    return {event.id: spoken_name(event) for event in events}


def _message(row: Activity, event: str | None, last: int) -> str:
    data = {
        "event_id": row.event_id,
        "event": event,
        "subject": row.subject,
        "subject_id": row.subject_id,
        "text": row.text,
    }
    return f"id: {last}\nevent: activity\ndata: {json.dumps(data)}\n\n"
