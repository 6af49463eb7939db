"""Targets as JSON: the number of a field, or right ascension and declination of a position."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any

from astropy import units as u
from astropy.coordinates import SkyCoord
from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from telescopes.entries import STORED

MAX_TARGETS = 2000
"""That a person may list: more than a night has exposures for."""


def _checked(value: Any, info: ValidationInfo) -> list[int | list[float]]:
    """Refuse what is no list of targets, and say which of them is none."""
    if not isinstance(value, list):
        raise ValueError("A list.")  # noqa: TRY004 - pydantic says it of the field
    if info.context != STORED and len(value) > MAX_TARGETS:
        raise ValueError(f"At most {MAX_TARGETS} of them.")
    for number, target in enumerate(value, start=1):
        if not (_is_field(target) or _is_position(target)):
            raise ValueError(
                f"Number {number} is neither the number of a field nor a right ascension from 0 to "
                "360 and a declination from -90 to 90 deg."
            )
    return value


def _is_field(target: Any) -> bool:
    return isinstance(target, int) and not isinstance(target, bool)


def _is_position(target: Any) -> bool:
    if not (isinstance(target, list) and len(target) == 2):
        return False
    is_numeric = all(
        isinstance(angle, int | float) and not isinstance(angle, bool) and math.isfinite(angle)
        for angle in target
    )
    return is_numeric and 0 <= target[0] <= 360 and -90 <= target[1] <= 90


Targets = Annotated[
    list[int | list[float]],
    BeforeValidator(_checked),
    WithJsonSchema(
        {
            "type": "array",
            "maxItems": MAX_TARGETS,
            "items": {
                "anyOf": [
                    {"type": "integer"},
                    {
                        "type": "array",
                        "items": {"type": "number"},
                        "minItems": 2,
                        "maxItems": 2,
                    },
                ]
            },
        }
    ),
]
"""Fields, and positions in deg (ICRS), in the order in which they were listed."""


def targets_to_json(targets: Sequence[int | SkyCoord]) -> list[int | list[float]]:
    """Write a request's targets."""
    return [
        [float(target.icrs.ra.deg), float(target.icrs.dec.deg)]
        if isinstance(target, SkyCoord)
        else int(target)
        for target in targets
    ]


def targets_from_json(targets: Sequence[int | Sequence[float]]) -> tuple[int | SkyCoord, ...]:
    """Read what `targets_to_json` wrote."""
    return tuple(
        target if isinstance(target, int) else SkyCoord(*target, unit=u.deg) for target in targets
    )
