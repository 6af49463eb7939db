"""A clock that may run fast and may be set."""

from __future__ import annotations

import time
from collections.abc import Callable

DAY = 86400.0
"""Seconds in a day."""


class SimulatedClock:
    """Tells the time of a simulated observatory as a Modified Julian Date (UTC).

    Parameters
    ----------
    now
        Its first reading, d.
    rate
        Simulated seconds in a real second.
    wall
        Real time in seconds, from any origin; a test passes its own.
    """

    def __init__(
        self, now: float, rate: float = 1.0, wall: Callable[[], float] = time.monotonic
    ) -> None:
        if rate <= 0:
            raise ValueError("a clock does not stop or run backwards")
        self._wall = wall
        self._reading = float(now)
        self._since = wall()
        self.rate = rate

    def now(self) -> float:
        """Modified Julian Date, d."""
        return self._reading + float(self._wall() - self._since) * self.rate / DAY

    def set(self, now: float | None = None, rate: float | None = None) -> None:
        """Set the reading, the rate or both."""
        reading = self.now() if now is None else now
        self.__init__(reading, self.rate if rate is None else rate, self._wall)  # type: ignore[misc]

    def change_rate_from(self, then: float, rate: float) -> None:
        """Let `rate` hold from the past reading `then`, as if set at that moment.

        A reading before the clock was last set counts as that setting.
        """
        then = max(then, self._reading)
        elapsed = max(0.0, self.now() - then) * DAY / self.rate
        self.set(then + elapsed * rate / DAY, rate)
