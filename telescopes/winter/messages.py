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
from telescopes.observing_plan import ObservingPlan
from telescopes.protocols.checked_exposures import CheckedExposure, checked_exposures, window_of
from telescopes.winter.facts import DITHERS, MAX_EXPOSURE, MIN_EXPOSURE, WINTER

MAX_NAME_LENGTH = 30
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
    exposures = checked_exposures(plan, WINTER, name, MAX_NAME_LENGTH)
    return [_target(plan, exposure, name) for exposure in exposures]


def _target(plan: ObservingPlan, exposure: CheckedExposure, name: str) -> dict[str, Any]:
    request, seconds = plan.request, exposure.seconds
    usual = DITHERS[exposure.planned.filter]
    dithers = usual if request.dithers is None else request.dithers
    distance = request.dither_distance
    if not MIN_EXPOSURE <= seconds / dithers <= MAX_EXPOSURE:
        raise PlanUnsuitable(
            f"{seconds:g} s in {dithers} dithers: each has from {MIN_EXPOSURE:g} to "
            f"{MAX_EXPOSURE:g} s"
        )
    start, end = (float(moment.mjd) for moment in window_of(plan, exposure))
    place = exposure.rounded
    return {
        "ra_deg": place["ra"],
        "dec_deg": place["dec"],
        "use_field_grid": False,
        "filters": [exposure.planned.filter],
        "target_priority": PRIORITY,
        "target_name": name,
        "total_exposure_time": seconds,
        "n_dither": dithers,
        "n_repetitions": 1,
        "dither_distance": DITHER_DISTANCE
        if distance is None
        else float(distance.to_value(u.arcsec)),
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
