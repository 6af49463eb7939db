"""The audit log: for administrators, by the page and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from flask import Blueprint, Response, render_template, request
from sqlalchemy import Select, select

from too_marshal.db.accounts.audit import AuditEntry
from too_marshal.db.accounts.people import Role
from too_marshal.http.access import needs
from too_marshal.http.service import database, service

LINES = 100
COLUMNS = ("id", "at", "actor", "way", "action", "about", "event_id", "address")

audit = Blueprint("audit", __name__)


@audit.get("/audit")
@needs(Role.ADMIN)
def index() -> str:
    """Show who did what, the latest first."""
    rows = list(database().scalars(_asked(before=True).limit(LINES + 1)))
    return render_template(
        "audit.html",
        rows=rows[:LINES],
        next_before=rows[LINES - 1].id if len(rows) > LINES else None,
        values={name: request.args.get(name, "") for name in ("actor", "action", "event_id")},
    )


@audit.get("/audit.csv")
@needs(Role.ADMIN)
def export() -> Response:
    """Give all that was asked for as a table, a line at a time."""
    query, sessions = _asked().execution_options(yield_per=500), service().sessions

    def lines() -> Iterator[str]:
        yield _line(COLUMNS)
        # The request's own session is closed by the time at which most of it is written.
        with sessions() as session:
            for row in session.scalars(query):
                yield _line([str(getattr(row, name)) for name in COLUMNS])

    response = Response(lines(), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename="audit.csv")
    return response


def _asked(*, before: bool = False) -> Select[AuditEntry]:
    query = select(AuditEntry).order_by(AuditEntry.id.desc())
    if actor := request.args.get("actor", "").replace("\0", ""):
        query = query.where(AuditEntry.actor == actor[:80])
    if action := request.args.get("action", "").replace("\0", ""):
        query = query.where(AuditEntry.action.contains(action[:80], autoescape=True))
    if (event_id := _number("event_id")) is not None:
        query = query.where(AuditEntry.event_id == event_id)
    if before and (last := _number("before")) is not None:
        query = query.where(AuditEntry.id < last)
    return query


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _line(values: tuple[str, ...] | list[str]) -> str:
    text = io.StringIO()
    # A spreadsheet would take what begins so for a formula.
    csv.writer(text).writerow([f"'{value}" if value[:1] in "=+-@" else value for value in values])
    return text.getvalue()
