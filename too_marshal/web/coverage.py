"""What was observed of any version of an event's map: by telescope, filter, source, depth, time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal import tasks
from too_marshal.db.accounts.people import Role
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization, LocalizationState, SkyMapFile
from too_marshal.db.observing.exposures import ALL_TELESCOPES, Coverage, Exposure
from too_marshal.http.access import needs
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.exposures.records import telescopes_of

WIDTH, HEIGHT = 320.0, 90.0
"""Of the course of the coverage with time, user units."""

coverage = Blueprint("coverage", __name__)


@dataclass(frozen=True)
class Course:
    """Coverage with time, as two lines to be drawn."""

    once: str
    twice: str
    start: str
    end: str
    highest: float


@coverage.get("/events/<row:event_id>/coverage")
@needs(Role.VIEWER)
def index(event_id: int) -> str:
    """Show what was observed of one version of the map."""
    event = row_or_404(Event, event_id)
    versions = list(
        database().scalars(
            select(Localization)
            .where(Localization.event_id == event.id, Localization.state == LocalizationState.READY)
            .order_by(Localization.id.desc())
        )
    )
    localization = _chosen(event, versions)
    rows = (
        []
        if localization is None
        else list(
            database().scalars(
                select(Coverage)
                .where(Coverage.localization_id == localization.id)
                .order_by(Coverage.telescope == ALL_TELESCOPES, Coverage.telescope)
            )
        )
    )
    return render_template(
        "coverage.html",
        event=event,
        versions=versions,
        localization=localization,
        rows=rows,
        courses={row.telescope: course(row) for row in rows},
        modulus=None if localization is None else distance_modulus(localization.sky_map),
        is_behind=_is_behind(event, rows),
    )


def _chosen(event: Event, versions: list[Localization]) -> Localization | None:
    wanted = request.args.get("map", str(event.current_localization_id or ""))
    version = next((row for row in versions if str(row.id) == wanted), None)
    if version is None and "map" in request.args:
        abort(404, "This event has no such map.")
    return version


def _is_behind(event: Event, rows: list[Coverage]) -> bool:
    """Whether exposures have come in since the coverage was computed, or none ever was."""
    telescopes = telescopes_of(database(), event)
    query = select(func.max(Exposure.received_at)).where(Exposure.telescope.in_(telescopes))
    if event.event_time is not None:
        query = query.where(Exposure.start >= event.event_time)
    latest = database().execute(query).scalar_one_or_none()
    if latest is None:
        return False
    return not rows or latest > max(row.computed_at for row in rows)


def course(row: Coverage) -> Course | None:
    """The steps by which the coverage grew; None for fewer than two exposures."""
    if len(row.series) < 2:
        return None
    days = np.array([datetime.fromisoformat(point[0]).timestamp() for point in row.series])
    x = (days - days[0]) / max(days[-1] - days[0], 1.0) * WIDTH
    highest = max(point[1] for point in row.series) or 1.0

    def line(column: int) -> str:
        y = [HEIGHT * (1 - point[column] / highest) for point in row.series]
        return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))

    return Course(line(1), line(2), row.series[0][0], row.series[-1][0], highest)


def distance_modulus(sky_map: SkyMapFile | None) -> float | None:
    """Apparent minus absolute magnitude at the map's mean distance, without extinction."""
    if sky_map is None or not sky_map.distance_mean:
        return None
    return float(5 * np.log10(sky_map.distance_mean * 1e6 / 10))


@coverage.post("/events/<row:event_id>/coverage")
@needs(Role.OBSERVER)
def compute(event_id: int) -> WerkzeugResponse:
    """Ask for the coverage of one version of the map."""
    text = request.form.get("map", "")
    localization = (
        row_or_404(Localization, int(text)) if text.isascii() and text.isdigit() else None
    )
    if localization is None or localization.event_id != event_id:
        abort(404, "This event has no such map.")
    tasks.cover_version(event_id=localization.event_id, localization_id=localization.id).defer(
        database()
    )
    database().commit()
    flash("The coverage is being computed.")
    return redirect(url_for("coverage.index", event_id=event_id, map=localization.id), 303)
