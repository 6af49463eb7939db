"""Enter events by hand, from a circular's text or typed; correct and retract them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import Role
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization
from too_marshal.http.access import current_person, needs
from too_marshal.http.service import database, row_or_404
from too_marshal.notices.others.by_hand import STREAM, SourceKind
from too_marshal.web.event.hand_form import HandForm
from too_marshal.workflows.by_hand.enter import NameKnown, correct, enter, retract, times_told
from too_marshal.workflows.by_hand.pasted import MAX_LENGTH, Pasted, read_pasted
from too_marshal.workflows.by_hand.request import MAX_FILE_SIZE, EventInvalid
from too_marshal.workflows.events.spoken import spoken_name

entering = Blueprint("entering", __name__)


@entering.get("/events/by-hand")
@needs(Role.OBSERVER)
def new() -> str:
    """Show the empty form."""
    return _page(HandForm.of({}))


@entering.post("/events/by-hand")
@needs(Role.OBSERVER)
def add() -> str | tuple[str, int] | WerkzeugResponse:
    """Fill the form from a pasted text, or enter the event."""
    request.max_content_length = 2 * MAX_FILE_SIZE
    if request.form.get("act") == "read":
        pasted = read_pasted(request.form.get("text", "").replace("\0", "")[:MAX_LENGTH])
        return _page(HandForm.of(pasted.values), pasted=pasted)
    form = HandForm.typed(request.form)
    said = form.said(request.files)
    if said is None:
        return _page(form), 422
    is_another = request.form.get("is_another") == "yes"
    try:
        event_id = enter(database(), said, by=current_person().username, is_another=is_another)
    except NameKnown as err:
        return _page(form, known=err.events), 409
    except EventInvalid as err:
        form.errors |= err.errors
        return _page(form), 422
    return redirect(url_for("events.event", event_id=event_id), 303)


@entering.get("/events/<row:event_id>/by-hand")
@needs(Role.OBSERVER)
def change(event_id: int) -> str:
    """Show the form of an event that was entered by hand."""
    event = _entered(event_id)
    seen = times_told(database(), event.key)
    return _page(HandForm.of(_said_of(event)), event=event, seen=seen)


@entering.post("/events/<row:event_id>/by-hand")
@needs(Role.OBSERVER)
def store(event_id: int) -> tuple[str, int] | WerkzeugResponse:
    """Correct an event that was entered by hand."""
    request.max_content_length = 2 * MAX_FILE_SIZE
    event = _entered(event_id)
    form, seen = HandForm.typed(request.form), request.form.get("seen", default=-1, type=int)
    said = form.said(request.files)
    if said is None:
        return _page(form, event=event, seen=seen), 422
    try:
        correct(database(), event_id, said, by=current_person().username, seen=seen)
    except EventInvalid as err:
        form.errors |= err.errors
        return _page(form, event=event, seen=seen), 422
    flash(f"{said.name} is corrected.")
    return redirect(url_for("events.event", event_id=event_id), 303)


@entering.post("/events/<row:event_id>/by-hand/retract")
@needs(Role.OBSERVER)
def take_back(event_id: int) -> WerkzeugResponse:
    """Retract an event that was entered by hand."""
    event = _entered(event_id)
    retract(database(), event_id, by=current_person().username)
    flash(f"{spoken_name(event)} is retracted: what is queued for it is withdrawn.")
    return redirect(url_for("events.event", event_id=event_id), 303)


def _entered(event_id: int) -> Event:
    event = row_or_404(Event, event_id)
    if event.stream != STREAM:
        abort(404)
    return event


def _said_of(event: Event) -> dict[str, Any]:
    """The event as it stands, but for a map file: that has to be brought again."""
    # The latest word, also where its map is still to be made.
    latest = database().scalar(
        select(Localization.description)
        .where(Localization.event_id == event.id)
        .order_by(Localization.order.desc(), Localization.id.desc())
        .limit(1)
    )
    where: dict[str, Any] = {**(latest or {})}
    return {
        "name": event.name,
        "event_time": f"{event.event_time:%Y-%m-%dT%H:%M:%S.%f}" if event.event_time else "",
        "source_kind": event.type_name,
        "is_test": "yes" if event.is_test else False,
        "ra": where.get("ra"),
        "dec": where.get("dec"),
        "radius": where.get("radius", where.get("semi_major")),
        "semi_minor": where.get("semi_minor"),
        "position_angle": where.get("position_angle", ""),
        "corners": where.get("vertices"),
        "containment": where.get("containment", 0.9),
        "told_by": event.attributes.get("told_by", ""),
        "comment": event.attributes.get("comment", ""),
    }


def _page(
    form: HandForm,
    *,
    event: Event | None = None,
    seen: int = 0,
    pasted: Pasted | None = None,
    known: Any = (),
) -> str:
    return render_template(
        "by_hand.html",
        # Read before what the form shows: of a correction in between the next one is told.
        seen=seen,
        form=form,
        event=event,
        pasted=pasted,
        known=known,
        kinds=[(kind.value, kind.value) for kind in SourceKind],
    )
