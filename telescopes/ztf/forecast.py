"""What the ZTF scheduler will follow when: several queues with windows, laid on the clock.

The rules are those of ztf_sim (`Scheduler.check_for_TOO_queue_and_switch`,
`ListQueueManager._next_obs`), as in `telescopes.simulators.ztf_rules`: the scheduler stays
with a target-of-opportunity queue until it is empty or its window has closed, then goes to
the first one that is valid; where nothing of its queue can be observed, the slot goes to the
survey, and at the next it looks again. Weather is not foreseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from telescopes.preflight.timeline import DAY, Target, Timeline

SLOT = 38.0
"""An exposure of the survey and a readout, s."""


@dataclass(frozen=True)
class ExpectedQueue:
    """A target-of-opportunity queue that the scheduler holds, or would hold."""

    name: str
    opens: float
    """MJD."""
    closes: float
    """MJD."""
    targets: tuple[Target, ...] | None
    """In the order of the list; None where they cannot be understood: it is as good as endless."""


class _Robot:
    """The telescope as it follows one list and then another."""

    def __init__(self, queues: Sequence[ExpectedQueue], timeline: Timeline, now: float) -> None:
        self.now = now
        self.starts = {queue.name: [None] * len(queue.targets or ()) for queue in queues}
        self._timeline = timeline
        self._left = {queue.name: list(range(len(queue.targets or ()))) for queue in queues}
        self._queues = queues
        self._before: Target | None = None
        self._current: ExpectedQueue | None = None

    starts: dict[str, list[float | None]]

    def step(self) -> bool:
        """Do one exposure, or let time pass; False when nothing is left to do."""
        alive = [queue for queue in self._queues if self._is_alive(queue)]
        if not alive:
            return False
        if self._current not in alive:
            valid = (queue for queue in alive if queue.opens <= self.now)
            self._current = next(valid, None)
        if self._current is None:
            self.now = min(queue.opens for queue in alive)
        elif self._current.targets is None:
            self.now = self._current.closes + 1 / DAY
        elif not self._expose(self._current, self._current.targets):
            self._current = None
            self.now += SLOT / DAY
        return True

    def _is_alive(self, queue: ExpectedQueue) -> bool:
        return (queue.targets is None or bool(self._left[queue.name])) and self.now <= queue.closes

    def _expose(self, queue: ExpectedQueue, targets: Sequence[Target]) -> bool:
        """Take the first that can be observed, if any."""
        left = self._left[queue.name]
        free = self._timeline.can_observe([targets[i] for i in left[:1]], self.now)
        free = free or self._timeline.can_observe([targets[i] for i in left], self.now)
        if not free:
            return False
        which = left.pop(free[0])
        target = targets[which]
        start = self.now + self._timeline.overhead(self._before, target, self.now) / DAY
        self.starts[queue.name][which] = start
        self.now, self._before = start + target.exposure_time / DAY, target
        return True


def forecast(
    queues: Sequence[ExpectedQueue], timeline: Timeline, now: float
) -> dict[str, list[float | None]]:
    """When each exposure is begun (MJD), by queue; None for what is not, in its window.

    Parameters
    ----------
    queues
        In the order in which the scheduler got them.
    timeline
        Of ZTF, with the scheduler's twilight.
    now
        The robot's time (MJD).
    """
    robot = _Robot(queues, timeline, now)
    while robot.step():
        pass
    return robot.starts
