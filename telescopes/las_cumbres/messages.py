"""Request groups of the Observatory Control System, as Las Cumbres' portal takes them.

Each exposure of a plan becomes one request with one configuration and a window of its own,
so that the network's scheduler keeps visits apart; together they are one group. Facts:
github.com/observatorycontrolsystem/observation-portal (`requestgroups/serializers.py`,
`viewsets.py`, `filters.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from astropy import units as u
from astropy.time import Time

from telescopes.las_cumbres.facts import FILTERS, LAS_CUMBRES
from telescopes.observing_plan import ObservingPlan
from telescopes.protocols.checked_exposures import CheckedExposure, checked_exposures, window_of

INSTRUMENT = "1M0-SCICAM-SINISTRO"
"""Instrument type of the 1 m telescopes' camera."""

MAX_NAME_LENGTH = 50
"""Letters in the name of a group."""


def write_group(
    plan: ObservingPlan, name: str, proposal: str, *, observation_type: str, site: str
) -> dict[str, Any]:
    """Write the body of ``POST /api/requestgroups/``.

    Parameters
    ----------
    plan, name
        What, and the name of the group.
    proposal
        Proposal that is charged.
    observation_type
        NORMAL, TIME_CRITICAL or RAPID_RESPONSE: which of its allocations.
    site
        Code of the site whose telescope the plan was made for.

    Raises
    ------
    PlanUnsuitable
        If the portal could not take it.
    """
    exposures = checked_exposures(plan, LAS_CUMBRES[site], name, MAX_NAME_LENGTH)
    return {
        "name": name,
        "proposal": proposal,
        "ipp_value": 1.05,
        "operator": "SINGLE" if len(exposures) == 1 else "MANY",
        "observation_type": observation_type,
        "requests": [_request(plan, exposure, site) for exposure in exposures],
    }


def _request(plan: ObservingPlan, exposure: CheckedExposure, site: str) -> dict[str, Any]:
    start, end = window_of(plan, exposure)
    configuration = {
        "type": "EXPOSE",
        "instrument_type": INSTRUMENT,
        "target": {
            "name": f"field {exposure.planned.field_id}",
            "type": "ICRS",
            **exposure.rounded,
            "epoch": 2000.0,
        },
        "constraints": {
            "max_airmass": min(plan.request.airmass_limit, LAS_CUMBRES[site].airmass_limit),
            "min_lunar_distance": float(plan.request.moon_separation.to_value(u.deg)),
        },
        "acquisition_config": {},
        "guiding_config": {},
        "instrument_configs": [
            {
                "exposure_time": exposure.seconds,
                "exposure_count": 1,
                "optical_elements": {"filter": FILTERS[exposure.planned.filter]},
            }
        ],
    }
    return {
        "configurations": [configuration],
        "windows": [{"start": _iso(start), "end": _iso(end)}],
        "location": {"telescope_class": "1m0", "site": site},
    }


def _iso(time: Time) -> str:
    """Write a UTC time to the second, as the portal keeps it."""
    return str(Time(round(time.unix), format="unix", scale="utc").strftime("%Y-%m-%dT%H:%M:%SZ"))


def dump(message: Mapping[str, Any]) -> str:
    """As it goes over the wire."""
    return json.dumps(message, allow_nan=False)
