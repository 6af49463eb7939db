from .facts import GATTINI
from .script import QueueScript

__all__ = [
    "GATTINI",
    "QueueScript",
]
