"""Whether everything lives: for people on a page, for machines at `/healthz`."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import Role
from too_marshal.db.base import now
from too_marshal.db.counterparts.quarantine import QuarantinedPacket
from too_marshal.db.events import record
from too_marshal.db.heartbeats import BEAT_SECONDS
from too_marshal.db.notices import Heartbeat, NoticeState, ReceivedNotice
from too_marshal.db.observing.queues import KILL_SWITCH, RobotQueue, Switch, count_by_state
from too_marshal.db.work import work_of
from too_marshal.formatting import duration
from too_marshal.http.access import current_person, may, needs, public
from too_marshal.http.service import database, service
from too_marshal.workflows import live_database
from too_marshal.workflows.submissions.go_live import go_live

AMBER_SECONDS, RED_SECONDS = 60.0, 300.0
"""A stream of notices, or a process, that is silent for longer is doubtful, then down."""

MIN_FREE_BYTES = 1_000_000_000
"""Below this the disk is shown in red, and `/healthz` fails: PostgreSQL stops hard when full."""

STALE_SECONDS = 3 * BEAT_SECONDS
"""The stream of notices sends a heartbeat a second, of which one is noted every `BEAT_SECONDS`: so
long without any, and two of them are missing for certain."""

STREAM = "stream"
"""Heartbeat of the notices themselves, not of the process that listens to them."""

health = Blueprint("health", __name__)


@dataclass(frozen=True)
class StreamState:
    """How the stream of notices is, for the head of every page."""

    level: str
    """green, amber, red or plain."""

    text: str
    """In a few words."""

    beat_at: datetime | None
    """When it last showed that it lives."""


def stream_state() -> StreamState:
    """How the stream of notices is; asked once a request."""
    if "stream_state" not in g:
        g.stream_state = _stream_state(database())
    state: StreamState = g.stream_state
    return state


def _stream_state(session: Session) -> StreamState:
    settings = service().settings
    if not settings.kafka_client_id and not settings.kafka_bootstrap:
        return StreamState("plain", "no stream configured", None)
    beat = session.get(Heartbeat, STREAM)
    if beat is None:
        return StreamState("red", "stream not heard yet", None)
    seconds = (now() - beat.beat_at).total_seconds()
    words = "stale, heard" if seconds > STALE_SECONDS else ""
    text = " ".join(filter(None, ("stream", words, duration(max(seconds, 0)), "ago")))
    return StreamState(level_of(STREAM, seconds), text, beat.beat_at)


def why_copy() -> str:
    """Say why this is a copy, for every page; empty on the live one. Asked once a request."""
    if "why_copy" not in g:
        g.why_copy = live_database.why_copy(database())
    reason: str = g.why_copy
    return reason


def level_of(name: str, seconds: float) -> str:
    """Color of a process or stream that was last heard of so long ago."""
    is_stale = name == STREAM and seconds > STALE_SECONDS
    return "amber" if is_stale and seconds <= RED_SECONDS else level(seconds)


def level(seconds: float) -> str:
    """Color of something that was last heard of so long ago."""
    if seconds > RED_SECONDS:
        return "red"
    return "amber" if seconds > AMBER_SECONDS else "green"


@health.get("/health")
@needs(Role.VIEWER)
def index() -> str:
    """Show how everything is."""
    session = database()
    present = now()
    beats = [
        (row, level_of(row.name, (present - row.beat_at).total_seconds()))
        for row in session.scalars(select(Heartbeat).order_by(Heartbeat.name))
    ]
    return render_template(
        "health.html",
        beats=beats,
        jobs=_jobs(session),
        work=work_of(session),
        failed=_failed_jobs(session),
        database_size=session.scalar(select(func.pg_database_size(func.current_database()))),
        disk_free=_disk_free(),
        least_free=MIN_FREE_BYTES,
        quarantined=session.scalar(
            select(func.count()).where(ReceivedNotice.state == NoticeState.QUARANTINED)
        ),
        unknown=session.scalar(
            select(func.count()).where(ReceivedNotice.state == NoticeState.UNKNOWN)
        ),
        unread=session.scalar(
            select(func.count()).where(ReceivedNotice.state == NoticeState.RECEIVED)
        ),
        packets=session.scalar(
            select(func.count()).where(QuarantinedPacket.received_at > present - timedelta(days=1))
        ),
        robots=[
            (row, "red" if row.error else level((present - row.tried_at).total_seconds()))
            for row in session.scalars(select(RobotQueue).order_by(RobotQueue.telescope))
        ],
        submissions=count_by_state(session),
        switch=session.get(Switch, KILL_SWITCH),
    )


def _jobs(session: Session) -> dict[str, int]:
    rows = session.execute(
        text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status ORDER BY 1")
    )
    return {row["status"]: row["count"] for row in rows.mappings()}


def _failed_jobs(session: Session) -> list[dict[str, Any]]:
    rows = session.execute(
        text(
            "SELECT id, task_name, args::text AS arguments, attempts FROM procrastinate_jobs"
            " WHERE status = 'failed' ORDER BY id DESC LIMIT 20"
        )
    )
    return [dict(row) for row in rows.mappings()]


def _disk_free() -> int | None:
    try:
        return shutil.disk_usage(service().settings.data_dir).free
    except OSError:
        return None


@health.post("/health/submission")
@needs(Role.OBSERVER)
def switch_submission() -> WerkzeugResponse:
    """Stop all submission, or allow it again."""
    wanted = request.form.get("stopped", "")
    if wanted not in {"yes", "no"}:
        abort(422, "Say whether submission shall be stopped.")
    if wanted == "no" and not may(Role.APPROVER):
        abort(403, "Everybody who observes can stop submission; an approver allows it again.")
    session, name = database(), current_person().username
    values = {"is_on": wanted == "yes", "changed_by": name, "changed_at": now()}
    session.execute(
        insert(Switch)
        .values(name=KILL_SWITCH, **values)
        .on_conflict_do_update(index_elements=["name"], set_=values)
    )
    text = "All submission is stopped" if wanted == "yes" else "Submission is allowed again"
    record(session, text, subject="switch", actor=name)
    session.commit()
    flash(f"{text}.")
    is_from_queues = request.form.get("page") == "queues"
    return redirect(url_for("queues.index" if is_from_queues else "health.index"), 303)


@health.post("/health/live")
@needs(Role.ADMIN)
def make_live() -> WerkzeugResponse:
    """Let a copy be the live service."""
    if request.form.get("former_is_stopped") != "yes":
        abort(422, "Stop the former service first, and say so.")
    is_changed = go_live(database(), by=current_person().username)
    flash("This is the live service now." if is_changed else "This was the live service already.")
    return redirect(url_for("health.index"), 303)


@health.get("/healthz")
@public
def healthz() -> Response:
    """Tell a machine whether pages can be served: 503 without the database, or on a full disk.

    The other processes are told of and do not make the answer a failure: to restart the web
    server would not bring them back.
    """
    parts: dict[str, Any] = {}
    work = None
    try:
        beats, work = list(database().scalars(select(Heartbeat))), work_of(database())
        if live_database.why_copy(database()):
            parts["copy"] = "red"  # it leaves robots alone
        parts["database"] = "green"
    except SQLAlchemyError:
        beats, parts["database"] = [], "red"
    free = _disk_free()
    parts["disk"] = "red" if free is not None and free < MIN_FREE_BYTES else "green"
    works = "red" not in (parts["database"], parts["disk"])
    present = now()
    for beat in sorted(beats, key=lambda row: row.name):
        parts[beat.name] = level_of(beat.name, (present - beat.beat_at).total_seconds())
    if work is not None and work.level != "plain":
        parts["workers"] = work.level
    worst = "ok" if set(parts.values()) <= {"green"} else "degraded"
    response = jsonify({"status": worst if works else "failing", "parts": parts})
    response.status_code = 200 if works else 503
    return response
