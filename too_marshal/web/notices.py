"""Notices as they came: what was understood, the raw bytes, and those that were not understood."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import undefer
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import Role
from too_marshal.db.notices import NoticeState, ReceivedNotice
from too_marshal.http.access import needs
from too_marshal.http.downloads import raw_response
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.circulars.received import text_of
from too_marshal.workflows.intake.reprocess import reread

NOT_UNDERSTOOD = (NoticeState.QUARANTINED, NoticeState.UNKNOWN)
MAX_SHOWN = 4000
"""Characters of a raw notice on its page; the rest is in the file."""

notices = Blueprint("notices", __name__)


@notices.get("/notices")
@needs(Role.VIEWER)
def index() -> str:
    """List the latest notices that were not understood."""
    query = (
        select(ReceivedNotice)
        .where(ReceivedNotice.state.in_(NOT_UNDERSTOOD))
        .order_by(ReceivedNotice.id.desc())
        .limit(200)
    )
    return render_template("notices.html", notices=list(database().scalars(query)))


@notices.get("/notices/<row:notice_id>")
@needs(Role.VIEWER)
def notice(notice_id: int) -> str:
    """Show one notice."""
    row = row_or_404(ReceivedNotice, notice_id, undefer(ReceivedNotice.payload))
    text = row.payload[: 4 * MAX_SHOWN].decode("utf-8", "replace")
    return render_template(
        "notice.html",
        notice=row,
        raw=text[:MAX_SHOWN],
        circular=text_of(row),
        is_cut=len(text) > MAX_SHOWN or len(row.payload) > 4 * MAX_SHOWN,
        size=len(row.payload),
        not_understood=row.state in NOT_UNDERSTOOD,
    )


@notices.get("/notices/<row:notice_id>/text")
@needs(Role.VIEWER)
def text(notice_id: int) -> str:
    """Give the text of a circular, for the page of its event."""
    words = text_of(row_or_404(ReceivedNotice, notice_id, undefer(ReceivedNotice.payload)))
    if words is None:
        abort(404, f"Notice {notice_id} is no circular.")
    return render_template("_circular_text.html", text=words)


@notices.get("/notices/<row:notice_id>/raw")
@needs(Role.VIEWER)
def raw(notice_id: int) -> Response:
    """Give the bytes, as a file and never as a page: they are a stranger's."""
    return raw_response(row_or_404(ReceivedNotice, notice_id, undefer(ReceivedNotice.payload)))


@notices.post("/notices/<row:notice_id>/reread")
@needs(Role.OBSERVER)
def read_again(notice_id: int) -> WerkzeugResponse:
    """Read a notice that was not understood again, as after an update of the marshal."""
    row_or_404(ReceivedNotice, notice_id)
    reread(database(), notice_id)
    row = row_or_404(ReceivedNotice, notice_id)
    database().refresh(row)
    flash(f"Read again: {row.state}. {row.error}".strip())
    return redirect(url_for("notices.notice", notice_id=notice_id), 303)
