"""Time that the robot spends between the end of one exposure and the start of the next."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planners.visibility.local_sky import Circumstances, LocalSky, Positions
from telescopes.slews import Overheads, Pause, turn


class SlewTimes:
    """Overheads of one telescope among fixed positions.

    Both axes move at once; reading out goes on meanwhile; a filter exchange follows on top.
    """

    def __init__(self, overheads: Overheads, sky: LocalSky, positions: Positions) -> None:
        self._sky = sky
        self._positions = positions
        self.time_dependent = overheads.alt_azimuth
        self._pause = Pause(overheads)
        self.readout, self.mount_settle = self._pause.readout, self._pause.mount_settle
        self.filter_exchange = self._pause.filter_exchange

    @cached_property
    def longest(self) -> float:
        """Overhead of the longest slew that any two positions need, s."""
        return self._pause.time(180.0, 180.0)

    def _axes(
        self, chosen: NDArray[np.int64], seconds: ArrayLike
    ) -> tuple[NDArray[np.float64], ...]:
        """Angles (deg) of the two axes; in hour angle they differ by as much as in RA.

        The third is the first in catalog coordinates (ICRS): near the pole it differs, some
        robots plan with it, and the longer of the two slews is allowed for.
        """
        positions = self._positions[chosen]
        if self.time_dependent:
            seen = Circumstances(self._sky, positions, seconds)
            return seen.azimuth, seen.altitude, seen.azimuth
        x, y, _ = np.moveaxis(positions.icrs, -1, 0)
        return (
            np.degrees(positions.right_ascension),
            np.degrees(positions.declination),
            np.degrees(np.arctan2(y, x)),
        )

    def between(
        self, first: ArrayLike, second: ArrayLike, seconds: ArrayLike = 0.0
    ) -> NDArray[np.float64]:
        """Overhead (s) from position `first` to `second`, without a change of filter.

        Parameters
        ----------
        first, second
            Indices of positions; they broadcast.
        seconds
            When the slew takes place; it matters to an alt-azimuth mount only.
        """
        a = self._axes(np.asarray(first), seconds)
        b = self._axes(np.asarray(second), seconds)
        along = np.maximum(turn(a[0], b[0]), turn(a[2], b[2]))
        return self._pause.times(along, np.abs(a[1] - b[1]))

    @cached_property
    def _fixed_axes(self) -> tuple[list[float], ...]:
        every = np.arange(len(self._positions.declination))
        return tuple(axis.tolist() for axis in self._axes(every, 0.0))

    def one(self, first: int, second: int, seconds: float) -> float:
        """`between` for a single pair, much faster."""
        if self.time_dependent:
            return float(self.between(first, second, seconds))
        if first == second:
            return self.readout
        along, across, catalog = self._fixed_axes
        farther = max(turn(along[first], along[second]), turn(catalog[first], catalog[second]))
        return self._pause.time(farther, abs(across[first] - across[second]))
