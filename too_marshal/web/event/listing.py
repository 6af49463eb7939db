"""The list of events, as a person wants to see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.events import Event
from too_marshal.db.locks import lock
from too_marshal.http.access import current_person, needs
from too_marshal.http.service import database, service
from too_marshal.notices.registry import STREAMS, title_of
from too_marshal.workflows.alarms.escalate import ringing
from too_marshal.workflows.events.tag import known_tags
from too_marshal.workflows.incident.listing import (
    MAX_SORTED,
    ORDERS,
    EventFilter,
    list_events,
    read_position,
)
from too_marshal.workflows.incident.status import STATES

PAGE = 50
MAX_VIEWS = 20
MAX_NAME_LENGTH = 40

event_list = Blueprint("event_list", __name__)

CLASSES = ("BNS", "NSBH", "BBH", "MassGap", "Terrestrial")
"""Of gravitational waves: what other missions tell is no class of the source."""

TEXTS = ("stream", "class", "state", "tag", "position")
NUMBERS = {"area": "maximum_area", "distance": "maximum_distance", "days": "days"}


@dataclass
class ListForm:
    """What was typed, and what is wrong with it."""

    values: dict[str, str]
    filter: EventFilter
    order: str
    errors: dict[str, str] = field(default_factory=dict)

    def address(self, **changes: str) -> str:
        """The list with other values."""
        given = {name: text for name, text in {**self.values, **changes}.items() if text}
        return url_for("event_list.index") + (f"?{urlencode(given)}" if given else "")

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves out more than tests and retractions."""
        return any(self.values[name] for name in (*TEXTS, *NUMBERS))


def read(arguments: MultiDict[str, str]) -> ListForm:
    """Read the list's form: what cannot be used is said, and left out."""
    names = (*TEXTS, *NUMBERS, "sort", "tests", "retracted")
    values = {name: arguments.get(name, "").strip()[:80] for name in names}
    errors: dict[str, str] = {}
    numbers = {
        parameter: number
        for name, parameter in NUMBERS.items()
        if (number := _number(values[name], name, errors)) is not None
    }
    position = None
    if values["position"]:
        try:
            position = read_position(values["position"])
        except ValueError as err:
            errors["position"] = str(err)
    rehearses = service().settings.rehearsal
    wanted = EventFilter(
        tests=(values["tests"] or ("yes" if rehearses else "no")) == "yes",
        retracted=values["retracted"] == "yes",
        stream=values["stream"] if values["stream"] in STREAMS else "",
        classification=values["class"] if values["class"] in CLASSES else "",
        state=values["state"] if values["state"] in STATES else "",
        tag=values["tag"],
        position=position,
        **numbers,
    )
    order = values["sort"] if values["sort"] in ORDERS else "attention"
    return ListForm(values, wanted, order, errors)


def _number(text: str, name: str, errors: dict[str, str]) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if 0 < value < float("inf"):
        return value
    errors[name] = "A number above nought."
    return None


@event_list.get("/")
@needs(Role.VIEWER)
def index() -> str:
    """List the events: what needs a person first, then the latest."""
    form = read(request.args)
    rows, next_before = list_events(
        database(), service().robots, form.filter, order=form.order, before=_before(), limit=PAGE
    )
    return render_template(
        "events.html",
        rows=rows,
        form=form,
        hidden=_hidden(database(), form.filter),
        is_first=_before() is None,
        next_before=None if next_before is None else next_before.isoformat(),
        streams=_streams(database()),
        title_of=title_of,
        classes=[(name, name) for name in CLASSES],
        tags=[(name, name) for name in known_tags(database())],
        states=[(name, name) for name in STATES],
        orders=[(name, name) for name in ORDERS],
        max_sorted=MAX_SORTED,
        views=current_person().views,
        ringing=ringing(database(), [row.event.id for row in rows]),
    )


def _before() -> datetime | None:
    text = request.args.get("before")
    if text is None:
        return None
    try:
        before = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        abort(422, "This is no time to list events before.")
    return before if before.tzinfo else abort(422, "The time to list events before has no zone.")


def _streams(session: Session) -> list[tuple[str, str]]:
    """Name and title of each stream that has an event."""
    names = session.scalars(select(Event.stream).distinct())
    titled = [(name, title_of(name)) for name in names]
    return sorted(titled, key=lambda pair: pair[1].casefold())


def _hidden(session: Session, wanted: EventFilter) -> dict[str, int]:
    """How many events the list leaves out, by the reason."""
    query = select(Event.is_test, Event.is_retracted, func.count()).group_by(
        Event.is_test, Event.is_retracted
    )
    counts = {"test": 0, "retracted": 0}
    for is_test, is_retracted, count in session.execute(query):
        if is_test and not wanted.tests:
            counts["test"] += count
        elif is_retracted and not wanted.retracted:
            counts["retracted"] += count
    return counts


@event_list.post("/views")
@needs(Role.VIEWER)
def keep_view() -> WerkzeugResponse:
    """Keep the list as it is under a name, or forget one."""
    person = lock(database(), Person, current_person().id)
    name = request.form.get("name", "").strip()[:MAX_NAME_LENGTH]
    form = read(request.form)
    views: dict[str, Any] = dict(person.views)
    if not name:
        abort(422, "Give the view a name.")
    if request.form.get("forget") == "yes":
        views.pop(name, None)
        flash(f"The view {name} is forgotten.")
    elif len(views) >= MAX_VIEWS and name not in views:
        abort(422, f"A person keeps {MAX_VIEWS} views at the most: forget one first.")
    else:
        views[name] = urlencode({key: text for key, text in form.values.items() if text})
        flash(f"The view {name} is kept.")
    person.views = views
    database().commit()
    return redirect(form.address(), 303)
