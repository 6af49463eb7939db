"""How long a telescope takes from one exposure to the next, in bare numbers: deg and s.

Robots' simulators, planners and forecasts ask this at every exposure, millions of times.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from astropy import units as u
from numpy.typing import NDArray


@overload
def turn(first: float, second: float) -> float: ...
@overload
def turn(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]: ...
def turn(
    first: float | NDArray[np.float64], second: float | NDArray[np.float64]
) -> float | NDArray[np.float64]:
    """Angle between two angles of one axis the short way round, deg."""
    short: Any = (first - second + 180) % 360 - 180
    away: float | NDArray[np.float64] = abs(short)
    return away


@dataclass(frozen=True, eq=False)
class Axis:
    """One driven axis: constant acceleration to a top speed, the same to stop."""

    speed: u.Quantity[u.physical.angular_speed]
    """Top speed."""

    acceleration: u.Quantity
    """Angular acceleration and deceleration."""

    def slew_time(self, angle: u.Quantity[u.physical.angle]) -> u.Quantity[u.physical.time]:
        """Time to turn through `angle` from rest to rest (any shape)."""
        return Drive(self).times(np.abs(angle).to_value(u.deg)) * u.s


@dataclass(frozen=True, eq=False)
class Overheads:
    """Time the robot spends between two exposures."""

    readout: u.Quantity[u.physical.time]
    """From shutter close until the next exposure may begin, slew permitting."""

    mount_settle: u.Quantity[u.physical.time]
    """After any motion."""

    filter_exchange: u.Quantity[u.physical.time]
    """To change the filter; the telescope does not observe meanwhile."""

    hour_angle_axis: Axis
    """Drive in hour angle (or azimuth, for an alt-azimuth mount)."""

    declination_axis: Axis
    """Drive in declination (or altitude)."""

    alt_azimuth: bool = False
    """True where the two axes turn in azimuth and altitude."""


class Drive:
    """One driven axis: constant acceleration to a top speed, the same to stop."""

    def __init__(self, axis: Axis) -> None:
        self.speed = float(axis.speed.to_value(u.deg / u.s))
        self.acceleration = float(axis.acceleration.to_value(u.deg / u.s**2))
        self._ramp = self.speed**2 / self.acceleration

    def time(self, angle: float) -> float:
        """Time to turn through an angle from rest to rest."""
        if angle < self._ramp:
            return 2 * math.sqrt(angle / self.acceleration)
        return (angle + self._ramp) / self.speed

    def times(self, angle: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same of many angles."""
        return np.where(
            angle < self._ramp,
            2 * np.sqrt(angle / self.acceleration),
            (angle + self._ramp) / self.speed,
        )


class Pause:
    """What passes between two exposures.

    Both axes move at once while the camera reads out; a filter exchange follows on top.
    """

    def __init__(self, overheads: Overheads) -> None:
        self.readout = float(overheads.readout.to_value(u.s))
        self.mount_settle = float(overheads.mount_settle.to_value(u.s))
        self.filter_exchange = float(overheads.filter_exchange.to_value(u.s))
        self._along, self._across = (
            Drive(axis) for axis in (overheads.hour_angle_axis, overheads.declination_axis)
        )

    def slew(self, along: float, across: float) -> float:
        """To turn both axes through angles, settled; nothing where neither turns."""
        if not (along or across):
            return 0.0
        return max(self._along.time(along), self._across.time(across)) + self.mount_settle

    def time(self, along: float, across: float, *, exchanges: bool = False) -> float:
        """From the end of one exposure to the start of the next.

        Parameters
        ----------
        along, across
            Angles through which the first and the second axis turn.
        exchanges
            Whether the filter changes.
        """
        pause = max(self.readout, self.slew(along, across))
        return pause + (self.filter_exchange if exchanges else 0.0)

    def times(self, along: NDArray[np.float64], across: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same of many pairs of exposures, without a change of filter."""
        slew = np.maximum(self._along.times(along), self._across.times(across))
        mount_settle = np.where(np.maximum(along, across) > 0, self.mount_settle, 0.0)
        return np.maximum(self.readout, slew + mount_settle)
