"""Requests to WINTER and its answers.

References
----------
.. [1] github.com/winter-telescope/winterapi: `endpoints.py`, `messenger.py`, and the notebook
   on the observatory's queue.
.. [2] github.com/winter-telescope/wintertoo: `models/too.py`, `schedule.py`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from astropy import units as u

from telescopes.errors import PlanUnsuitable
from telescopes.observing import ObservingPlan, PlannedExposure
from telescopes.protocols.names import check_name
from telescopes.winter.facts import DITHERS, LONGEST, SHORTEST, WINTER

LONGEST_NAME = 30
"""Letters in the name of a target [2]_."""

DITHER_DISTANCE = 90.0
"""Between dithers, arcsec (SkyPortal, `facility_apis/winter`)."""

PRIORITY = 50.0
"""The usual one [2]_."""

_COLUMNS = {
    "ra_deg": "raDeg",
    "dec_deg": "decDeg",
    "total_exposure_time": "visitExpTime",
    "n_dither": "ditherNumber",
    "dither_distance": "ditherStepSize",
    "start_time_mjd": "validStart",
    "end_time_mjd": "validStop",
    "max_airmass": "maxAirmass",
    "target_name": "targName",
}
"""What a schedule calls the parts of a request [2]_."""


def write_targets(plan: ObservingPlan, name: str) -> list[dict[str, Any]]:
    """Write the body of ``POST /too/winter``.

    The observatory names schedules itself, so that ours can only be told by the name of its
    targets.

    Raises
    ------
    PlanUnsuitable
        If WINTER could not take it.
    """
    check_name(name)
    if len(name) > LONGEST_NAME:
        raise PlanUnsuitable(f"WINTER's names have {LONGEST_NAME} letters at most: {name!r}")
    if not plan.exposures:
        raise PlanUnsuitable("the plan is empty")
    ordered = sorted(plan.exposures, key=lambda exposure: exposure.start.utc.mjd)
    return [_target(plan, exposure, name) for exposure in ordered]


def _target(plan: ObservingPlan, exposure: PlannedExposure, name: str) -> dict[str, Any]:
    if exposure.filter not in WINTER.filters:
        raise PlanUnsuitable(f"WINTER has no filter {exposure.filter!r}")
    seconds = float(exposure.exposure_time.to_value(u.s))
    dithers = DITHERS[exposure.filter]
    if not SHORTEST <= seconds / dithers <= LONGEST:
        raise PlanUnsuitable(
            f"{seconds:g} s in {dithers} dithers: each has from {SHORTEST:g} to {LONGEST:g} s"
        )
    ra, dec = float(exposure.ra.to_value(u.deg)), float(exposure.dec.to_value(u.deg))
    if not (math.isfinite(ra) and math.isfinite(dec)):
        raise PlanUnsuitable("an exposure has no position")
    start, end = float(exposure.start.utc.mjd), float(plan.request.end.utc.mjd)
    if not start < end:
        raise PlanUnsuitable("an exposure's window ends before it begins")
    return {
        "ra_deg": round(ra % 360, 6),
        "dec_deg": round(dec, 6),
        "use_field_grid": False,
        "filters": [exposure.filter],
        "target_priority": PRIORITY,
        "target_name": name,
        "total_exposure_time": seconds,
        "n_dither": dithers,
        "n_repetitions": 1,
        "dither_distance": DITHER_DISTANCE,
        "start_time_mjd": start,
        "end_time_mjd": end,
        "max_airmass": min(plan.request.airmass_limit, WINTER.airmass_limit),
        "use_best_detector": False,
    }


def read_rows(body: Any) -> list[Mapping[str, Any]]:
    """Read a table that may come as a list of rows or as columns.

    Raises
    ------
    TypeError, ValueError
        If it is neither.
    """
    if isinstance(body, list):
        if not all(isinstance(row, Mapping) for row in body):
            raise TypeError("a row is no object")
        return body
    if not isinstance(body, Mapping):
        raise TypeError("no table")
    columns = {
        name: list(values.values() if isinstance(values, Mapping) else values)
        for name, values in body.items()
    }
    rows = zip(*columns.values(), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def same_schedule(sent: Iterable[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a schedule is what was sent: target for target, in whatever order."""
    left = list(rows)
    for target in sent:
        match = next((row for row in left if _same(target, row)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def _same(target: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    if row.get("filter") not in target["filters"]:
        return False
    for name, column in _COLUMNS.items():
        value, other = target[name], row.get(column)
        if isinstance(value, str) or not isinstance(other, int | float):
            if value != other:
                return False
        elif not math.isclose(value, other, rel_tol=0, abs_tol=2e-5):
            return False
    return True


def dump(targets: list[dict[str, Any]]) -> str:
    """As it goes over the wire."""
    return json.dumps(targets, allow_nan=False)
