"""Plans as JSON: the format that commands, pages and robots' modules exchange."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from astropy import units as u
from astropy.time import Time

from telescopes.observing import (
    ObservingPlan,
    ObservingRequest,
    PlannedExposure,
    Reason,
    Unobserved,
)
from telescopes.times import iso


class PlanInvalid(ValueError):
    """The document is not a plan; the message says what is wrong."""


def time_from_json(text: str) -> Time:
    """Read an ISO 8601 time; it is UTC, with or without a Z.

    Raises
    ------
    PlanInvalid
        If it is no time.
    """
    try:
        return Time(text.removesuffix("Z").removesuffix("+00:00"), scale="utc")
    except (ValueError, AttributeError) as err:
        raise PlanInvalid(f"not a time: {text!r}") from err


def request_to_json(request: ObservingRequest) -> dict[str, Any]:
    """A request as plain JSON: seconds, degrees, ISO times. What was not asked is left out."""
    times = {name: float(t.to_value(u.s)) for name, t in request.exposure_time.items()}
    alike = len(set(times.values())) == 1
    document: dict[str, Any] = {
        "start": iso(request.start),
        "end": iso(request.end),
        "filters": list(request.filters),
        "exposure_time": next(iter(times.values())) if alike else times,
        "minimum_gap": float(request.minimum_gap.to_value(u.s)),
        "airmass_limit": float(request.airmass_limit),
        "sun_altitude": float(request.sun_altitude.to_value(u.deg)),
        "moon_separation": float(request.moon_separation.to_value(u.deg)),
    }
    if request.maximum_fields is not None:
        document["maximum_fields"] = request.maximum_fields
    if request.maximum_time is not None:
        document["maximum_time"] = float(request.maximum_time.to_value(u.s))
    if request.excluded_fields:
        document["excluded_fields"] = sorted(request.excluded_fields)
    if request.busy:
        document["busy"] = [[iso(start), iso(end)] for start, end in request.busy]
    if request.program:
        document["program"] = request.program
    if request.galactic_latitude is not None:
        document["galactic_latitude"] = float(request.galactic_latitude.to_value(u.deg))
    if request.right_ascension is not None:
        document["right_ascension"] = [
            float(angle.to_value(u.deg)) for angle in request.right_ascension
        ]
    if request.blocks is not None:
        document["blocks"] = request.blocks
    if request.time_limit is not None:
        document["time_limit"] = float(request.time_limit.to_value(u.s))
    return document


def request_from_json(document: Mapping[str, Any]) -> ObservingRequest:
    """Read what `request_to_json` wrote.

    Raises
    ------
    PlanInvalid
        If it is not a request.
    """
    try:
        filters = tuple(document["filters"])
        exposure = document["exposure_time"]
        times = exposure if isinstance(exposure, Mapping) else dict.fromkeys(filters, exposure)
        optional: dict[str, Any] = {
            name: document[name] for name in ("maximum_fields", "blocks") if name in document
        }
        for name in ("maximum_time", "time_limit"):
            if name in document:
                optional[name] = float(document[name]) * u.s
        if "galactic_latitude" in document:
            optional["galactic_latitude"] = float(document["galactic_latitude"]) * u.deg
        if "right_ascension" in document:
            low, high = document["right_ascension"]
            optional["right_ascension"] = (float(low) * u.deg, float(high) * u.deg)
        return ObservingRequest(
            start=time_from_json(document["start"]),
            end=time_from_json(document["end"]),
            filters=filters,
            exposure_time={name: float(t) * u.s for name, t in times.items()},
            minimum_gap=float(document["minimum_gap"]) * u.s,
            airmass_limit=float(document["airmass_limit"]),
            sun_altitude=float(document["sun_altitude"]) * u.deg,
            moon_separation=float(document["moon_separation"]) * u.deg,
            excluded_fields=frozenset(document.get("excluded_fields", ())),
            busy=tuple(
                (time_from_json(start), time_from_json(end))
                for start, end in document.get("busy", ())
            ),
            program=str(document.get("program", "")),
            **optional,
        )
    except (KeyError, TypeError, ValueError) as err:
        raise PlanInvalid(f"not an observing request: {err}") from err


def plan_to_json(plan: ObservingPlan) -> dict[str, Any]:
    """A plan as plain JSON; every number in it is finite."""
    return {
        "telescope": plan.telescope,
        "planner": plan.planner,
        "request": request_to_json(plan.request),
        "exposures": [_exposure_to_json(exposure) for exposure in plan.exposures],
        "statistics": {name: _finite(value) for name, value in plan.statistics.items()},
        "unobserved": [
            {
                "field_id": entry.field_id,
                "reason": entry.reason.value,
                "probability": entry.probability,
            }
            for entry in plan.unobserved
        ],
        "remark": plan.remark,
    }


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _finite(inner) for name, inner in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _exposure_to_json(exposure: PlannedExposure) -> dict[str, Any]:
    document: dict[str, Any] = {
        "field_id": exposure.field_id,
        "ra": float(exposure.ra.to_value(u.deg)),
        "dec": float(exposure.dec.to_value(u.deg)),
        "filter": exposure.filter,
        "start": iso(exposure.start),
        "exposure_time": float(exposure.exposure_time.to_value(u.s)),
        "airmass": exposure.airmass,
        "probability": exposure.probability,
        "visit": exposure.visit,
    }
    if exposure.limiting_magnitude is not None:
        document["limiting_magnitude"] = exposure.limiting_magnitude
    return document


def _exposure_from_json(document: Mapping[str, Any]) -> PlannedExposure:
    depth = document.get("limiting_magnitude")
    return PlannedExposure(
        field_id=int(document["field_id"]),
        ra=float(document["ra"]) * u.deg,
        dec=float(document["dec"]) * u.deg,
        filter=str(document["filter"]),
        start=time_from_json(document["start"]),
        exposure_time=float(document["exposure_time"]) * u.s,
        airmass=float(document["airmass"]),
        probability=float(document["probability"]),
        visit=int(document.get("visit", 0)),
        limiting_magnitude=None if depth is None else float(depth),
    )


def plan_from_json(document: Mapping[str, Any]) -> ObservingPlan:
    """Read what `plan_to_json` wrote.

    Raises
    ------
    PlanInvalid
        If it is not a plan.
    """
    try:
        return ObservingPlan(
            telescope=str(document["telescope"]),
            planner=str(document.get("planner", "")),
            request=request_from_json(document["request"]),
            exposures=tuple(_exposure_from_json(exposure) for exposure in document["exposures"]),
            statistics=dict(document["statistics"]),
            unobserved=tuple(
                Unobserved(
                    int(entry["field_id"]), Reason(entry["reason"]), float(entry["probability"])
                )
                for entry in document.get("unobserved", ())
            ),
            remark=str(document.get("remark", "")),
        )
    except PlanInvalid:
        raise
    except (KeyError, TypeError, ValueError) as err:
        raise PlanInvalid(f"not an observing plan: {err}") from err
