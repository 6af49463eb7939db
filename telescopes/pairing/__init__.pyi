from .pairing import pairs
from .pointings import grouped, is_same_pointing, separation
from .repetitions import Shutters

__all__ = [
    "Shutters",
    "grouped",
    "is_same_pointing",
    "pairs",
    "separation",
]
