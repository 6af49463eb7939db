"""Answers that are files."""

from __future__ import annotations

from flask import Response

from too_marshal.db.notices import ReceivedNotice


def raw_response(notice: ReceivedNotice) -> Response:
    """Give the bytes of a notice as a download that no browser will interpret."""
    response = Response(notice.payload, mimetype="text/plain")
    response.headers.set("Content-Disposition", "attachment", filename=f"notice-{notice.id}.txt")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
