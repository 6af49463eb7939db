from .circles import circle_skymap, ellipse_skymap, polygon_skymap
from .files import read_skymap
from .joint_maps import MapDifference, map_difference, product_skymap, sky_overlap
from .skymap import SkyMap, SkyMapInvalid
from .systematics import SYSTEMATIC_MODELS

__all__ = [
    "SYSTEMATIC_MODELS",
    "MapDifference",
    "SkyMap",
    "SkyMapInvalid",
    "circle_skymap",
    "ellipse_skymap",
    "map_difference",
    "polygon_skymap",
    "product_skymap",
    "read_skymap",
    "sky_overlap",
]
