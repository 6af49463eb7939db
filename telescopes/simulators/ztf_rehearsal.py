"""When a simulated ZTF next has something to do: what a rehearsal leaps to."""

from __future__ import annotations

from dataclasses import dataclass

from telescopes.simulators.clock import DAY
from telescopes.simulators.ztf_robot import TWILIGHT, ZTFRobot
from telescopes.simulators.ztf_rules import ListQueue


@dataclass(frozen=True)
class Rehearsal:
    """How the clock behaves where a night is to be lived through in minutes."""

    rate: float
    """Simulated seconds in a real second while there is something to do."""

    lead: float = 5.0
    """The clock leaps to this many simulated seconds before the first exposure."""

    patience: float = 60.0
    """It does not leap over less than this, s."""


def next_work(robot: ZTFRobot, now: float) -> float | None:
    """When a queue that waits, or is under way, can first be observed (MJD).

    A window that has passed on this clock can still be worked off, by going back: the clock
    may have leapt ahead of the world in an earlier rehearsal. That night is then lived
    through a second time.
    """
    starts = [
        start
        for queue in robot.roster.queues.values()
        if queue.is_too and queue.targets
        for start in [_first_dark(robot, queue, now)]
        if start is not None
    ]
    return min(starts, default=None)


def _first_dark(robot: ZTFRobot, queue: ListQueue, now: float) -> float | None:
    if queue.window is None:
        return now
    start, end = queue.window
    moment = start if end < now else max(start, now)
    while moment < end:
        if robot.sky.sun_altitude(moment) <= TWILIGHT:
            return moment
        moment += 60 / DAY
    return None
