from .facts import GROWTH_INDIA
from .script import GrowthIndiaScript

__all__ = [
    "GROWTH_INDIA",
    "GrowthIndiaScript",
]
