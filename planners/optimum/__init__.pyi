from .budget_search import best_shots
from .structure_search import StructureSearch

__all__ = [
    "StructureSearch",
    "best_shots",
]
