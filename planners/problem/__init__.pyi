from .build import dark_time, pose
from .requests import RequestInvalid, check_request
from .scheduler import Clock, RobotState, Shot

__all__ = [
    "Clock",
    "RequestInvalid",
    "RobotState",
    "Shot",
    "check_request",
    "dark_time",
    "pose",
]
