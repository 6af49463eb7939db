from .execution_forecast import KeepsTimes
from .timeline import Timeline

__all__ = [
    "KeepsTimes",
    "Timeline",
]
