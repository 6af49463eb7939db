"""Groups of places on the sky that fit into one circle each."""

from __future__ import annotations

import itertools

import numpy as np
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.geometry.directions import sky_coord

_LOOKED_AT = 1000
"""Places of which it is worked out exactly what their groups could hold."""


class Groups:
    """Gathers places of a weight, the heaviest first."""

    def __init__(
        self, direction: NDArray[np.float64], weight: NDArray[np.float64], reach: float
    ) -> None:
        """Prepare.

        Parameters
        ----------
        direction
            Unit vectors of the places, heaviest first. Shape (n, 3).
        weight
            Of each. Shape (n,).
        reach
            Radius of the circle that holds a group, rad.
        """
        self._direction, self._weight, self._reach = direction, weight, reach
        # Of a band of declination there are few: no tree is needed, whose module loads slowly.
        self._by_height = np.argsort(direction[:, 2], kind="stable")
        self._heights = direction[self._by_height, 2]
        self._left = np.ones(len(weight), dtype=bool)

    def gathered(self, begins: NDArray[np.int64], most: int | None = None) -> SkyCoord:
        """Weighted middles of the groups that some places begin, in the order of these.

        A place that is in a group begins none.

        Parameters
        ----------
        begins
            Indices. Shape (n_begins,).
        most
            Groups at the most, if there is a limit.
        """
        middles: list[NDArray[np.float64]] = []
        for best in begins.tolist():
            if most is not None and len(middles) >= most:
                break
            if self._left[best]:
                middles.append(self._take(best))
        return sky_coord(np.array(middles).reshape(-1, 3))

    def _take(self, best: int) -> NDArray[np.float64]:
        """Take the group around one place out of what is left."""
        near = self._near(self._direction[best], self._reach)
        middle = self._weight[near] @ self._direction[near]
        inside = self._near(middle / np.linalg.norm(middle), self._reach)
        if best not in inside:
            middle, inside = self._direction[best], near
        self._left[inside] = False
        self._left[best] = False
        return middle

    def _near(self, direction: NDArray[np.float64], angle: float) -> NDArray[np.int64]:
        """What is left within an angle (rad), heaviest first."""
        chord = _chord(angle)
        low, high = np.searchsorted(self._heights, (direction[2] - chord, direction[2] + chord))
        band = self._by_height[low:high]
        band = band[self._left[band]]
        away = self._direction[band] - direction
        return np.sort(band[np.einsum("ki,ki->k", away, away) <= chord**2])

    def others(self, counts: NDArray[np.bool_], radius: float) -> NDArray[np.float64]:
        """Most that any group could hold which another place that is left begins, largest first.

        Parameters
        ----------
        counts
            Places that count. Shape (n,).
        radius
            Of the circle that is covered around the middle of a group, rad.
        """
        # The middle is within reach of the place that begins the group.
        angle = self._reach + radius
        left = np.flatnonzero(self._left)
        at_most = _within_cubes(self._direction[left], self._weight[left], _chord(angle))
        begins = counts[left]
        places, limits = left[begins], at_most[begins]
        by_limit = np.argsort(-limits, kind="stable")
        for k in by_limit[:_LOOKED_AT].tolist():
            limits[k] = self._weight[self._near(self._direction[places[k]], angle)].sum()
        return np.sort(limits)[::-1]


def _within_cubes(
    direction: NDArray[np.float64], weight: NDArray[np.float64], side: float
) -> NDArray[np.float64]:
    """Weight in the cube of each place and in those around it, shape (n,).

    Parameters
    ----------
    side
        Of the cubes: nothing within this distance is left out.
    """
    cube = np.floor((direction + 1) / side).astype(np.int64) + 1
    base = int(np.ceil(2 / side)) + 4
    along = np.array([base * base, base, 1])
    key, which = np.unique(cube @ along, return_inverse=True)
    inside = np.bincount(which, weight, len(key))
    total = np.zeros(len(key))
    for step in itertools.product((-1, 0, 1), repeat=3):
        wanted = key + int(np.array(step) @ along)
        at = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        total += np.where(key[at] == wanted, inside[at], 0.0)
    return np.asarray(total[which])


def _chord(angle: float) -> float:
    return 2 * float(np.sin(min(angle, np.pi) / 2))
