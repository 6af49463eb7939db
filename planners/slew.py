"""Time that the robot spends between the end of one exposure and the start of the next."""

from __future__ import annotations

import numpy as np
from astropy import units as u
from numpy.typing import ArrayLike, NDArray

from planners.local_sky import Circumstances, LocalSky, Positions
from telescopes.observing import Axis, Overheads


def _turn_time(axis: Axis, angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds to turn through `angle` (deg), rest to rest: `Axis.slew_time` on bare numbers."""
    speed = axis.speed.to_value(u.deg / u.s)
    acceleration = axis.acceleration.to_value(u.deg / u.s**2)
    turn = np.abs(angle)
    return np.where(
        turn < speed**2 / acceleration,
        2 * np.sqrt(turn / acceleration),
        turn / speed + speed / acceleration,
    )


def _wrapped(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.abs((angle + 180) % 360 - 180)


class SlewTimes:
    """Overheads of one telescope among fixed positions.

    Both axes move at once; reading out goes on meanwhile; a filter exchange follows on top.
    """

    def __init__(self, overheads: Overheads, sky: LocalSky, positions: Positions) -> None:
        self._overheads = overheads
        self._sky = sky
        self._positions = positions
        self.readout = float(overheads.readout.to_value(u.s))
        self.settle = float(overheads.settle.to_value(u.s))
        self.filter_exchange = float(overheads.filter_exchange.to_value(u.s))

    def _axes(
        self, positions: Positions, seconds: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if not self._overheads.alt_azimuth:
            return -np.degrees(positions.right_ascension), np.degrees(positions.declination)
        seen = Circumstances(self._sky, positions, seconds)
        return seen.azimuth, seen.altitude

    def between(self, first: ArrayLike, second: ArrayLike, seconds: ArrayLike = 0.0) -> NDArray[np.float64]:
        """Overhead (s) from position `first` to `second`, without a change of filter.

        Parameters
        ----------
        first, second : array_like of int
            Indices of positions; they broadcast.
        seconds : array_like
            When the slew takes place; matters to an alt-azimuth mount only.
        """
        a = self._axes(self._positions[np.asarray(first)], seconds)
        b = self._axes(self._positions[np.asarray(second)], seconds)
        turns = _wrapped(a[0] - b[0]), np.abs(a[1] - b[1])
        slew = np.maximum(
            _turn_time(self._overheads.hour_angle_axis, turns[0]),
            _turn_time(self._overheads.declination_axis, turns[1]),
        )
        moved = np.maximum(*turns) > 0
        return np.maximum(self.readout, slew + np.where(moved, self.settle, 0.0))

    def matrix(self, chosen: NDArray[np.int64], seconds: float = 0.0) -> NDArray[np.float64]:
        """Overhead (s) between every two of some positions, shape (n_chosen, n_chosen)."""
        return self.between(chosen[:, None], chosen[None, :], seconds)
