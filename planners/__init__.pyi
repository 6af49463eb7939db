from .coverage.sky_coverage import Coverage, FilterCoverage, ObservedSky, combined_coverage
from .curve import ProbabilityCurve, probability_curve
from .files.plan_files import plan_from_json, plan_to_json
from .geometry.ranges import Ranges
from .joint import JointPlan, joint_plan
from .observing import (
    ExecutedExposure,
    ObservingPlan,
    ObservingRequest,
    PlannedExposure,
    Reason,
    Telescope,
    Unobserved,
)
from .problem.requests import RequestInvalid
from .registry import MAP_PLANNERS, PLANNERS, Planner, plan
from .skymaps.circles import circle_skymap, ellipse_skymap, polygon_skymap
from .skymaps.files import read_skymap
from .skymaps.skymap import SkyMap, SkyMapInvalid

__all__ = [
    "MAP_PLANNERS",
    "PLANNERS",
    "Coverage",
    "ExecutedExposure",
    "FilterCoverage",
    "JointPlan",
    "ObservedSky",
    "ObservingPlan",
    "ObservingRequest",
    "PlannedExposure",
    "Planner",
    "ProbabilityCurve",
    "Ranges",
    "Reason",
    "RequestInvalid",
    "SkyMap",
    "SkyMapInvalid",
    "Telescope",
    "Unobserved",
    "circle_skymap",
    "combined_coverage",
    "ellipse_skymap",
    "joint_plan",
    "plan",
    "plan_from_json",
    "plan_to_json",
    "polygon_skymap",
    "probability_curve",
    "read_skymap",
]
