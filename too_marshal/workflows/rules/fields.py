"""What a person may set in a rule, and what each value may be."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from planners.registry import MAP_PLANNERS
from telescopes import TELESCOPES
from too_marshal.db.plans import (
    MAXIMUM_AGE_TO_PLAN,
    MAXIMUM_AGE_TO_SUBMIT,
    MAXIMUM_AGE_TO_TELL,
)
from too_marshal.notices.notice import Kind
from too_marshal.workflows.errors import Invalid

STREAMS = (
    "agile", "amon_coincidence", "amon_nu_em", "calet", "chime_frb", "dsa110_frb",
    "einstein_probe", "fermi_gbm", "fermi_gbm_subthreshold", "fermi_lat", "fermi_lat_monitor",
    "gecam", "glowbug", "hawc", "icecube", "icecube_lvk_search", "integral", "ipn", "km3net",
    "konus", "lvk", "maxi", "snews", "superk", "svom", "swift", "swift_guano",
)  # fmt: skip
"""Streams of which notices make events: a rule for any other would never apply."""

KINDS = tuple(kind.value for kind in Kind if kind is not Kind.INFORMATION)
DURATIONS = ("short", "long")
LONGEST_LIST = 40
OLDEST = 24.0 * 36525
"""h: a century; none is for no limit."""


class RuleInvalid(Invalid):
    """A rule cannot be as asked."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        """Say what is wrong.

        Parameters
        ----------
        faults
            A sentence for each field that is wrong.
        """
        super().__init__("; ".join(f"{name}: {fault}" for name, fault in faults.items()))
        self.faults = dict(faults)


class _Wrong(Exception):
    """What is wrong with one value."""


def _text(longest: int) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if not isinstance(value, str) or "\0" in value or len(value.strip()) > longest:
            raise _Wrong(f"A text of at most {longest} characters.")
        return value.strip()

    return check


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("True or false.")
    return value


def _number(least: float, most: float, unit: str = "") -> Callable[[Any], float]:
    def check(value: Any) -> float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or not least <= value <= most:
            raise _Wrong(f"From {least:g} to {most:g}{unit and ' '}{unit}.")
        return float(value)

    return check


def _optional(check: Callable[[Any], float]) -> Callable[[Any], float | None]:
    return lambda value: None if value is None else check(value)


def _texts(known: tuple[str, ...] | None = None) -> Callable[[Any], list[str]]:
    def check(value: Any) -> list[str]:
        if not isinstance(value, list) or len(value) > LONGEST_LIST:
            raise _Wrong(f"A list of at most {LONGEST_LIST} texts.")
        found = [_text(60)(item) for item in value]
        strange = [item for item in found if known is not None and item not in known]
        if strange:
            raise _Wrong(f"Unknown: {', '.join(strange)}. Known: {', '.join(known or ())}.")
        return list(dict.fromkeys(item for item in found if item))

    return check


def _classes(value: Any) -> dict[str, float]:
    if not isinstance(value, dict) or len(value) > LONGEST_LIST:
        raise _Wrong("Classes with a least probability each, as BNS 0.5.")
    if not all(isinstance(name, str) and 0 < len(name) <= 60 for name in value):
        raise _Wrong("A class has a name of at most 60 characters.")
    return {name: _number(0, 1)(least) for name, least in value.items()}


@dataclass(frozen=True)
class Field:
    """A column of the table that a person may set."""

    check: Callable[[Any], Any]
    """Returns the value to store."""

    usual: Any
    """Where nothing is said."""


FIELDS: dict[str, Field] = {
    "name": Field(_text(80), ""),
    "enabled": Field(_truth, True),  # noqa: FBT003 - what is usual
    "streams": Field(_texts(STREAMS), []),
    "kinds": Field(_texts(KINDS), []),
    "tests": Field(_truth, False),  # noqa: FBT003
    "significant_only": Field(_truth, False),  # noqa: FBT003
    "minimum_astrophysical": Field(_optional(_number(0, 1)), None),
    "minimum_has_ns": Field(_optional(_number(0, 1)), None),
    "minimum_classes": Field(_classes, {}),
    "maximum_far": Field(_optional(_number(0, 1, "Hz")), None),
    "maximum_area": Field(_optional(_number(0, 41253, "deg2")), None),
    "maximum_distance": Field(_optional(_number(0, 1e5, "Mpc")), None),
    "maximum_radius": Field(_optional(_number(0, 180, "deg")), None),
    "duration_classes": Field(_texts(DURATIONS), []),
    "excluded_flags": Field(_texts(), []),
    "maximum_age_to_plan": Field(_optional(_number(0, OLDEST, "h")), MAXIMUM_AGE_TO_PLAN),
    "maximum_age_to_tell": Field(_optional(_number(0, OLDEST, "h")), MAXIMUM_AGE_TO_TELL),
    "maximum_age_to_submit": Field(_optional(_number(0, OLDEST, "h")), MAXIMUM_AGE_TO_SUBMIT),
    "notifies": Field(_truth, False),  # noqa: FBT003
    "channels": Field(_texts(), []),
    "plans": Field(_truth, False),  # noqa: FBT003
    "submits": Field(_truth, False),  # noqa: FBT003
    "minimum_probability": Field(_optional(_number(0, 1)), None),
    "telescope": Field(_text(40), ""),
    "planner": Field(_text(20), MAP_PLANNERS[0]),
    "program": Field(_text(40), ""),
    "filters": Field(_texts(), []),
    "exposure_time": Field(_number(0, 3600, "s"), 0.0),
    "minimum_gap": Field(_number(0, 86400, "s"), 1800.0),
    "airmass_limit": Field(_number(1, 10), 2.5),
    "sun_altitude": Field(_number(-90, 0, "deg"), -18.0),
    "moon_separation": Field(_number(0, 180, "deg"), 20.0),
}


def as_usual(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return every field of a rule that was checked, perhaps before some field was there."""
    return {name: values.get(name, field.usual) for name, field in FIELDS.items()}


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return every field of a rule, fit to be stored; what is not given is as usual.

    Raises
    ------
    RuleInvalid
        If any value cannot be; a sentence for each.
    """
    faults = dict.fromkeys(values.keys() - FIELDS.keys(), "There is no such field.")
    found = {}
    for name, field in FIELDS.items():
        try:
            found[name] = field.check(values[name]) if name in values else field.usual
        except _Wrong as err:
            faults[name] = str(err)
    if not faults:
        faults = _together(found)
    if faults:
        raise RuleInvalid(faults)
    return found


def _together(found: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with fields that are right each by itself."""
    faults = {}
    if not found["name"]:
        faults["name"] = "Give the rule a name."
    if not (found["plans"] or found["notifies"]):
        faults["notifies"] = "A rule tells people, or plans, or both."
    if not found["plans"]:
        if found["submits"]:
            faults["submits"] = "Only a rule that plans can submit."
        return faults
    telescope = TELESCOPES.get(found["telescope"])
    if telescope is None:
        faults["telescope"] = f"One of {', '.join(TELESCOPES)}."
    elif not found["filters"] or not set(found["filters"]) <= set(telescope.filters):
        faults["filters"] = f"{telescope.name} has the filters {', '.join(telescope.filters)}."
    if found["planner"] not in MAP_PLANNERS:
        faults["planner"] = f"One of {', '.join(MAP_PLANNERS)}."
    if found["exposure_time"] <= 0:
        faults["exposure_time"] = "Longer than 0 s."
    return faults
