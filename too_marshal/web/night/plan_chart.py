"""The airmass chart of a plan's fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from planners.visibility.nights import night_at
from telescopes import TELESCOPES
from too_marshal.db.observing.nights import RegionNightRow
from too_marshal.db.observing.plans import Plan, PlannedExposureRow
from too_marshal.formatting import sexagesimal
from too_marshal.web.night.axis import Axis, written
from too_marshal.web.night.chart import HEIGHT, HIGHEST, Chart, Curve, chart_of
from too_marshal.workflows.observability.exposure_times import joined
from too_marshal.workflows.observability.field_airmass import airmass_of
from too_marshal.workflows.observability.stored_night import StoredNight

MAX_FIELDS = 40
"""Fields of a plan that are drawn, the most probable first."""


@dataclass(frozen=True)
class PlanChart:
    """What the template draws, and what it leaves out."""

    chart: Chart
    fields: int
    """Of the plan in this night."""

    drawn: int
    exposures_in_other_nights: int


def plan_chart(session: Session, plan: Plan) -> PlanChart | None:
    """Draw the fields of a plan in the night of its first exposure.

    None where the plan has no exposures, or its night is not known: it is over for long, or has
    not been worked out.
    """
    if not plan.exposures or plan.telescope not in TELESCOPES:
        return None
    row = _night_of(session, plan)
    night = None if row is None else StoredNight.of(row)
    if row is None or night is None or not night.length:
        return None
    axis = Axis(night)
    exposures = [each for each in plan.exposures if axis.holds(each.start)]
    fields = _fields(exposures)
    drawn = fields[:MAX_FIELDS]
    airmass = airmass_of(night, [(each.ra, each.dec) for each in drawn])
    curves = [
        Curve("field", _thinned(axis, values), _title(each))
        for each, values in zip(drawn, airmass, strict=True)
    ]
    times = ((each.start, each.start + timedelta(seconds=each.exposure_time)) for each in exposures)
    chart = chart_of(axis, curves, "", axis.bars(joined(times), "planned"))
    if row.localization_id != plan.localization_id:
        # The Moon's distance is that from the peak of another map.
        chart = replace(chart, separation="")
    others = len(plan.exposures) - len(exposures)
    return PlanChart(chart, len(fields), len(drawn), others)


def _night_of(session: Session, plan: Plan) -> RegionNightRow | None:
    """The night of the first exposure, of the plan's own map or, for lack of it, of any."""
    site = TELESCOPES[plan.telescope].site
    return session.scalars(
        select(RegionNightRow)
        .where(
            RegionNightRow.telescope == plan.telescope,
            RegionNightRow.night == night_at(site, plan.exposures[0].start),
        )
        .order_by((RegionNightRow.localization_id == plan.localization_id).desc())
        .limit(1)
    ).one_or_none()


def _fields(exposures: Sequence[PlannedExposureRow]) -> list[PlannedExposureRow]:
    """One exposure of each field, the most probable first."""
    by_place = {(each.field_id, each.ra, each.dec): each for each in exposures}
    return sorted(by_place.values(), key=lambda each: -each.probability)


def _title(exposure: PlannedExposureRow) -> str:
    if exposure.field_id >= 0:
        return f"field {exposure.field_id}"
    return sexagesimal(exposure.ra, exposure.dec)


def _thinned(axis: Axis, values: Sequence[float | None]) -> str:
    """Every other place of a curve, as far as it is seen: forty of them are to be sent."""
    places = axis.points(values, HIGHEST, 1.0, HEIGHT)[::2]
    within = [y <= HEIGHT for _, y in places]
    seen = [
        (x, min(y, 2 * HEIGHT))
        for k, (x, y) in enumerate(places)
        # What lies beside a place that is seen leads the line out of the picture.
        if any(within[max(k - 1, 0) : k + 2])
    ]
    return written(seen)
