from .facts import DECAM
from .script import DECamScript

__all__ = [
    "DECAM",
    "DECamScript",
]
