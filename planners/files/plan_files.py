"""Plans as JSON: the format that commands, pages and robots' modules exchange."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from typing import Any

from astropy import units as u
from pydantic import ValidationError

from planners.files.request_fields import RequestFields, written
from planners.files.times import time_from_json
from telescopes.entries import STORED, sentences
from telescopes.observing_plan import (
    ObservingPlan,
    ObservingRequest,
    PlannedExposure,
    Reason,
    Unobserved,
)
from telescopes.times import iso


class PlanInvalid(ValueError):
    """The document is not a plan; the message says what is wrong."""


def request_to_json(request: ObservingRequest) -> dict[str, Any]:
    """A request as plain JSON: seconds, degrees, ISO times. What was not asked is left out."""
    return written(RequestFields.of(request))


def request_from_json(document: Mapping[str, Any], *, is_stored: bool = False) -> ObservingRequest:
    """Read what `request_to_json` wrote.

    Parameters
    ----------
    document
        The request as plain JSON.
    is_stored
        It was accepted once: the limits of what people may ask do not count any more.

    Raises
    ------
    PlanInvalid
        If it is not a request.
    """
    try:
        return RequestFields.model_validate(
            document, context=STORED if is_stored else None
        ).request()
    except ValidationError as err:
        faults = "; ".join(
            f"{name}: {fault}" if name else fault
            for name, fault in sentences(err, RequestFields).items()
        )
        raise PlanInvalid(f"not an observing request: {faults}") from err


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


def table_text(plan: ObservingPlan, kind: str) -> str:
    """The exposures as a table: "csv", or "ecsv", which has units."""
    text = io.StringIO()
    plan.to_table().write(text, format=f"ascii.{kind}")
    return text.getvalue()


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
            request=request_from_json(document["request"], is_stored=True),
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
