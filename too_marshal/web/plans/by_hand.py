"""The form by which a person leaves exposures out of a plan, or puts them in another order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy.orm import undefer
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as WerkzeugResponse

from planners.coverage.by_hand import Rearranged
from too_marshal.db.accounts.people import Role
from too_marshal.db.base import now
from too_marshal.db.observing.plans import Plan, PlannedExposureRow
from too_marshal.formatting import duration, night_time, percent, sexagesimal
from too_marshal.http.access import current_person, needs
from too_marshal.http.service import database, row_or_404
from too_marshal.web.plans.compare import NUMBERS, Line
from too_marshal.workflows.planning.by_hand import (
    Change,
    Consequences,
    consequences,
    make_by_hand,
    why_not,
)

by_hand = Blueprint("by_hand", __name__)

_MAX_NAMED = 5
"""Visits that come too soon and are named one by one."""

_SLACK = 1.0
"""s by which a time must change to be told."""


class ChangeForm:
    """What was typed, and what is wrong with it."""

    def __init__(self, plan: Plan, typed: MultiDict[str, str] | None = None) -> None:
        typed = MultiDict() if typed is None else typed
        self.count = len(plan.exposures)
        self.errors: list[str] = []
        self.left_out: set[int] = set()
        self.closed_up = typed.get("closed_up") == "yes"
        self.places = {k: typed.get(f"place-{k}", str(k)).strip() for k in range(1, self.count + 1)}
        for text in typed.getlist("leave"):
            number = _whole(text)
            if number is None or not 1 <= number <= self.count:
                self.errors.append(f"The plan has no exposure {text[:20]}.")
            else:
                self.left_out.add(number)
        self.seen_on = _whole(typed.get("map", ""))

    def change(self) -> Change:
        """What is wanted; `errors` says what of it cannot be read."""
        stays = self.count - len(self.left_out)
        moved: dict[int, int] = {}
        for number, text in self.places.items():
            if number in self.left_out or text == str(number):
                continue
            place = _whole(text)
            if place is None or not 1 <= place <= stays:
                self.errors.append(
                    f"Exposure {number}: {text[:20] or 'nothing'} is no place from 1 to {stays}."
                )
            else:
                moved[number - 1] = place - 1
        return Change(frozenset(k - 1 for k in self.left_out), moved, self.closed_up)


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else None


@dataclass(frozen=True)
class Placed:
    """One exposure of the changed plan."""

    number: int
    """In the plan that is changed, from 1."""

    field: int
    place: str
    """Where it points, in words."""

    filter: str
    start: datetime
    airmass: float
    later: str
    """How much later, or earlier, it begins; empty: when it did."""

    reason: str
    """Why it cannot be taken, if it cannot."""


def placed(plan: Plan, result: Rearranged) -> list[Placed]:
    """The exposures of a changed plan, as a page lists them."""
    reasons = {one.index: one.reason for one in result.infeasible}
    found = []
    for at, (index, exposure) in enumerate(zip(result.order, result.plan.exposures, strict=True)):
        row = plan.exposures[index]
        start = exposure.start.to_datetime(timezone=UTC)
        delay = (start - row.start).total_seconds()
        later = "" if abs(delay) < _SLACK else duration(abs(delay))
        found.append(
            Placed(
                index + 1, row.field_id, where(row), row.filter, start, float(exposure.airmass),
                later and f"{later} {'later' if delay > 0 else 'earlier'}", reasons.get(at, ""),
            )
        )  # fmt: skip
    return found


def where(row: PlannedExposureRow) -> str:
    """Where an exposure points: its field, or its position."""
    return f"field {row.field_id}" if row.field_id >= 0 else sexagesimal(row.ra, row.dec)


def differences(result: Rearranged) -> list[Line]:
    """Both plans, quantity by quantity and by one measure."""
    before: Any = result.before.statistics
    after: Any = result.plan.statistics
    covered = {
        "Covers, in all filters": "probability_all_filters",
        "Covers, at least once": "probability",
    }
    lines = [
        Line(words, percent(before[name]), percent(after[name])) for words, name in covered.items()
    ]
    return lines + [Line(name, text(before), text(after)) for name, text in NUMBERS.items()]


def remarks(plan: Plan, result: Rearranged) -> list[str]:
    """What is odd about a changed plan, and yet possible."""
    texts = []
    for one in result.closer[:_MAX_NAMED]:
        row = plan.exposures[result.order[one.index]]
        asked = result.plan.request.minimum_gap.to_value("s")
        texts.append(
            f"{where(row)}, exposure {result.order[one.index] + 1}: {duration(one.gap)} after the "
            f"visit before, of {duration(asked)} that were asked for"
        )
    if len(result.closer) > _MAX_NAMED:
        texts.append(f"{len(result.closer) - _MAX_NAMED} more visits come sooner than asked for")
    if result.plan.request.objective == "detection":
        texts.append("how likely it detects the source is not worked out, only what it covers")
    begins = result.plan.exposures[0].start.to_datetime(timezone=UTC)
    if begins < now():
        texts.append(f"it begins in the past, at {night_time(begins.isoformat())}")
    return texts


@by_hand.get("/plans/<row:plan_id>/change")
@needs(Role.OBSERVER)
def form(plan_id: int) -> str:
    """Show the form."""
    plan = row_or_404(Plan, plan_id)
    if reason := why_not(database(), plan):
        abort(409, f"Plan {plan_id} cannot be changed by hand: {reason}.")
    return _page(plan, ChangeForm(plan))


def _page(plan: Plan, typed: ChangeForm, found: Consequences | None = None) -> str:
    return render_template(
        "change.html",
        plan=plan,
        event=plan.event,
        form=typed,
        found=found,
        localization=plan.localization if found is None else found.localization,
        placed=[] if found is None else placed(plan, found.result),
        lines=[] if found is None else differences(found.result),
        remarks=[] if found is None else remarks(plan, found.result),
        where=where,
    )


@by_hand.post("/plans/<row:plan_id>/change")
@needs(Role.OBSERVER)
def change(plan_id: int) -> WerkzeugResponse:
    """Show what comes of a change, or make a new plan of it."""
    plan = row_or_404(Plan, plan_id, undefer(Plan.document))
    typed = ChangeForm(plan, request.form)
    wanted = typed.change()
    if typed.errors:
        return make_response(_page(plan, typed), 422)
    found = None
    try:
        found = consequences(database(), plan, wanted)
        if request.form.get("step") != "make":
            return make_response(_page(plan, typed, found))
        made = make_by_hand(
            database(), plan, found, seen_on=typed.seen_on, by=current_person().username
        )
    except ValueError as err:
        database().rollback()
        if reason := why_not(database(), plan):
            abort(409, f"Plan {plan_id} cannot be changed by hand: {reason}.")
        typed.errors.append(str(err))
        return make_response(_page(plan, typed, found), 422)
    flash(f"Plan {made.id} is made of plan {plan_id}, which stays. It is not submitted.")
    return redirect(url_for("plans.plan", plan_id=made.id), 303)
