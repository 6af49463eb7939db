from .equal_area import Lambert
from .polygons import polygon_cells
from .ranges import HIGHEST_ORDER, Ranges, hpx29

__all__ = [
    "HIGHEST_ORDER",
    "Lambert",
    "Ranges",
    "hpx29",
    "polygon_cells",
]
