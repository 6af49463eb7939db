"""What of a plan was executed, and what was not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from telescopes.observing import ExecutedExposure, ObservingPlan
from telescopes.pairing.pairing import pairs


def parted(
    plan: ObservingPlan, executed: Sequence[ExecutedExposure]
) -> tuple[ObservingPlan, ObservingPlan]:
    """The part of a plan that was executed, and the part that was not; statistics are kept."""
    both = list(zip(plan.exposures, pairs(plan.exposures, executed), strict=True))
    done = tuple(planned for planned, taken in both if taken is not None)
    left = tuple(planned for planned, taken in both if taken is None)
    return replace(plan, exposures=done), replace(plan, exposures=left)
