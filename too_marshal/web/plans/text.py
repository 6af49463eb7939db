"""How far a plan goes and what it leaves out, as a person says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from planners.detection.sources import source_model
from too_marshal.formatting import duration, percent

_TEN_MINUTES = 1 / 6
"""h."""


def how_far(request: Mapping[str, Any]) -> list[str]:
    """Where a request says to stop; nothing where a plan may use all the time that there is.

    Parameters
    ----------
    request
        As a plan file has it.
    """
    texts = []
    # Whoever lists targets has them observed whatever they are worth.
    stops_where_little_is_won = not request.get("targets")
    if stops_where_little_is_won and (gain := request.get("minimum_gain")):
        texts.append(f"where 10 more minutes add less than {percent(gain * _TEN_MINUTES)}")
    if stops_where_little_is_won and (target := request.get("target_probability")):
        texts.append(f"at {percent(target)} in all filters")
    if time := request.get("maximum_time"):
        texts.append(f"after {duration(time)} of telescope time")
    if fields := request.get("maximum_fields"):
        texts.append(f"after {fields} field{'s' if fields > 1 else ''}")
    return texts


_MAX_NAMED = 12
"""Fields that are named one by one."""


def what_else(request: Mapping[str, Any]) -> list[str]:
    """What a request leaves out from the beginning, and how it orders its filters.

    Parameters
    ----------
    request
        As a plan file has it.
    """
    texts = []
    if request.get("objective") == "detection":
        texts.append(_looked_for(request))
    if latitude := request.get("galactic_latitude"):
        texts.append(f"stays {latitude:g} deg off the Galactic plane")
    if angles := request.get("right_ascension"):
        first, second = angles
        texts.append(f"keeps to right ascensions from {first:.6g} eastward to {second:.6g} deg")
    if fields := request.get("excluded_fields"):
        texts.append(f"leaves out {_named(fields)}")
    if grid := request.get("grid"):
        texts.append(f"keeps to the {grid} grid")
    if dithers := request.get("dithers"):
        texts.append(f"has {dithers} dithers an exposure")
    if distance := request.get("dither_distance"):
        texts.append(f"has {distance:g} arcsec between dithers")
    if blocks := request.get("blocks"):
        texts.append(f"has {blocks} filter block{'s' if blocks > 1 else ''}")
    return texts


def _looked_for(request: Mapping[str, Any]) -> str:
    """What is to be detected, in how many visits, and with which exposures."""
    source = request.get("source") or ""
    try:
        what = source_model(source).title
    except ValueError:
        # An older version knew it.
        what = f"a source of the kind {source!r}"
    text = f"is to detect {what}"
    if visits := request.get("detections"):
        text += f" in {visits} visit{'s' if visits > 1 else ''}"
    if times := request.get("exposure_times"):
        text += f" in exposures of {' or '.join(f'{time:g}' for time in times)} s"
    return text


def _named(fields: Sequence[int]) -> str:
    if len(fields) == 1:
        return f"the field {fields[0]}"
    names = [str(field) for field in fields[:_MAX_NAMED]]
    more = len(fields) - len(names)
    last = f"{more} more" if more else names.pop()
    return f"the fields {', '.join(names)} and {last}"
