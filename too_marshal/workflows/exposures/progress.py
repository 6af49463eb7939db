"""What of a plan was executed: each planned exposure and the one that was taken for it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import replace

from astropy import units as u

from telescopes.observing import ExecutedExposure, ObservingPlan, PlannedExposure

_Key = tuple[int, int, int, str]
"""Field, position off the grid (arcmin), filter."""


def matched(
    plan: ObservingPlan, executed: Sequence[ExecutedExposure]
) -> list[ExecutedExposure | None]:
    """The exposure that was taken for each planned one, in the order of the plan.

    Two exposures of one field and filter are told apart by their order in time.
    """
    taken: dict[_Key, deque[ExecutedExposure]] = defaultdict(deque)
    for exposure in sorted(executed, key=lambda item: item.start.utc.mjd):
        taken[_key(exposure)].append(exposure)
    return [
        taken[_key(planned)].popleft() if taken[_key(planned)] else None
        for planned in plan.exposures
    ]


def parted(
    plan: ObservingPlan, executed: Sequence[ExecutedExposure]
) -> tuple[ObservingPlan, ObservingPlan]:
    """The part of a plan that was executed, and the part that was not; statistics are kept."""
    pairs = list(zip(plan.exposures, matched(plan, executed), strict=True))
    done = tuple(planned for planned, taken in pairs if taken is not None)
    left = tuple(planned for planned, taken in pairs if taken is None)
    return replace(plan, exposures=done), replace(plan, exposures=left)


def _key(exposure: PlannedExposure | ExecutedExposure) -> _Key:
    return (*place_of(exposure), exposure.filter)


def place_of(exposure: PlannedExposure | ExecutedExposure) -> tuple[int, int, int]:
    """What exposures of one pointing have in common: the field, or the position off the grid."""
    if exposure.field_id >= 0:
        return exposure.field_id, 0, 0
    ra, dec = (round(angle.to_value(u.arcmin)) for angle in (exposure.ra, exposure.dec))
    return -1, ra, dec
