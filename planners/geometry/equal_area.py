"""A Lambert azimuthal equal-area chart around any point of the sky."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planners.geometry.directions import sky_coord, tangent_frames
from planners.geometry.polygons import cell_centers

_COMPACT = np.radians(60)
_COARSE = 4
_MAX_REACH = 1.99999


@dataclass(frozen=True, eq=False)
class Lambert:
    """The chart: north up, RA growing to the right; singular only opposite its center.

    References
    ----------
    Calabretta & Greisen 2002, A&A 395, 1077, section 5.1.7 (ZEA).
    """

    center: NDArray[np.float64]
    """Unit vector, shape (3,)."""

    radius: float
    """Angle from the center that must be within the chart, rad."""

    @property
    def reach(self) -> float:
        """Distance of that angle in the chart, below 2."""
        return float(min(2 * np.sin(self.radius / 2), _MAX_REACH))

    @cached_property
    def frame(self) -> NDArray[np.float64]:
        """East, north and ahead, shape (3, 3)."""
        return tangent_frames(sky_coord(self.center))

    def project(
        self, direction: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Chart coordinates of unit vectors (n, 3)."""
        # A difference is exact where both are close; one minus a cosine is not.
        east, north, _ = self.frame @ (direction - self.center).T
        drop = 0.5 * np.sum((direction - self.center) ** 2, axis=-1)
        scale = np.sqrt(2 / np.maximum(2 - drop, 1e-12))
        return east * scale, north * scale

    def deproject(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Unit vectors (n, 3) of chart coordinates within a distance of 2."""
        drop = 0.5 * (x**2 + y**2)
        scale = np.sqrt(np.maximum(1 - 0.5 * drop, 0))
        # A row for each axis: whoever goes on with one of them finds it in one piece.
        local = np.stack([x * scale, y * scale, -drop])
        return np.asarray((self.frame.T @ local + self.center[:, None]).T)


def enclosing_cap(directions: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """A cap that holds all of some unit vectors (n, 3), about as small as can be.

    Returns
    -------
    center
        Unit vector. Shape (3,).
    radius
        rad.
    """
    mean = directions.mean(axis=0)
    if np.linalg.norm(mean) > 1e-6:
        center = mean / np.linalg.norm(mean)
        radius = _farthest(center, directions)
        if radius < _COMPACT:
            return center, radius
    # Opposite the point of the sky that is farthest from all of them.
    sky = cell_centers(_COARSE, np.arange(12 << (2 * _COARSE)))
    thinned = directions[:: max(1, len(directions) // 5000)]
    center = -sky[np.argmin(np.max(sky @ thinned.T, axis=1))]
    return center, _farthest(center, directions)


def _farthest(center: NDArray[np.float64], directions: NDArray[np.float64]) -> float:
    chord = np.sqrt(np.max(np.sum((directions - center) ** 2, axis=-1)))
    return float(2 * np.arcsin(min(chord / 2, 1.0)))
