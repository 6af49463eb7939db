"""Notes on events, plans and candidates, and who is in charge."""

from __future__ import annotations

import re

from flask import Blueprint, abort, flash, redirect, request, url_for
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import Role
from too_marshal.db.counterparts.candidates import Candidate
from too_marshal.db.events import Event
from too_marshal.db.notes import Note
from too_marshal.http.access import current_person, may, needs
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.incident.charge import ChargeRefused, put_in_charge
from too_marshal.workflows.incident.notes import (
    MENTION,
    NoteRefused,
    change_note,
    remove_note,
    write_note,
)

notes = Blueprint("notes", __name__)

_ADDRESS = re.compile(r"https://[^\s<>\"']{1,500}[^\s<>\"'.,;:!?)]")


def readable(note: Note) -> Markup:
    """Text of a note with its lines, its addresses as links and whom it calls made plain."""
    text, parts, end = note.text, [], 0
    for match in _ADDRESS.finditer(text):
        parts += [_mentions(text[end : match.start()], note), _link(match[0])]
        end = match.end()
    return Markup("").join([*parts, _mentions(text[end:], note)])


def _link(address: str) -> Markup:
    return Markup('<a href="{0}" rel="noopener noreferrer external">{0}</a>').format(address)


def _mentions(text: str, note: Note) -> Markup:
    parts, end = [], 0
    for match in MENTION.finditer(text):
        if match[1] in note.mentions:
            parts += [
                escape(text[end : match.start()]),
                Markup("<strong>{}</strong>").format(match[0]),
            ]
            end = match.end()
    return Markup("").join([*parts, escape(text[end:])])


@notes.post("/events/<row:event_id>/notes")
@needs(Role.OBSERVER)
def add(event_id: int) -> WerkzeugResponse:
    """Write a note on an event, or on one of its plans or candidates."""
    row_or_404(Event, event_id)
    plan_id, candidate_id = (
        request.form.get(name, type=int) for name in ("plan_id", "candidate_id")
    )
    if candidate_id is not None:
        row_or_404(Candidate, candidate_id)
    try:
        note = write_note(
            database(), event_id, _text(), by=current_person().username, plan_id=plan_id,
            candidate_id=candidate_id,
        )  # fmt: skip
    except NoteRefused as err:
        abort(422, f"{err}.")
    return _back(note)


@notes.post("/notes/<row:note_id>")
@needs(Role.OBSERVER)
def change(note_id: int) -> WerkzeugResponse:
    """Change one's own note."""
    row_or_404(Note, note_id)
    try:
        return _back(change_note(database(), note_id, _text(), by=current_person().username))
    except NoteRefused as err:
        abort(422, f"{err}.")


@notes.post("/notes/<row:note_id>/remove")
@needs(Role.OBSERVER)
def remove(note_id: int) -> WerkzeugResponse:
    """Take a note away."""
    row_or_404(Note, note_id)
    by = current_person().username
    try:
        return _back(remove_note(database(), note_id, by=by, is_admin=may(Role.ADMIN)))
    except NoteRefused as err:
        abort(422, f"{err}.")


@notes.post("/events/<row:event_id>/charge")
@needs(Role.OBSERVER)
def charge(event_id: int) -> WerkzeugResponse:
    """Put somebody in charge of an event, or nobody."""
    row_or_404(Event, event_id)
    username = request.form.get("username", "").replace("\0", "")
    instead_of = request.form.get("instead_of", "").replace("\0", "")
    try:
        put_in_charge(
            database(),
            event_id,
            username or None,
            instead_of=instead_of or None,
            by=current_person().username,
        )
    except ChargeRefused as err:
        abort(409, f"{err}.")
    flash(f"{username} is in charge." if username else "Nobody is in charge any more.")
    return redirect(url_for("events.event", event_id=event_id), 303)


def _text() -> str:
    return request.form.get("text", "").replace("\0", "")


def _back(note: Note) -> WerkzeugResponse:
    if note.plan_id is not None:
        return redirect(url_for("plans.plan", plan_id=note.plan_id, _anchor="notes"), 303)
    if note.candidate_id is not None:
        return redirect(url_for("candidates.index", event_id=note.event_id), 303)
    return redirect(url_for("events.event", event_id=note.event_id, _anchor="fold-notes"), 303)
