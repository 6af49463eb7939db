from .facts import LAS_CUMBRES
from .queue import LCOQueue

__all__ = [
    "LAS_CUMBRES",
    "LCOQueue",
]
