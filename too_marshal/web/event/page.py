"""The page of one event."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from telescopes import TELESCOPES
from telescopes.telescope import Telescope
from too_marshal.db.accounts.people import Role
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization, SkyMapFile
from too_marshal.db.notices import ReceivedNotice, of_event
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.replacements import SWAPPING, replacements_of
from too_marshal.http.access import current_person, may, needs
from too_marshal.http.service import database, row_or_404, service
from too_marshal.notices.registry import title_of
from too_marshal.web import sky
from too_marshal.web.event.decisions import by_subject
from too_marshal.web.event.facts import other_facts, position_facts, stream_facts
from too_marshal.web.event.first_screen import first_screen
from too_marshal.web.event.guide import guide
from too_marshal.web.event.ledger import bar_of
from too_marshal.web.event.links import linked
from too_marshal.web.plans.ask import choices, plan_asked
from too_marshal.web.plans.form import PlanForm
from too_marshal.web.replacements import SWAP_MESSAGES
from too_marshal.workflows.circulars.received import circulars_among
from too_marshal.workflows.counterparts.objects import count_objects
from too_marshal.workflows.incident.charge import may_be_in_charge
from too_marshal.workflows.incident.ledger import ledger_of
from too_marshal.workflows.incident.milestones import story_of
from too_marshal.workflows.incident.notes import notes_of
from too_marshal.workflows.planning.dust import dust_map
from too_marshal.workflows.planning.plan_queue import turns
from too_marshal.workflows.recommended_plan import recommended_plan
from too_marshal.workflows.rules.decide import decisions_of

events = Blueprint("events", __name__)


@events.get("/events/<row:event_id>")
@needs(Role.VIEWER)
def event(event_id: int) -> str:
    """Show one event."""
    return render_template("event.html", **_page(row_or_404(Event, event_id)))


def _page(event: Event, form: PlanForm | None = None) -> dict[str, Any]:
    session = database()
    reachable = service().robots.names()
    screen = first_screen(session, event)
    standing = screen.standing
    at_robots = {submission.telescope for submission in standing.live}
    received = _notices(session, event)
    localizations = _of_event(Localization, event, Localization.id.desc())
    return {
        "event": event,
        "screen": screen,
        "stream_title": title_of(event.stream),
        "stream_facts": stream_facts(event),
        "position_facts": position_facts(event.current_localization, dust_map()),
        "other_facts": other_facts(event),
        "localization": event.current_localization,
        "event_status": screen.status,
        "plans": standing.plans,
        "reachable": reachable,
        "turns": turns(session, standing.plans),
        "shown_plan": recommended_plan(session, event.id, reachable),
        "submissions": standing.submissions,
        "live": {submission.plan_id: submission for submission in standing.live},
        "silent": [row for row in screen.sending.silent if row.telescope in at_robots],
        "replacements": replacements_of(session, event.id),
        "swapping": SWAPPING,
        "swap_messages": SWAP_MESSAGES,
        "coverages": standing.coverages,
        "localizations": localizations,
        "files": _files(session, localizations),
        "drawn": sky.drawn(session, localizations),
        "notices": received,
        "circulars_read": circulars_among(received),
        "linked": linked(session, event.id),
        "decisions": by_subject(decisions_of(session, event.id)),
        "drafts": standing.drafts,
        "our_circulars": {row.number for draft in standing.drafts for row in draft.sendings},
        "story": story_of(session, event.id),
        "notes": notes_of(session, event.id),
        "about_plan": None,
        "observers": may_be_in_charge(session) if may(Role.OBSERVER) else [],
        "object_count": count_objects(session, event),
        "bar": bar_of(ledger_of(session, event.id)),
        "guide": guide(standing) if service().settings.rehearsal and event.is_test else [],
        "form": form or PlanForm.empty(_asked_telescope()),
        "is_asked": form is not None or "telescope" in request.args,
        **choices(session, event),
    }


def _asked_telescope() -> Telescope:
    """Telescope of the empty form: the one that the next step names, or the first."""
    return TELESCOPES.get(request.args.get("telescope", "")) or next(iter(TELESCOPES.values()))


def _notices(session: Session, event: Event) -> list[ReceivedNotice]:
    query = select(ReceivedNotice).where(of_event(event.id))
    return list(session.scalars(query.order_by(ReceivedNotice.id.desc()).limit(200)))


def _of_event(kind: Any, event: Event, order: Any) -> list[Any]:
    query = select(kind).where(kind.event_id == event.id).order_by(order).limit(200)
    return list(database().scalars(query))


def _files(session: Session, localizations: list[Localization]) -> set[str]:
    """Maps that came as a file, by their hash."""
    hashes = [row.sky_map_sha256 for row in localizations]
    query = select(SkyMapFile.sha256).where(
        SkyMapFile.sha256.in_(hashes), SkyMapFile.original.is_not(None)
    )
    return set(session.scalars(query))


@events.get("/events/<row:event_id>/sky.json")
@needs(Role.VIEWER)
def sky_json(event_id: int) -> Response:
    """Everything that the map draws."""
    row = row_or_404(Event, event_id)
    plan_ids = _numbers(request.args["plans"]) if "plans" in request.args else None
    versions = _numbers(request.args.get("versions", ""))
    response = make_response(sky.sky(database(), row, plan_ids, service().robots.names(), versions))
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part.isdecimal() and len(part) < 10]


@events.post("/events/<row:event_id>/plan-form")
@needs(Role.OBSERVER)
def plan_form(event_id: int) -> str:
    """Give the form of a plan for another telescope; what was typed stays."""
    row = row_or_404(Event, event_id)
    form = PlanForm.typed(request.form)
    chosen = TELESCOPES.get(form.values["telescope"])
    offered_for = TELESCOPES.get(request.form.get("offered_for", ""))
    if chosen is None or offered_for is None:
        abort(422, "There is no such telescope.")
    form.follow(chosen, offered_for)
    return render_template("_plan_form.html", event=row, form=form, **choices(database(), row))


@events.post("/events/<row:event_id>/plans")
@needs(Role.OBSERVER)
def ask(event_id: int) -> WerkzeugResponse:
    """Ask for a plan."""
    row = row_or_404(Event, event_id)
    form = PlanForm.typed(request.form)
    plan = plan_asked(
        database(), row, form, request.files.get("file"), by=current_person().username
    )
    if plan is not None:
        return _to_plan(plan)
    if request.headers.get("HX-Request"):
        return make_response(
            render_template("_plan_form.html", event=row, form=form, **choices(database(), row)),
            422,
        )
    return make_response(render_template("event.html", **_page(row, form)), 422)


def _to_plan(plan: Plan) -> WerkzeugResponse:
    flash("The plan is being computed; this page follows it.")
    address = url_for("plans.plan", plan_id=plan.id)
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address, 303)


@events.post("/events/<row:event_id>/retract")
@needs(Role.OBSERVER)
def retract(event_id: int) -> WerkzeugResponse:
    """In a rehearsal: send the retraction of its event."""
    row = row_or_404(Event, event_id)
    if not service().settings.rehearsal:
        abort(404)
    # Here, not above: the broker's client is of use in a rehearsal only.
    from too_marshal.workflows.rehearse import send_retraction  # noqa: PLC0415

    try:
        send_retraction(service().settings, row)
    except ValueError as err:
        abort(409, str(err))
    except TimeoutError as err:
        abort(503, str(err))
    flash("The retraction is sent. It comes in by the same door as every notice.")
    return redirect(url_for("events.event", event_id=event_id), 303)
