from .build import build_problem, dark_time
from .requests import RequestInvalid, check_request
from .scheduler import ExposureScheduler, RobotState, ScheduledExposure

__all__ = [
    "ExposureScheduler",
    "RequestInvalid",
    "RobotState",
    "ScheduledExposure",
    "build_problem",
    "check_request",
    "dark_time",
]
