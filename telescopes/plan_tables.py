"""A plan as one line and as a table, for whoever prints one or takes it elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from astropy import units as u
from astropy.table import QTable
from astropy.time import Time

if TYPE_CHECKING:
    from telescopes.observing_plan import ObservingPlan


def plan_summary(plan: ObservingPlan) -> str:
    """Telescope, planner, exposures, filters, window and probability of a plan."""
    request, figures = plan.request, plan.statistics
    filters = ", ".join(dict.fromkeys(request.filters))
    window = f"{request.start.utc.isot[:16]} to {request.end.utc.isot[:16]}"
    parts = [f"{len(plan.exposures)} exposures in {filters}", window]
    if "probability_all_filters" in figures:
        parts.append(f"{figures['probability_all_filters']:.1%} of the probability in all visits")
    return f"ObservingPlan({plan.telescope} by {plan.planner}: {', '.join(parts)})"


def plan_table(plan: ObservingPlan) -> QTable:
    """One row an exposure, in the order of time; see `ObservingPlan.to_table`."""
    rows = plan.exposures

    def angles(name: str) -> u.Quantity:
        return np.array([getattr(row, name).to_value(u.deg) for row in rows], dtype=float) * u.deg

    columns: dict[str, Any] = {
        "field_id": np.array([row.field_id for row in rows], dtype=np.int64),
        "ra": angles("ra"),
        "dec": angles("dec"),
        "filter": np.array([row.filter for row in rows], dtype=str),
        "start": Time(
            [row.start.utc.jd1 for row in rows],
            [row.start.utc.jd2 for row in rows],
            format="jd",
            scale="utc",
        ),
        "exposure_time": np.array([row.exposure_time.to_value(u.s) for row in rows], float) * u.s,
        "airmass": np.array([row.airmass for row in rows], dtype=float),
        "probability": np.array([row.probability for row in rows], dtype=float),
        "visit": np.array([row.visit for row in rows], dtype=np.int64),
        "limiting_magnitude": u.Magnitude(
            np.array([row.limiting_magnitude for row in rows], dtype=float), u.ABmag
        ),
    }
    columns["start"].format = "isot"
    meta = {"telescope": plan.telescope, "planner": plan.planner}
    return QTable(columns, meta=meta)
