"""What the scheduler has of a request: its queues held against those that it shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from telescopes.errors import QueueIncomplete
from telescopes.ztf.messages import key, missing_targets, same_window
from telescopes.ztf.scheduler import SchedulerQueue

Message = Mapping[str, Any]
"""One queue as it is sent."""


@dataclass
class Presence:
    """Where the queues of one request are."""

    there: list[Message] = field(default_factory=list)
    """Held, or begun and no longer held."""

    over: list[Message] = field(default_factory=list)
    """Not held, nothing of it was taken, and its window has closed."""

    absent: list[Message] = field(default_factory=list)
    """Not held, not begun, and still to come: it could be sent."""

    differs: bool = False
    """Whether there is something of a name, or of the subprogram, that was not sent."""

    def result_of_find(self) -> bool | None:
        """Return what `telescopes.observing_queue.ObservingQueue.find` returns.

        Raises
        ------
        QueueIncomplete
            If some are there, and others could be but are not.
        """
        if self.differs:
            return None
        if not self.there:
            return False
        if self.absent:
            total = len(self.there) + len(self.over) + len(self.absent)
            raise QueueIncomplete(
                f"{len(self.there)} of {total} queues are there, and not"
                f" {', '.join(str(each['queue_name']) for each in self.absent)}"
            )
        return True


def presence(
    sent: Sequence[Message],
    held: Mapping[str, SchedulerQueue],
    executed: Sequence[tuple[int, int]],
    now: float,
) -> Presence:
    """Compare what was sent with what is held and what was taken.

    A queue that is being executed is there with fewer targets. It is still the same where
    the history accounts for those that are gone; while the robot follows the queue one more
    may be gone, whose shutter is open just now. A queue that has vanished was begun if the
    history has exposures of it.

    Parameters
    ----------
    sent
        The queues of a request, in their order.
    held
        What the scheduler holds, by name.
    executed
        Field and filter of each exposure that the history has of the request.
    now
        The robot's time, or some time before (MJD).
    """
    result = Presence()
    left = Counter(executed)
    for message in sent:
        queue = held.get(message["queue_name"])
        targets = message["targets"]
        missing = targets if queue is None else missing_targets(targets, queue.targets)
        if missing is None:
            result.differs = True
            continue
        wanted = Counter(map(key, missing))
        taken = wanted & left
        left -= taken
        if queue is None:
            _note_vanished(result, message, now, is_begun=bool(taken))
            continue
        result.there.append(message)
        lost = (wanted - taken).total()
        # The robot follows the list: what is exposed now stood before something that is left.
        may_be_open = queue.is_current and queue.targets and missing[-1:] != targets[-1:]
        is_accounted = lost == 0 or (lost == 1 and may_be_open)
        result.differs |= not (same_window(message, queue.window) and is_accounted)
    every = {key(target) for message in sent for target in message["targets"]}
    result.differs |= not any(each["queue_name"] in held for each in sent) and bool(
        set(executed) - every
    )
    return result


def _note_vanished(result: Presence, message: Message, now: float, *, is_begun: bool) -> None:
    is_over = float(message["validity_window_mjd"][1]) < now
    (result.there if is_begun else result.over if is_over else result.absent).append(message)
