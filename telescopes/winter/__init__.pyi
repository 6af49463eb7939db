from .facts import WINTER
from .queue import WINTERQueue

__all__ = [
    "WINTER",
    "WINTERQueue",
]
