from .facts import LIVERPOOL
from .queue import LiverpoolQueue

__all__ = [
    "LIVERPOOL",
    "LiverpoolQueue",
]
