from .client import TreasureMap, open_treasure_map
from .messages import Pointing

__all__ = [
    "Pointing",
    "TreasureMap",
    "open_treasure_map",
]
