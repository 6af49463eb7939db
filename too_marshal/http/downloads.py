"""Answers that are files."""

from __future__ import annotations

from typing import Literal

from flask import Response, abort, request
from sqlalchemy.orm import undefer

from too_marshal import tasks
from too_marshal.db.localizations import Drawing, Localization, LocalizationState
from too_marshal.db.notices import ReceivedNotice
from too_marshal.http.service import database
from too_marshal.workflows.exposures.left import what_is_left


def raw_response(notice: ReceivedNotice) -> Response:
    """Give the bytes of a notice as a download that no browser will interpret."""
    response = Response(notice.payload, mimetype="text/plain")
    response.headers.set("Content-Disposition", "attachment", filename=f"notice-{notice.id}.txt")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def drawing_response(localization: Localization, name: Literal["all_sky", "zoom"]) -> Response:
    """Give a picture of a map; who has it already is told so."""
    column = Drawing.all_sky if name == "all_sky" else Drawing.zoom
    drawing = database().get(
        Drawing, localization.id, options=[undefer(column)], populate_existing=True
    )
    if drawing is None:
        _need_map(localization)
        # Asking twice is harmless: one that waits is enough.
        if localization.state == LocalizationState.READY:
            tasks.draw(localization_id=localization.id).defer(database())
            database().commit()
        abort(404, "The map is not drawn yet: try again in a minute.")
    response = Response(getattr(drawing, name), mimetype="image/png")
    response.headers["Cache-Control"] = "private, no-cache"
    response.last_modified = drawing.drawn_at
    response.add_etag()
    response.make_conditional(request)
    return response


def left_response(localization: Localization) -> Response:
    """Give what was not observed of a map, as a download."""
    _need_map(localization)
    response = Response(what_is_left(database(), localization), mimetype="application/fits")
    name = f"left-{localization.id}.multiorder.fits.gz"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _need_map(localization: Localization) -> None:
    if localization.state != LocalizationState.READY:
        abort(404, f"The map is not there: the localization is {localization.state}.")
