"""When a robot would take the exposures of a list, by its telescope's own overheads.

Two kinds of robot are foreseen: one that follows the list and knows no times, and one that
waits for the time of each exposure. Weather is not foreseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from astropy import units as u

from telescopes.observing_plan import ObservingPlan
from telescopes.preflight.local_sky import ApproximateSky
from telescopes.slews import Pause, turn
from telescopes.telescope import Telescope

DAY = 86400.0
"""Seconds in a day."""

PATIENCE = 120.0
"""Usual time until the sky is looked at again, s."""


@dataclass(frozen=True)
class Target:
    """One exposure as a robot has it in its list."""

    ra: float
    """Right ascension (ICRS), deg."""

    dec: float
    """Declination (ICRS), deg."""

    filter: str
    """Filter."""

    exposure_time: float
    """Open shutter, s."""

    airmass_limit: float
    """Not taken at or above."""

    start: float | None = None
    """Not taken before (MJD), for a robot that knows times."""


def targets_of(plan: ObservingPlan) -> list[Target]:
    """Exposures of a plan in the order of time."""
    return [
        Target(
            float(exposure.ra.to_value(u.deg)),
            float(exposure.dec.to_value(u.deg)),
            exposure.filter,
            float(exposure.exposure_time.to_value(u.s)),
            plan.request.airmass_limit,
            float(exposure.start.utc.mjd),
        )
        for exposure in sorted(plan.exposures, key=lambda exposure: exposure.start.utc.mjd)
    ]


class Timeline:
    """Lays exposures of one telescope on the clock.

    Parameters
    ----------
    telescope
        Its overheads and limits hold.
    sun_altitude
        The robot observes while the Sun's center is below; by default always.
    patience
        Where nothing can be observed, the sky is looked at again after so many seconds.
    """

    def __init__(
        self,
        telescope: Telescope,
        sun_altitude: u.Quantity[u.physical.angle] = 90 * u.deg,
        patience: float = PATIENCE,
    ) -> None:
        self.patience = patience
        self.telescope = telescope
        self.sky = ApproximateSky.of(telescope.site)
        self.sun_altitude = float(sun_altitude.to_value(u.deg))
        self._pause = Pause(telescope.overheads)
        self._exclusions = [
            tuple(float(edge.to_value(u.deg)) for edge in (*each.hour_angle, *each.declination))
            for each in telescope.exclusions
        ]

    def overhead(self, before: Target | None, after: Target, mjd: float) -> float:
        """From the end of one exposure to the start of the next, s."""
        if before is None:
            return 0.0
        first, second = self._axes(before, mjd), self._axes(after, mjd)
        return self._pause.time(
            turn(first[0], second[0]),
            abs(first[1] - second[1]),
            exchanges=before.filter != after.filter,
        )

    def _axes(self, target: Target, mjd: float) -> tuple[float, float]:
        """Angles of both axes, deg."""
        if not self.telescope.overheads.alt_azimuth:
            return target.ra, target.dec
        return (
            float(self.sky.azimuth(target.ra, target.dec, mjd)),
            float(self.sky.altitude(target.ra, target.dec, mjd)),
        )

    def can_observe(self, targets: Sequence[Target], mjd: float) -> list[int]:
        """Which targets stand within all limits, in the order of the list."""
        if not targets or self.sky.sun_altitude(mjd) >= self.sun_altitude:
            return []
        ra = np.array([target.ra for target in targets])
        dec = np.array([target.dec for target in targets])
        limit = np.array([target.airmass_limit for target in targets])
        allowed = self.sky.airmass(ra, dec, mjd) < np.minimum(limit, self.telescope.airmass_limit)
        hour_angle = self.sky.hour_angle(ra, mjd)
        for east, west, south, north in self._exclusions:
            inside = (hour_angle >= east) & (hour_angle <= west)
            allowed &= ~(inside & (dec >= south) & (dec <= north))
        return [int(i) for i in np.flatnonzero(allowed)]

    def follow_list(
        self,
        targets: Sequence[Target],
        begin: float,
        end: float,
        before: Target | None = None,
        delay: float = 0.0,
    ) -> list[float | None]:
        """When a robot that follows the list takes each exposure.

        What is out of reach is passed over and tried again before each later exposure.

        Parameters
        ----------
        begin, end
            Exposures begin between these moments (MJD).
        before
            Where the telescope points before, if that is known.
        delay
            From the choice of the first until it is taken, on top, s.

        Returns
        -------
        list of float or None
            Start of each (MJD); None for what is left at the end.
        """
        starts: list[float | None] = [None] * len(targets)
        left = list(range(len(targets)))
        now, hidden = begin, False
        while left and now <= end:
            # As long as the first of the list is up, the others need not be looked at.
            free = self.can_observe([targets[i] for i in left[: len(left) if hidden else 1]], now)
            if not free and not hidden and len(left) > 1:
                free = self.can_observe([targets[i] for i in left], now)
            hidden = free[:1] != [0]
            if not free:
                now += self.patience / DAY
                continue
            which = left.pop(free[0])
            start = now + (self.overhead(before, targets[which], now) + delay) / DAY
            delay = 0.0
            if start > end:
                break
            starts[which], before = start, targets[which]
            now = start + targets[which].exposure_time / DAY
        return starts

    def follow_times(self, targets: Sequence[Target], begin: float) -> list[float]:
        """When a robot that waits for the time of each exposure takes it (MJD).

        Parameters
        ----------
        begin
            Nothing begins before (MJD).
        """
        starts: list[float] = []
        before: Target | None = None
        free = begin
        for target in targets:
            ready = free + self.overhead(before, target, free) / DAY
            start = ready if target.start is None else max(ready, target.start)
            starts.append(start)
            before, free = target, start + target.exposure_time / DAY
        return starts
