from .foresight import KeepsTimes
from .timeline import Timeline

__all__ = [
    "KeepsTimes",
    "Timeline",
]
