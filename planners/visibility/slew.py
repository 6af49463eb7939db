"""Time that the robot spends between the end of one exposure and the start of the next."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from astropy import units as u
from numpy.typing import ArrayLike, NDArray

from planners.visibility.local_sky import Circumstances, LocalSky, Positions
from telescopes.observing import Axis, Overheads


class _Drive:
    """`Axis.slew_time` on bare numbers, deg and s."""

    def __init__(self, axis: Axis) -> None:
        self.speed = float(axis.speed.to_value(u.deg / u.s))
        self.acceleration = float(axis.acceleration.to_value(u.deg / u.s**2))
        self.ramp = self.speed**2 / self.acceleration

    def times(self, turn: NDArray[np.float64]) -> NDArray[np.float64]:
        """Seconds to turn through angles, rest to rest."""
        return np.where(
            turn < self.ramp,
            2 * np.sqrt(turn / self.acceleration),
            (turn + self.ramp) / self.speed,
        )

    def time(self, turn: float) -> float:
        """Seconds to turn through one angle: `times` for a single number, much faster."""
        if turn < self.ramp:
            return 2 * math.sqrt(turn / self.acceleration)
        return (turn + self.ramp) / self.speed


class SlewTimes:
    """Overheads of one telescope among fixed positions.

    Both axes move at once; reading out goes on meanwhile; a filter exchange follows on top.
    """

    def __init__(self, overheads: Overheads, sky: LocalSky, positions: Positions) -> None:
        self._sky = sky
        self._positions = positions
        self.time_dependent = overheads.alt_azimuth
        self._first, self._second = (
            _Drive(overheads.hour_angle_axis),
            _Drive(overheads.declination_axis),
        )
        self.readout = float(overheads.readout.to_value(u.s))
        self.settle = float(overheads.settle.to_value(u.s))
        self.filter_exchange = float(overheads.filter_exchange.to_value(u.s))

    @cached_property
    def longest(self) -> float:
        """Overhead of the longest slew that any two positions need, s."""
        slew = max(self._first.time(180.0), self._second.time(180.0))
        return max(self.readout, slew + self.settle)

    def _axes(
        self, chosen: NDArray[np.int64], seconds: ArrayLike
    ) -> tuple[NDArray[np.float64], ...]:
        """Angles (deg) of the two axes; in hour angle they differ by as much as in RA.

        The third is the first in catalogue coordinates (ICRS): near the pole it differs, some
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
        first, second : array_like of int
            Indices of positions; they broadcast.
        seconds : array_like
            When the slew takes place; it matters to an alt-azimuth mount only.
        """
        a = self._axes(np.asarray(first), seconds)
        b = self._axes(np.asarray(second), seconds)
        along = np.maximum(
            np.abs((a[0] - b[0] + 180) % 360 - 180), np.abs((a[2] - b[2] + 180) % 360 - 180)
        )
        across = np.abs(a[1] - b[1])
        slew = np.maximum(self._first.times(along), self._second.times(across))
        settle = np.where(np.maximum(along, across) > 0, self.settle, 0.0)
        return np.maximum(self.readout, slew + settle)

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
        along, across, catalogue = self._fixed_axes
        turn = max(
            abs((along[first] - along[second] + 180) % 360 - 180),
            abs((catalogue[first] - catalogue[second] + 180) % 360 - 180),
        )
        slew = max(self._first.time(turn), self._second.time(abs(across[first] - across[second])))
        return max(self.readout, slew + (self.settle if slew > 0 else 0.0))
