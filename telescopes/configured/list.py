"""The list of queues that a configured robot shows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from astropy.time import Time

from telescopes.configured.settings import Listing
from telescopes.configured.templates import at
from telescopes.errors import QueueUnreachable
from telescopes.protocols.http import HTTPAnswer

_ALWAYS = (57754.0, 62502.0)
"""Window of a queue that states none (MJD): from 2017 to 2030."""


@dataclass(frozen=True, eq=False)
class HeldQueue:
    """One queue, with its exposures in the robot's own terms."""

    name: str
    start: Time
    end: Time
    exposures: list[Any]


def read_queues(answer: HTTPAnswer, listing: Listing) -> list[HeldQueue]:
    """Read the list.

    Raises
    ------
    QueueUnreachable
        If it is not what the configuration says.
    """
    try:
        return [_read_queue(queue, listing) for queue in at(answer.json(), listing.items)]
    except (LookupError, TypeError, ValueError) as err:
        raise QueueUnreachable(f"the list of queues cannot be read: {err!r}") from err


def _read_queue(queue: Any, listing: Listing) -> HeldQueue:
    """One queue; LookupError, TypeError or ValueError if it is none."""
    name, exposures = at(queue, listing.name), at(queue, listing.exposures)
    if isinstance(exposures, str):
        # A list within a text, as some robots write it.
        exposures = json.loads(exposures)
    if not isinstance(name, str) or not isinstance(exposures, list):
        raise TypeError("a name is a text, and exposures are a list")
    start, end = (
        _moment(at(queue, path) if path else default)
        for path, default in zip((listing.start, listing.end), _ALWAYS, strict=True)
    )
    return HeldQueue(name, start, end, exposures)


def _moment(value: Any) -> Time:
    """A time as ISO 8601 (UTC) or MJD."""
    if isinstance(value, str):
        return Time(value.removesuffix("Z").removesuffix("+00:00"), scale="utc")
    return Time(float(value), format="mjd", scale="utc")
