"""Outlines of cameras in the tangent plane."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from telescopes.telescope import Footprint


def convex_hull(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corners of the convex hull of points (n, 2), counter-clockwise, shape (n_corners, 2)."""
    return np.asarray(points[scipy.spatial.ConvexHull(points).vertices])


def outline(footprint: Footprint) -> NDArray[np.float64]:
    """Offsets east and north of the boresight around a whole camera, deg, shape (n_corners, 2)."""
    return convex_hull(footprint.corners.to_value("deg").reshape(-1, 2))
