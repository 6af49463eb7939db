from .plan_files import (
    PlanInvalid,
    plan_from_json,
    plan_to_json,
    request_from_json,
    request_to_json,
)
from .plot import plot_plan
from .tables import TableInvalid, read_exposures, read_galaxies, read_targets

__all__ = [
    "PlanInvalid",
    "TableInvalid",
    "plan_from_json",
    "plan_to_json",
    "plot_plan",
    "read_exposures",
    "read_galaxies",
    "read_targets",
    "request_from_json",
    "request_to_json",
]
