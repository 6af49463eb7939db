"""Pages of circulars: to ask for one, to read and approve it, to send it, and what became of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as WerkzeugResponse

from gcn_templates import KINDS
from telescopes import TELESCOPES
from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.circulars import BY_HAND, CircularDraft
from too_marshal.db.events import Event
from too_marshal.db.localizations import Drawing
from too_marshal.deployment.circulars.way import API
from too_marshal.deployment.circulars.ways import circular_ways_of, form_address
from too_marshal.http.access import current_person, needs, recent_login
from too_marshal.http.service import database, row_or_404, service
from too_marshal.web.circulars.form import CANDIDATE_COLUMNS, read_form
from too_marshal.workflows.circulars.approve import approve as approve_text
from too_marshal.workflows.circulars.draft import draft as write_draft
from too_marshal.workflows.circulars.earlier import sent_before
from too_marshal.workflows.circulars.edit import (
    bound_in,
    bring_up_to_date,
    change,
    check,
    compared,
    last_sent,
    outdated,
    versions_of,
)
from too_marshal.workflows.circulars.received import citations_of
from too_marshal.workflows.circulars.saved_candidates import reportable
from too_marshal.workflows.circulars.send import ask_to_send, settle_by_person, why_not
from too_marshal.workflows.circulars.signing import signer_for
from too_marshal.workflows.exposures.records import telescopes_of

circulars = Blueprint("circulars", __name__)


@circulars.get("/events/<row:event_id>/circulars/new")
@needs(Role.OBSERVER)
def new(event_id: int) -> str:
    """Offer the form that asks for a circular."""
    event, session = row_or_404(Event, event_id), database()
    people = session.scalars(
        select(Person).where(Person.is_active, Person.full_name != "").order_by(Person.full_name)
    ).all()
    return render_template(
        "circular_new.html",
        event=event,
        kinds=KINDS.values(),
        kind="followup" if sent_before(session, event_id) else "observations",
        telescopes=[name for name in telescopes_of(session, event) if name in TELESCOPES],
        people=people,
        cited=citations_of(session, event_id).values(),
        saved=reportable(session, event_id),
        columns=CANDIDATE_COLUMNS,
    )


@circulars.post("/events/<row:event_id>/circulars")
@needs(Role.OBSERVER)
def draft(event_id: int) -> WerkzeugResponse:
    """Write a draft from what telescopes executed."""
    row_or_404(Event, event_id)
    asked = read_form(request.form)
    stored = write_draft(database(), event_id, asked, author=current_person().username)
    return _to(stored.id)


@circulars.get("/circulars/<row:circular_id>")
@needs(Role.VIEWER)
def circular(circular_id: int) -> str:
    """Show a draft, what it was written from, and what there is to do with it."""
    row = row_or_404(CircularDraft, circular_id)
    return render_template("circular.html", **_page(row))


def _page(row: CircularDraft) -> dict[str, Any]:
    session = database()
    ways = circular_ways_of(service().settings)
    # Drafts of older versions have no map.
    localization_id = row.facts.get("localization_id")
    left_behind, lost = outdated(session, row) if row.sending is None else ([], "")
    before = last_sent(session, row)
    versions = versions_of(session, row.id)
    refusal = why_not(session, row.event, ways)
    return {
        "draft": row,
        "event": row.event,
        "drawing": localization_id and session.get(Drawing, localization_id),
        "kind": KINDS[row.kind].title,
        "bound": bound_in(row),
        "checked": check(row, row.subject, row.text),
        "outdated": left_behind,
        "lost": lost,
        "versions": versions,
        "changed": compared(_text(versions[1]), _text(versions[0])) if len(versions) > 1 else [],
        "before": before,
        "difference": compared(_text(before), _text(row)) if before else [],
        "refusal": refusal,
        "ways": ways.by_name,
        "by_hand": BY_HAND,
        "api": API,
        "signer": signer_for(session, ways, current_person().username),
        # There is no door from which a test, or what nobody has approved, could leave.
        "form": form_address(row.subject, row.body) if row.is_approved and not refusal else "",
    }


def _text(row: Any) -> tuple[str, str]:
    return row.subject, row.body


@circulars.get("/circulars/<row:circular_id>.txt")
@needs(Role.VIEWER)
def download(circular_id: int) -> Response:
    """Give a draft as a text file: subject, empty line, body."""
    row = row_or_404(CircularDraft, circular_id)
    response = Response(f"{row.subject}\n\n{row.body}", mimetype="text/plain")
    response.headers.set("Content-Disposition", "attachment", filename=f"circular-{row.id}.txt")
    return response


@circulars.get("/circulars/<row:circular_id>/edit")
@needs(Role.OBSERVER)
def edit(circular_id: int) -> str:
    """Show the text to be changed, with its values marked."""
    row = row_or_404(CircularDraft, circular_id)
    return render_template(
        "circular_edit.html", draft=row, event=row.event, checked=check(row, row.subject, row.text)
    )


@circulars.post("/circulars/<row:circular_id>/lint")
@needs(Role.OBSERVER)
def lint(circular_id: int) -> str:
    """Say what is wrong with a text that is being typed, and how it would be sent."""
    row = row_or_404(CircularDraft, circular_id)
    subject, text = _typed()
    return render_template("_circular_preview.html", draft=row, checked=check(row, subject, text))


@circulars.post("/circulars/<row:circular_id>")
@needs(Role.OBSERVER)
def save(circular_id: int) -> WerkzeugResponse:
    """Store another text."""
    row_or_404(CircularDraft, circular_id)
    subject, text = _typed()
    change(
        database(), circular_id, version=_version(), subject=subject, text=text,
        by=current_person().username,
    )  # fmt: skip
    return _to(circular_id)


@circulars.post("/circulars/<row:circular_id>/refresh")
@needs(Role.OBSERVER)
def refresh(circular_id: int) -> WerkzeugResponse:
    """Bring the values of a text up to date."""
    row_or_404(CircularDraft, circular_id)
    bring_up_to_date(database(), circular_id, version=_version(), by=current_person().username)
    return _to(circular_id)


@circulars.post("/circulars/<row:circular_id>/approve")
@needs(Role.APPROVER)
def approve(circular_id: int) -> WerkzeugResponse:
    """Approve the text that was read."""
    row_or_404(CircularDraft, circular_id)
    approve_text(
        database(), circular_id, sha256=request.form.get("sha256", ""),
        by=current_person().username,
    )  # fmt: skip
    return _to(circular_id)


@circulars.post("/circulars/<row:circular_id>/send")
@needs(Role.APPROVER)
@recent_login
def send(circular_id: int) -> WerkzeugResponse:
    """Send an approved text, or note that a person sends it."""
    row_or_404(CircularDraft, circular_id)
    ask_to_send(
        database(), circular_ways_of(service().settings), circular_id,
        way=request.form.get("way", ""), sha256=request.form.get("sha256", ""),
        by=current_person().username, signer=request.form.get("signer"),
    )  # fmt: skip
    return _to(circular_id)


@circulars.post("/circulars/<row:circular_id>/settle")
@needs(Role.OBSERVER)
def settle(circular_id: int) -> WerkzeugResponse:
    """Let a person say what became of a circular."""
    row_or_404(CircularDraft, circular_id)
    typed = request.form.get("number", "").strip()
    if typed and not (typed.isascii() and typed.isdigit() and 0 < int(typed) < 10**7):
        abort(422, "A circular's number is a whole number.")
    settle_by_person(
        database(), circular_id, number=int(typed) if typed else None,
        by=current_person().username,
    )  # fmt: skip
    flash("Noted.")
    return _to(circular_id)


def _typed() -> tuple[str, str]:
    return request.form.get("subject", ""), request.form.get("text", "")


def _version() -> int:
    typed = request.form.get("version", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 9):
        abort(422, "The version that was read is a whole number.")
    return int(typed)


def _to(circular_id: int) -> WerkzeugResponse:
    return redirect(url_for("circulars.circular", circular_id=circular_id), 303)
