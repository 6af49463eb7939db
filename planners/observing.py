"""The telescopes' vocabulary, for those who plan: what is asked, and what comes of it."""

from telescopes.observing_plan import (
    ExecutedExposure,
    ObservingPlan,
    ObservingRequest,
    PlannedExposure,
    Reason,
    Unobserved,
)
from telescopes.telescope import Telescope

__all__ = [
    "ExecutedExposure",
    "ObservingPlan",
    "ObservingRequest",
    "PlannedExposure",
    "Reason",
    "Telescope",
    "Unobserved",
]
