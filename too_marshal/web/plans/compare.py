"""Two plans of an event side by side, on one map and by one measure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, abort, render_template, request

from too_marshal.db.accounts.people import Role
from too_marshal.db.documents import PlanStatistics
from too_marshal.db.events import Event
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.formatting import NOTHING, area, duration, night_time, percent
from too_marshal.http.access import needs
from too_marshal.http.service import database, row_or_404
from too_marshal.web import sky

compare = Blueprint("compare", __name__)


@dataclass(frozen=True)
class Line:
    """One quantity of both plans."""

    name: str
    first: str
    second: str

    @property
    def differs(self) -> bool:
        """Whether the plans differ in it."""
        return self.first != self.second


@dataclass(frozen=True)
class Pointings:
    """Which fields are in which plan."""

    only_first: list[str]
    only_second: list[str]
    both: int


NUMBERS: dict[str, Callable[[PlanStatistics], str]] = {
    "Area": lambda row: area(row.get("area")),
    "Fields": lambda row: str(row.get("fields", NOTHING)),
    "Exposures": lambda row: str(row.get("exposures", NOTHING)),
    "Open shutter": lambda row: duration(row.get("exposure_time")),
    "Telescope time": lambda row: duration(row.get("total_time")),
    "First exposure": lambda row: night_time(row.get("start")),
    "Half of it by": lambda row: night_time(row.get("half_reached")),
    "End": lambda row: night_time(row.get("end")),
}


def lines(first: Plan, second: Plan, current: int | None) -> list[Line]:
    """What the plans are and reach; what they cover, of the current map.

    Parameters
    ----------
    first, second
        Computed plans.
    current
        Number of the current map. A plan of another is scored on it, or that is said to be unknown.
    """
    texts: dict[str, Callable[[Plan], str]] = {
        "Telescope": lambda plan: plan.telescope,
        "Planner": lambda plan: plan.planner,
        "Filters": lambda plan: "+".join(plan.request["filters"]),
        "Covers, in all filters": lambda plan: _covered(plan, current, "probability_all_filters"),
        "Covers, at least once": lambda plan: _covered(plan, current, "probability"),
    }
    rows = [Line(name, text(first), text(second)) for name, text in texts.items()]
    return rows + [
        Line(name, text(first.statistics), text(second.statistics))
        for name, text in NUMBERS.items()
    ]


def _covered(plan: Plan, current: int | None, name: str) -> str:
    statistics = dict(plan.statistics)
    if plan.localization_id != current:
        rescored = plan.rescored
        if rescored is None or rescored["localization_id"] != current:
            return "not known on the current map"
        statistics = dict(rescored["statistics"])
    value = statistics.get(name)
    return percent(value if isinstance(value, float) else None)


def pointings(first: Plan, second: Plan) -> Pointings:
    """Compare where two plans point; positions of no grid are told by their coordinates."""
    names = [
        dict.fromkeys(
            f"{row.field_id}" if row.field_id >= 0 else f"{row.ra:.3f} {row.dec:+.3f}"
            for row in plan.exposures
        )
        for plan in (first, second)
    ]
    return Pointings(
        only_first=[name for name in names[0] if name not in names[1]],
        only_second=[name for name in names[1] if name not in names[0]],
        both=sum(name in names[1] for name in names[0]),
    )


@compare.get("/events/<row:event_id>/compare")
@needs(Role.VIEWER)
def plans(event_id: int) -> str:
    """Show two plans of an event side by side."""
    event = row_or_404(Event, event_id)
    wanted = [text for text in request.args.getlist("plan") if text.isdigit() and len(text) < 10]
    if len(set(wanted)) != 2:
        abort(422, "Choose two plans to compare, on the page of their event.")
    rows = [database().get(Plan, int(text)) for text in wanted]
    first, second = rows
    for text, plan in zip(wanted, rows, strict=True):
        if plan is None or plan.event_id != event_id:
            abort(422, f"{event.name} has no plan {text}.")
        if plan.state not in {PlanState.READY, PlanState.SUPERSEDED}:
            abort(422, f"Plan {text} is {plan.state}: there is nothing to compare.")
    assert first is not None
    assert second is not None
    localization = event.current_localization or first.localization
    return render_template(
        "compare.html",
        event=event,
        plans=(first, second),
        lines=lines(first, second, event.current_localization_id),
        pointings=pointings(first, second) if first.telescope == second.telescope else None,
        localization=localization,
        drawn=sky.drawn(database(), [localization]),
    )
