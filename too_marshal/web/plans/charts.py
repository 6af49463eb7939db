"""The addresses of finding charts: of one pointing of a plan, and of all of them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from astropy.table import Table
from flask import Blueprint, Response, abort, render_template
from sqlalchemy import select

from too_marshal.db.accounts.people import Role
from too_marshal.db.galaxies import GalaxyTable
from too_marshal.db.localizations import SkyMapFile
from too_marshal.db.observing.plans import Plan, PlannedExposureRow
from too_marshal.http.access import needs
from too_marshal.http.service import database, row_or_404
from too_marshal.web.plans.by_hand import where
from too_marshal.web.plans.chart_plane import SIDE
from too_marshal.web.plans.finding_chart import (
    MAX_GALAXIES,
    MAX_VISITS,
    finding_chart,
    pointing_of,
    pointings,
)
from too_marshal.workflows.planning.galaxies import load_galaxies

charts = Blueprint("charts", __name__)


@charts.get("/plans/<row:plan_id>/charts/<row:exposure_number>.svg")
@needs(Role.VIEWER)
def chart(plan_id: int, exposure_number: int) -> Response:
    """Give the finding chart of the pointing of one exposure, which a browser shows and prints."""
    plan = row_or_404(Plan, plan_id)
    exposures = pointing_of(plan, exposure_number)
    if not exposures:
        abort(404, f"Plan {plan_id} has no exposure {exposure_number}.")
    response = Response(_drawn(plan, exposures, _behind(plan)), mimetype="image/svg+xml")
    name = _file_name(plan, exposures)
    response.headers.set("Content-Disposition", "inline", filename=name)
    return response


@charts.get("/plans/<row:plan_id>/charts.zip")
@needs(Role.VIEWER)
def every_chart(plan_id: int) -> Response:
    """Give the finding charts of all pointings of a plan in one file."""
    plan = row_or_404(Plan, plan_id)
    if not plan.exposures:
        abort(404, f"Plan {plan_id} has no exposures.")
    behind = _behind(plan)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for exposures in pointings(plan):
            archive.writestr(_file_name(plan, exposures), _drawn(plan, exposures, behind))
    response = Response(packed.getvalue(), mimetype="application/zip")
    name = f"plan-{plan_id}-finding-charts.zip"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _file_name(plan: Plan, exposures: Sequence[PlannedExposureRow]) -> str:
    first = exposures[0]
    place = f"field-{first.field_id}" if first.field_id >= 0 else f"exposure-{first.number + 1}"
    return f"plan-{plan.id}-{place}.svg"


@dataclass(frozen=True)
class _Behind:
    """What all charts of a plan show."""

    sky_map: SkyMapFile | None
    contours: dict[str, Any] | None
    galaxy_table: GalaxyTable | None
    galaxies: Table | None


def _behind(plan: Plan) -> _Behind:
    sha256 = plan.localization.sky_map_sha256
    query = select(SkyMapFile.contours).where(SkyMapFile.sha256 == sha256)
    contours = None if sha256 is None else database().scalar(query)
    table = _table_of(plan)
    galaxies = None if table is None else load_galaxies(database(), table.id)
    return _Behind(plan.localization.sky_map, contours, table, galaxies)


def _table_of(plan: Plan) -> GalaxyTable | None:
    """The galaxies of a plan, or of the one of which it was made by hand."""
    origin: Plan | None = plan
    while origin is not None and origin.galaxy_table is None:
        number = origin.changed_from_id
        origin = None if number is None else database().get(Plan, number)
    return None if origin is None else origin.galaxy_table


def _drawn(plan: Plan, exposures: Sequence[PlannedExposureRow], behind: _Behind) -> str:
    sky_map = behind.sky_map
    peak = None if sky_map is None else (sky_map.peak_ra, sky_map.peak_dec)
    return render_template(
        "finding_chart.svg",
        plan=plan,
        event=plan.event,
        title=f"{plan.telescope} {where(exposures[0])}",
        chart=finding_chart(exposures, plan.telescope, behind.contours, peak, behind.galaxies),
        exposures=exposures,
        galaxy_table=behind.galaxy_table,
        side=SIDE,
        most_visits=MAX_VISITS,
        most_galaxies=MAX_GALAXIES,
    )
