"""Messages to and from the ZTF scheduler: a plan written down, and two of them compared."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from astropy import units as u

from telescopes.errors import PlanUnsuitable
from telescopes.names import check_name
from telescopes.observing import ObservingPlan, PlannedExposure
from telescopes.ztf import ZTF

FILTER_IDS: Mapping[str, int] = {"g": 1, "r": 2, "i": 3}
"""The scheduler's numbers of the filters."""

PROGRAM_IDS: Mapping[str, int] = {"MSIP": 1, "Partnership": 2, "collaboration": 2, "Caltech": 3}
"""The scheduler's numbers of the programs (ztf_sim, constants.py)."""

PREFIX = "ToO_"
"""By custom queue names begin so; by rule a target of opportunity's subprogram begins with
``ToO``. Queue and subprogram get one name, because the robot's history knows only the latter."""

EARLIEST, LATEST = 57754.0, 62502.0
"""The scheduler takes windows between 2017-01-01 and 2030-01-01 (MJD), ends excluded."""

LEAD = 1 * u.min
"""The window opens this long before the first exposure is planned."""

GRACE = 30 * u.min
"""The window closes this long after the last exposure is planned to end."""


def write_message(plan: ObservingPlan, name: str, program: str, pi: str) -> dict[str, Any]:
    """Write the body of ``PUT /queues``.

    Parameters
    ----------
    plan
        To be executed in the order of time.
    name
        Queue and subprogram name.
    program
        A name of `PROGRAM_IDS`, or its number.
    pi
        Whom the exposures are booked to.

    Raises
    ------
    PlanUnsuitable
        If the scheduler could not take it.
    """
    if not check_name(name).startswith(PREFIX):
        raise PlanUnsuitable(f"ZTF queue names begin with {PREFIX!r}: {name!r}")
    if not plan.exposures:
        raise PlanUnsuitable("the plan is empty")
    exposures = sorted(plan.exposures, key=lambda exposure: exposure.start.utc.mjd)
    program_id = _program_id(program)
    airmass_limit = min(plan.request.airmass_limit, ZTF.airmass_limit)
    return {
        "queue_name": name,
        "queue_type": "list",
        "validity_window_mjd": _window(plan, exposures),
        "targets": [
            {
                "request_id": number,
                "program_id": program_id,
                "field_id": exposure.field_id,
                "ra": round(_finite(exposure.ra.to_value(u.deg)) % 360, 6),
                "dec": round(_finite(exposure.dec.to_value(u.deg)), 6),
                "filter_id": _filter_id(exposure.filter),
                "exposure_time": _exposure_time(exposure),
                "program_pi": pi,
                "subprogram_name": name,
                "mode_num": 0,
                "ewr_num_images": 1,
                "n_repeats": 1,
                "max_airmass": airmass_limit,
            }
            for number, exposure in enumerate(exposures, start=1)
        ],
    }


def _program_id(program: str) -> int:
    if program in PROGRAM_IDS:
        return PROGRAM_IDS[program]
    if program in {str(number) for number in PROGRAM_IDS.values()}:
        return int(program)
    raise PlanUnsuitable(f"ZTF has no program {program!r}; it has {', '.join(PROGRAM_IDS)}")


def _filter_id(name: str) -> int:
    if name not in FILTER_IDS:
        raise PlanUnsuitable(f"ZTF has no filter {name!r}; it has {', '.join(FILTER_IDS)}")
    return FILTER_IDS[name]


def _exposure_time(exposure: PlannedExposure) -> float:
    seconds = float(exposure.exposure_time.to_value(u.s))
    longest = ZTF.longest_exposure.to_value(u.s)
    if not 0 < seconds <= longest:
        raise PlanUnsuitable(
            f"field {exposure.field_id}: an exposure of {seconds:g} s; the longest is {longest:g} s"
        )
    return seconds


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise PlanUnsuitable("an exposure has no position")
    return float(value)


def _window(plan: ObservingPlan, exposures: Sequence[PlannedExposure]) -> list[float]:
    """First and last moment at which an exposure may begin (MJD)."""
    request = plan.request
    last = max(exposure.start + exposure.exposure_time for exposure in exposures)
    start = max(exposures[0].start - LEAD, request.start).utc.mjd
    end = min(last + GRACE, request.end).utc.mjd
    if not start < end:
        raise PlanUnsuitable("the validity window ends before it begins")
    if not EARLIEST < start < end < LATEST:
        raise PlanUnsuitable(f"the scheduler takes no window from MJD {start:.3f} to {end:.3f}")
    return [float(start), float(end)]


def key(target: Mapping[str, Any]) -> tuple[int, int]:
    """Field and filter: what the history says of an exposure."""
    return int(target["field_id"]), int(target["filter_id"])


def same_target(sent: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
    """Whether `held` is `sent`; the robot may have added columns and rounded numbers."""
    for name, value in sent.items():
        other = held.get(name)
        if isinstance(value, str) or other is None or isinstance(other, str):
            if value != other:
                return False
        elif not math.isclose(float(value), float(other), rel_tol=0, abs_tol=1e-5):
            return False
    return True


def missing_targets(
    sent: Sequence[Mapping[str, Any]], held: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]] | None:
    """What of `sent` is not in `held`, or None if `held` is not `sent` with gaps."""
    missing = []
    rest = iter(held)
    expected = next(rest, None)
    for target in sent:
        if expected is not None and same_target(target, expected):
            expected = next(rest, None)
        else:
            missing.append(target)
    return missing if expected is None else None


def same_window(sent: Mapping[str, Any], held: Sequence[float] | None) -> bool:
    """Whether the robot holds the window that was sent, to a tenth of a second."""
    return held is not None and all(
        math.isclose(a, b, rel_tol=0, abs_tol=1e-6)
        for a, b in zip(sent["validity_window_mjd"], held, strict=True)
    )


def unaccounted(missing: Sequence[Mapping[str, Any]], executed: Sequence[tuple[int, int]]) -> int:
    """How many of the missing targets the history does not explain."""
    return (Counter(map(key, missing)) - Counter(executed)).total()


def dump(message: Mapping[str, Any]) -> str:
    """As it goes over the wire."""
    return json.dumps(message, allow_nan=False)
