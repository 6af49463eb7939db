"""Tables of exposures that people bring in: the form, the report row by row, the undoing."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as WerkzeugResponse

from telescopes import TELESCOPES
from too_marshal.db.accounts.people import Role
from too_marshal.db.events import Event
from too_marshal.db.observing.exposures import ExposureImport
from too_marshal.http.access import current_person, needs
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.exposures.upload import MAX_TABLE_SIZE, undo, upload

exposures = Blueprint("exposures", __name__)


@exposures.get("/events/<row:event_id>/exposures")
@needs(Role.VIEWER)
def index(event_id: int) -> str:
    """Show what was brought in for an event, and the form for more."""
    return _page(row_or_404(Event, event_id))


def _page(event: Event, error: str = "", telescope: str = "") -> str:
    imports = database().scalars(
        select(ExposureImport)
        .where(ExposureImport.event_id == event.id)
        .order_by(ExposureImport.id.desc())
    )
    return render_template(
        "exposures.html",
        event=event,
        imports=list(imports),
        telescopes=TELESCOPES,
        error=error,
        wanted=telescope,
    )


@exposures.post("/events/<row:event_id>/exposures")
@needs(Role.OBSERVER)
def add(event_id: int) -> WerkzeugResponse:
    """Take in a table, from a file or as it was pasted."""
    request.max_content_length = request.max_form_memory_size = MAX_TABLE_SIZE
    event = row_or_404(Event, event_id)
    telescope = request.form.get("telescope", "")
    file = request.files.get("file")
    data, name = (file.read(), file.filename or "") if file else (b"", "")
    if not data:
        data, name = request.form.get("table", "").encode(), "what was pasted"
    try:
        exposure_import = upload(
            database(),
            event,
            telescope=telescope,
            data=data,
            name=name,
            by=current_person().username,
        )
    except ValueError as err:
        database().rollback()
        return make_response(_page(event, str(err), telescope), 422)
    rejected = len(exposure_import.rejected)
    flash(
        f"{exposure_import.added} exposures are new; the coverage is being computed."
        + (f" {rejected} rows were rejected, see below." if rejected else "")
    )
    return redirect(
        url_for("exposures.index", event_id=event_id) + f"#import-{exposure_import.id}", 303
    )


@exposures.post("/imports/<row:import_id>/undo")
@needs(Role.OBSERVER)
def take_away(import_id: int) -> WerkzeugResponse:
    """Take the exposures of an import away again."""
    row_or_404(ExposureImport, import_id)
    row = undo(database(), import_id, by=current_person().username)
    flash(f"The exposures of {row.name} are taken away.")
    return redirect(url_for("exposures.index", event_id=row.event_id), 303)
