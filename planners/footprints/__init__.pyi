from .atoms import Atoms, atoms_of
from .cameras import camera_cells, focal_plane
from .exposed_sky import distinct_views
from .focal_planes import FocalPlane

__all__ = [
    "Atoms",
    "FocalPlane",
    "atoms_of",
    "camera_cells",
    "distinct_views",
    "focal_plane",
]
