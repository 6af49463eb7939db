"""The telescopes' vocabulary, for those who plan: what is asked, and what comes of it."""

from telescopes.observing import (
    ExecutedExposure,
    ObservingPlan,
    ObservingRequest,
    PlannedExposure,
    Reason,
    Telescope,
    Unobserved,
)

__all__ = [
    "ExecutedExposure",
    "ObservingPlan",
    "ObservingRequest",
    "PlannedExposure",
    "Reason",
    "Telescope",
    "Unobserved",
]
