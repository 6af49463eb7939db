"""Link events that are one source, and undo it: what a person decides."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import Role
from too_marshal.db.events import Event, EventLink, find_by_name
from too_marshal.http.access import current_person, needs
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.events.link import MAX_REASON_LENGTH, link, links_of, unlink
from too_marshal.workflows.events.spoken import spoken_name

links = Blueprint("links", __name__)


@dataclass(frozen=True)
class Linked:
    """A link as the page of one of its events shows it."""

    link: EventLink
    other: Event


def linked(session: Session, event_id: int) -> list[Linked]:
    """What an event is linked with, the surest first; then what somebody has undone."""
    pairs = sorted(links_of(session, event_id, undone=True), key=lambda pair: bool(pair.undone_by))
    ids = {pair.second_id if pair.first_id == event_id else pair.first_id for pair in pairs}
    others = {row.id: row for row in session.scalars(select(Event).where(Event.id.in_(ids)))}
    return [
        Linked(pair, others[pair.second_id if pair.first_id == event_id else pair.first_id])
        for pair in pairs
    ]


@links.post("/events/<row:event_id>/links")
@needs(Role.OBSERVER)
def add(event_id: int) -> WerkzeugResponse:
    """Link an event with another that is called by any of its names."""
    event = row_or_404(Event, event_id)
    name = request.form.get("name", "").replace("\0", "").strip()
    other = the_other(database(), event, name)
    reason = request.form.get("reason", "").replace("\0", "").strip()[:MAX_REASON_LENGTH]
    link(database(), event.id, other.id, by=current_person().username, reason=reason)
    flash(f"{spoken_name(event)} and {spoken_name(other)} are linked.")
    return redirect(url_for("events.event", event_id=event_id, _anchor="links"), 303)


def the_other(session: Session, event: Event, name: str) -> Event:
    """Give the one event of that name that is not `event`; the answer is 422 where none is."""
    others = [other for other in find_by_name(session, name) if other.id != event.id]
    if not others:
        abort(422, f"No other event is called {name[:80]!r}.")
    if len(others) > 1:
        listed = ", ".join(f"{other.stream} {other.key}" for other in others[:5])
        abort(422, f"Several events are called {name[:80]!r}: {listed}. Give the mission's own.")
    return others[0]


@links.post("/events/<row:event_id>/links/<row:link_id>/confirm")
@needs(Role.OBSERVER)
def confirm(event_id: int, link_id: int) -> WerkzeugResponse:
    """Say that a suggestion is right, or that an undone link is right after all."""
    pair = _of(event_id, link_id)
    link(database(), pair.first_id, pair.second_id, by=current_person().username)
    flash("The two are linked.")
    return redirect(url_for("events.event", event_id=event_id, _anchor="links"), 303)


@links.post("/events/<row:event_id>/links/<row:link_id>/undo")
@needs(Role.OBSERVER)
def undo(event_id: int, link_id: int) -> WerkzeugResponse:
    """Undo a link, or refuse a suggestion."""
    unlink(database(), _of(event_id, link_id).id, by=current_person().username)
    flash("The link is undone; the marshal will not make it again.")
    return redirect(url_for("events.event", event_id=event_id, _anchor="links"), 303)


def _of(event_id: int, link_id: int) -> EventLink:
    pair = row_or_404(EventLink, link_id)
    if event_id not in {pair.first_id, pair.second_id}:
        abort(404)
    return pair
