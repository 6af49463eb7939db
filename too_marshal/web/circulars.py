"""Drafts of circulars: to read, copy and download. Nothing is ever sent from here."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from telescopes import TELESCOPES
from too_marshal.db.circulars import CircularDraft
from too_marshal.db.events import Event
from too_marshal.db.localizations import Drawing
from too_marshal.db.people import Role
from too_marshal.http.access import current_person, needs
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.exposures.report import draft as write_draft

circulars = Blueprint("circulars", __name__)


@circulars.post("/events/<row:event_id>/circulars")
@needs(Role.OBSERVER)
def draft(event_id: int) -> WerkzeugResponse:
    """Write a draft from what a telescope executed."""
    row_or_404(Event, event_id)
    telescope = request.form.get("telescope", "")
    if telescope not in TELESCOPES:
        abort(422, "There is no such telescope.")
    stored = write_draft(database(), event_id, telescope, author=current_person().username)
    return redirect(url_for("circulars.circular", circular_id=stored.id), 303)


@circulars.get("/circulars/<row:circular_id>")
@needs(Role.VIEWER)
def circular(circular_id: int) -> str:
    """Show a draft and what it was written from."""
    draft = row_or_404(CircularDraft, circular_id)
    localization_id = draft.facts.get("localization_id")  # drafts of older versions have none
    drawing = localization_id and database().get(Drawing, localization_id)
    return render_template("circular.html", draft=draft, event=draft.event, drawing=drawing)


@circulars.get("/circulars/<row:circular_id>.txt")
@needs(Role.VIEWER)
def download(circular_id: int) -> Response:
    """Give a draft as a text file: subject, empty line, body."""
    draft = row_or_404(CircularDraft, circular_id)
    response = Response(f"{draft.subject}\n\n{draft.body}", mimetype="text/plain")
    response.headers.set("Content-Disposition", "attachment", filename=f"circular-{draft.id}.txt")
    return response
