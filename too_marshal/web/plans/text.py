"""How far a plan goes, as a person says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
