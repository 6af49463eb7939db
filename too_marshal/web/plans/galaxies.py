"""Tables of galaxies that people bring: the form, what is there, the removal."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import Role
from too_marshal.db.events import Event
from too_marshal.db.galaxies import GalaxyTable
from too_marshal.http.access import current_person, needs
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.planning.galaxies import (
    bring_galaxies,
    offered_galaxies,
    remove_galaxies,
)

galaxies = Blueprint("galaxies", __name__)


@galaxies.get("/events/<row:event_id>/galaxies")
@needs(Role.VIEWER)
def index(event_id: int) -> str:
    """Show the tables that can be planned with, and the form for more."""
    return _page(row_or_404(Event, event_id))


def _page(event: Event, error: str = "") -> str:
    tables = offered_galaxies(database(), event.id)
    return render_template("galaxies.html", event=event, tables=tables, error=error)


@galaxies.post("/events/<row:event_id>/galaxies")
@needs(Role.OBSERVER)
def add(event_id: int) -> WerkzeugResponse:
    """Take in a table."""
    event = row_or_404(Event, event_id)
    file = request.files.get("file")
    try:
        row = bring_galaxies(
            database(), event, data=file.read() if file else b"",
            name=(file and file.filename) or "a file", by=current_person().username,
            for_all=request.form.get("for_all") == "yes",
        )  # fmt: skip
    except ValueError as err:
        database().rollback()
        return make_response(_page(event, str(err)), 422)
    flash(f"{row.galaxies} galaxies can be planned with.")
    return redirect(url_for("galaxies.index", event_id=event_id), 303)


@galaxies.post("/events/<row:event_id>/galaxies/<row:table_id>/remove")
@needs(Role.OBSERVER)
def remove(event_id: int, table_id: int) -> WerkzeugResponse:
    """Offer a table no more."""
    row_or_404(Event, event_id)
    row_or_404(GalaxyTable, table_id)
    row = remove_galaxies(database(), table_id, by=current_person().username)
    flash(f"The galaxies of {row.name} are removed.")
    return redirect(url_for("galaxies.index", event_id=event_id), 303)
