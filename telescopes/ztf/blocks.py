"""A plan cut into queues, each with a window of its own, so that the scheduler keeps the gaps.

The scheduler follows a list as fast as it can and knows no gap between visits. It begins
nothing outside of a queue's window, though. So second visits go into another queue than
first visits, one whose window opens late enough:

- A queue ends where a field comes again, where the next exposure would have all others wait
  for its gap, and where the plan pauses. A change of the filter alone ends none, and a plan
  that visits no field again is one queue.
- `LATE` after the window has opened, the robot follows the queue, or it is later than we
  answer for. The exposures are laid on the clock from the first such moment and from the
  last: the earliest start of each, and the latest.
- The next window opens so that no field is visited earlier than the minimum gap after its
  latest start before, even by a robot that begins at once and needs not exchange the filter.
- A window closes with the latest start of its last exposure, and the next does not open
  before: the scheduler stays with a queue until it is empty or has expired. What is not
  begun by then is lost rather than early.

Exposures that are held up in the middle of a queue, by clouds, are not foreseen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from astropy import units as u

from telescopes.observing_plan import ObservingPlan, PlannedExposure
from telescopes.preflight.timeline import DAY, Target, Timeline, targets_of
from telescopes.ztf.facts import ZTF

LEAD = ZTF.overheads.filter_exchange
"""A window opens this long before its first exposure is planned."""

LATE = 270 * u.s
"""The robot follows a queue at most this long after its window has opened: an exposure of the
survey is under way (38 s), the filter is exchanged (135 s), and the telescope turns from the
other end of the sky (82 s)."""

MARGIN = 60 * u.s
"""Added to each gap: where a field is out of reach, the scheduler looks again at the next slot,
and its sky is not to a hair the one that is calculated here."""

_PATIENCE = 20.0
"""Where nothing can be observed, the sky is looked at again after this, s."""

_SAME = 0.1 * u.deg
"""Two centers of one field differ by less."""

_STAY = 15 * u.min
"""What cannot be observed for so long after its time is not waited for."""

GRACE = 30 * u.min
"""The last window closes this long after the last exposure is planned to end."""

WAIT = 3 * u.min
"""A queue does not open later by more than this for the sake of a single exposure: that goes
into the next."""

_TRIES = 5
"""A later window means another order of what is out of reach, and so another look."""

PAUSE = 20 * u.min
"""A plan that does nothing for so long goes on in another queue."""

TWILIGHT = -12 * u.deg
"""The scheduler begins nothing while the Sun is above (ztf_sim, constants.py)."""


@dataclass(frozen=True, eq=False)
class Block:
    """Exposures that go to the scheduler as one queue."""

    exposures: tuple[PlannedExposure, ...]
    """In the order of time."""

    opens: float
    """First moment at which an exposure may begin (MJD)."""

    closes: float
    """Last moment at which an exposure may begin (MJD)."""


def blocks_of(plan: ObservingPlan) -> list[Block]:
    """Cut a plan into queues, in the order of time.

    Exposures for which no time is left before the request ends are in none of them.

    Parameters
    ----------
    plan
        Not empty.
    """
    return list(_Cutter(plan).blocks())


class _Cutter:
    """Goes through the exposures of one plan."""

    def __init__(self, plan: ObservingPlan) -> None:
        self._exposures = sorted(plan.exposures, key=lambda exposure: exposure.start.utc.mjd)
        self._targets = targets_of(plan)
        self._planned = [float(exposure.start.utc.mjd) for exposure in self._exposures]
        self._line = Timeline(ZTF, TWILIGHT, _PATIENCE)
        self._gap = float(plan.request.minimum_gap.to_value(u.day))
        self._begins = float(plan.request.start.utc.mjd)
        self._ends = float(plan.request.end.utc.mjd)
        last = max(
            float((each.start + each.exposure_time).utc.mjd) for each in self._exposures
        ) + float(GRACE.to_value(u.day))
        self._graced = min(last, self._ends)
        self._latest = _visited(plan)
        """Of each field so far, when its last visit begins at the latest (MJD)."""
        fields = [*self._latest, *(exposure.field_id for exposure in self._exposures)]
        self._is_whole = self._gap <= 0 or len(set(fields)) == len(fields)

    def blocks(self) -> Iterator[Block]:
        """All that have a window."""
        if self._is_whole:
            opens = max(self._begins, self._planned[0] - _days(LEAD))
            if opens < self._graced:
                yield Block(tuple(self._exposures), opens, self._graced)
            return
        free = self._begins
        remaining = range(len(self._exposures))
        while remaining:
            own = remaining[: self._length(remaining)]
            remaining = remaining[len(own) :]
            window = self._window(own, free, is_last=not remaining)
            if window is not None:
                opens, free = window
                yield Block(tuple(self._exposures[i] for i in own), opens, free)

    def _length(self, remaining: Sequence[int]) -> int:
        """How many exposures the queue holds that begins with the first of `remaining`."""
        fields: set[int] = set()
        opens, passed, ended = -1.0, 0.0, math.inf
        before: Target | None = None
        for count, i in enumerate(remaining):
            field, target = self._exposures[i].field_id, self._targets[i]
            if field in fields or self._planned[i] > ended + _days(PAUSE):
                return count
            passed += self._line.overhead(before, target, self._planned[i])
            ready = self._ready(field) - passed / DAY
            if count and ready > opens + _days(WAIT):
                return count
            opens = max(opens, ready, self._planned[i] - _days(LEAD) - passed / DAY)
            fields.add(field)
            passed, before = passed + target.exposure_time, target
            ended = self._planned[i] + target.exposure_time / DAY
        return len(remaining)

    def _ready(self, field: int) -> float:
        """When a field may be visited again (MJD)."""
        return self._latest[field] + self._gap + _days(MARGIN) if field in self._latest else -1.0

    def _window(
        self, own: Sequence[int], free: float, *, is_last: bool
    ) -> tuple[float, float] | None:
        """Edges of the window of a queue, and note when its fields are visited at the latest."""
        targets = [self._targets[i] for i in own]
        ready = [self._ready(self._exposures[i].field_id) for i in own]
        opens = max(free, self._planned[own[0]] - _days(LEAD))
        for _ in range(_TRIES):
            end = opens + self._planned[own[-1]] - self._planned[own[0]] + _days(LATE + _STAY)
            starts = self._starts(targets, opens, min(end, self._ends))
            early = max(map(_too_early, ready, (first for first, _ in starts)))
            if early <= 0:
                break
            opens += early
        ends = [last for _, last in starts if last is not None]
        if not ends or opens >= self._ends:
            return None
        for i, (_, last) in zip(own, starts, strict=True):
            if last is not None:
                self._latest[self._exposures[i].field_id] = last
        closes = max(*ends, self._graced) if is_last else max(ends)
        return opens, closes

    def _starts(
        self, targets: Sequence[Target], opens: float, end: float
    ) -> list[tuple[float | None, float | None]]:
        """When each exposure begins at the earliest and at the latest, if it does."""
        late = _days(LATE)
        runs = [self._line.follow_list(targets, opens + begin, end) for begin in (0.0, late)]
        if any(_passes_over(run) for run in runs):
            # What is not up when the robot chooses is taken later than by one that begins later.
            runs += [
                self._line.follow_list(targets, opens + begin, end, delay=(late - begin) * DAY)
                for begin in (0.0, late / 2)
            ]
        begun = [
            [start for start in starts if start is not None] for starts in zip(*runs, strict=True)
        ]
        return [(min(starts, default=None), max(starts, default=None)) for starts in begun]


def _visited(plan: ObservingPlan) -> dict[int, float]:
    """When fields of the plan were last visited before it, as far as the request tells (MJD)."""
    dec = {exposure.field_id: exposure.dec for exposure in plan.exposures}
    visits = [
        (float(each.start.utc.mjd), each.field_id)
        for each in plan.request.observed
        # Another telescope's fields have numbers too.
        if each.field_id in dec and abs(each.dec - dec[each.field_id]) < _SAME
    ]
    return {field: start for start, field in sorted(visits)}


def _passes_over(run: Sequence[float | None]) -> bool:
    """Whether the exposures are not taken in the order of the list."""
    return None in run or any(b < a for a, b in pairwise(start or 0.0 for start in run))


def _too_early(ready: float, start: float | None) -> float:
    """By how much an exposure is too early, d."""
    return 0.0 if start is None else ready - start


def _days(time: u.Quantity[u.physical.time]) -> float:
    return float(time.to_value(u.day))
