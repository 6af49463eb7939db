from .replan import PlanDifference, difference, remaining_request, rescored
from .sky_coverage import Coverage, FilterCoverage, ObservedSky, combined_coverage, coverage

__all__ = [
    "Coverage",
    "FilterCoverage",
    "ObservedSky",
    "PlanDifference",
    "combined_coverage",
    "coverage",
    "difference",
    "remaining_request",
    "rescored",
]
